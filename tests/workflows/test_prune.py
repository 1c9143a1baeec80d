import csv
import json
import re
from pathlib import Path

import pytest
from tiny_pruning import Tuner, make_home, make_people, scores

from tfgait.compress.plan import make_plan, read_plan, write_plan
from tfgait.compress.proof import ProofFailed
from tfgait.core.errors import ConfigError, DataError, UserError
from tfgait.nets import build, load
from tfgait.workflows.models import latest_run
from tfgait.workflows.prune import PruneOptions, prune
from tfgait.workflows.run_folder import config_of
from tfgait.workflows.train_options import TrainOptions


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path))
    make_home(tmp_path)
    return tmp_path


def test_the_latest_run_loses_its_least_filters(home):
    result = prune(PruneOptions(percentile=30, epochs=0))
    run = home / "runs" / "mine-p30"
    before, after = load(home / "runs" / "mine" / "model.keras"), load(run / "model.keras")
    assert result.run == result.cut == str(run) and latest_run() == run.resolve()
    assert (result.params_before, result.params_after) == (before.count_params(), after.count_params())
    assert result.filters_before == 64 and result.filters_after < 50
    assert result.macs_after < result.macs_before and 0 <= result.max_abs_error <= 1e-5
    plan = read_plan(run / "plan.json")
    assert plan == make_plan(before, 30) and plan.filters_after == result.filters_after
    assert after.get_config()["widths"] == {name: len(g.kept) for name, g in plan.groups.items()}
    with open(run / "layers.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert sum(int(r["params_after"]) for r in rows) == result.params_after
    assert sum(int(r["macs_before"]) for r in rows) == result.macs_before
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["parent"] == "mine" and manifest["net"] == "gaitset" and manifest["status"] == "finished"
    assert manifest["pruning"]["threshold"] == result.threshold and manifest["params"] == result.params_after
    assert (run / "head.keras").read_bytes() == (home / "runs" / "mine" / "head.keras").read_bytes()


def test_fine_tuning_takes_the_recipe_of_the_run(home):
    tuner = Tuner()
    result = prune(PruneOptions(percentile=25, seed=5, name="small"), fine_tune=tuner, score=scores())
    (asked,) = tuner.asked
    assert asked.initnet == result.cut == str(home / "runs" / "small-cut") and asked.name == "small"
    assert (asked.epochs, asked.steps_per_epoch, asked.lr, asked.schedule) == (2, 4, 0.01, "cosine")
    assert (asked.loss, asked.optimizer, asked.views, asked.seed) == ("both", "sgd", ("090",), 5)
    assert result.epochs == 2 and result.val == {"rank1": 90.0} and result.notes == []
    assert (result.val_before, result.val_cut) == ({"rank1": 80.0}, {"rank1": 60.0}) and asked.teacher == ""
    assert read_plan(home / "runs" / "small" / "plan.json") == read_plan(home / "runs" / "small-cut" / "plan.json")
    manifest = json.loads((home / "runs" / "small" / "manifest.json").read_text())
    assert manifest["cut"] == "small-cut" and manifest["pruning"]["percentile"] == 25


@pytest.mark.parametrize(
    ("cut", "tuned", "said"),
    [
        (60.0, 70.0, ["is 70.0 after fine-tuning; it was 80.0 before pruning"]),
        (75.0, 70.0, ["it was 80.0 before pruning", "made it worse.*is 70.0; the cut network, .* has 75.0"]),
        (85.0, 82.0, ["made it worse.*is 82.0; the cut network, which is kept beside it, has 85.0"]),
        (60.0, 80.0, []),
    ],
)
def test_a_worse_network_is_said_to_be_worse_and_both_are_kept(home, cut, tuned, said):
    result = prune(PruneOptions(percentile=25), fine_tune=Tuner(tuned), score=scores(cut=cut))
    assert len(result.notes) == len(said)
    assert all(re.search(wanted, note) for wanted, note in zip(said, result.notes, strict=True))
    assert result.run != result.cut and load(result.run + "/model.keras") and load(result.cut + "/model.keras")
    pruning = json.loads((home / "runs" / "mine-p25" / "manifest.json").read_text())["pruning"]
    assert pruning["val_cut"] == {"rank1": cut} and pruning["notes"] == result.notes


def test_after_a_kill_the_same_cut_is_tuned_on(home):
    def killed(options, progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prune(PruneOptions(percentile=25), fine_tune=killed, score=scores())
    assert latest_run().name == "mine"
    tuner = Tuner()
    prune(PruneOptions(percentile=25), fine_tune=tuner, score=scores())
    assert tuner.asked[0].initnet == str(home / "runs" / "mine-p25-cut")
    prune(
        PruneOptions(percentile=25, floor=0.9, name="mine-p25"),
        fine_tune=lambda o, p: tuner(TrainOptions(**{**vars(o), "name": "other"}), p),
        score=scores(),
    )
    assert tuner.asked[1].initnet == str(home / "runs" / "mine-p25-cut-2")


def test_a_network_that_was_tuned_before_is_tuned_as_long_again(home):
    tuner = Tuner()

    def train(options, progress):
        found = tuner(options, progress)
        path = Path(found.run) / "manifest.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"config": config_of(options)}))
        return found

    for model in ("mine", "mine-p25", "mine-p25-p25-cut"):
        prune(PruneOptions(model=model, percentile=25), fine_tune=train, score=scores())
    assert [(asked.epochs, asked.lr) for asked in tuner.asked] == [(2, pytest.approx(0.01))] * 3


def test_pruning_again_leaves_the_first_alone(home):
    one = prune(PruneOptions(model="mine", percentile=30, epochs=0))
    two = prune(PruneOptions(model="mine", percentile=30, epochs=0))
    assert two.run == one.run + "-2"
    deeper = prune(PruneOptions(percentile=30, epochs=0))
    assert deeper.run.endswith("mine-p30-2-p30") and deeper.filters_before == one.filters_after


def test_a_plan_can_be_carried_out_and_one_of_another_network_not(home, tmp_path):
    path = tmp_path / "plan.json"
    write_plan(path, make_plan(load(home / "runs" / "mine" / "model.keras"), 40, "l1_raw"))
    result = prune(PruneOptions(plan=str(path), epochs=0))
    assert result.percentile == 40 and result.criterion == "l1_raw" and result.run.endswith("mine-p40")
    write_plan(path, make_plan(build("gaitset_tiny"), 40))
    with pytest.raises(ConfigError, match="a plan of network"):
        prune(PruneOptions(model="mine", plan=str(path), epochs=0))
    with pytest.raises(DataError, match="none.json"):
        prune(PruneOptions(model="mine", plan=str(tmp_path / "none.json"), epochs=0))


def test_removing_nothing_and_the_floor_are_reported(home):
    nothing = prune(PruneOptions(model="mine", percentile=0, epochs=0))
    assert nothing.filters_after == nothing.filters_before and "no filter was removed" in nothing.notes[0]
    much = prune(PruneOptions(model="mine", percentile=95, epochs=0))
    share = 100 * (1 - much.filters_after / much.filters_before)
    assert much.notes[0].startswith("the floor of 0.25 (at least one channel) keeps filters that should go: ")
    assert much.notes[0].endswith(f"; {share:.1f} % were removed") and share < 80


def test_a_failed_proof_writes_nothing(home, monkeypatch):
    from tfgait.compress import cut as module

    def wrong(model, kept):
        small = rebuild(model, kept)
        small.get_layer("frame5").set_weights([small.get_layer("frame5").get_weights()[0] + 0.1])
        return small

    rebuild = module.rebuild
    monkeypatch.setattr(module, "rebuild", wrong)
    with pytest.raises(ProofFailed):
        prune(PruneOptions(percentile=30))
    assert sorted(p.name for p in (home / "runs").iterdir()) == ["latest", "mine"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"percentile": 120.0}, r"percentile must lie in \[0, 100\). Received: percentile=120.0."),
        ({"percentile": -1.0}, "percentile"),
        ({"percentile": float("nan")}, "percentile"),
        ({"criterion": "l3"}, "criterion must be one of l1, l1_raw"),
        ({"epochs": -2}, "epochs"),
        ({"lr": float("nan")}, "lr"),
        ({"name": "../there"}, "name"),
        ({"leave": ("frame9",)}, "Did you mean"),
        ({"model": "nobody"}, "model must be"),
        ({"datadir": "nowhere"}, "datadir must exist"),
    ],
)
def test_bad_options_write_nothing(home, change, message):
    with pytest.raises(UserError, match=message):
        prune(PruneOptions(**change))
    assert sorted(p.name for p in (home / "runs").iterdir()) == ["latest", "mine"]


def test_the_whole_way_with_the_ordinary_training(home):
    make_people(home, 10)  # fewer than the run had in a batch
    path = home / "runs" / "mine" / "manifest.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"config": record["config"] | {"batch_p": 50, "bs": 100}}))
    result = prune(PruneOptions(percentile=30, epochs=1, steps_per_epoch=2, datadir=str(home / "data" / "x")))
    run = home / "runs" / "mine-p30"
    tuned, cut = load(run / "model.keras"), load(home / "runs" / "mine-p30-cut" / "model.keras")
    assert result.run == str(run) and latest_run() == run.resolve() and result.epochs == 1
    assert tuned.get_config() == cut.get_config() and tuned.count_params() == result.params_after
    assert any((a != b).any() for a, b in zip(tuned.get_weights(), cut.get_weights(), strict=True))
    assert all(0 <= val["rank1"] <= 100 for val in (result.val_before, result.val_cut, result.val))
    assert (run / "history.csv").is_file() and (run / "plan.json").is_file()
