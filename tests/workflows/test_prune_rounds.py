import dataclasses
import json
from pathlib import Path

import pytest
from tiny_pruning import Tuner, make_home, scores

from tfgait.compress.plan import make_plan, read_plan
from tfgait.core.errors import ConfigError
from tfgait.graph.costs import costs
from tfgait.nets import load
from tfgait.workflows.prune import PruneOptions, prune
from tfgait.workflows.prune_rounds import schedule


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path))
    make_home(tmp_path)
    return tmp_path


def test_every_round_takes_the_same_share_of_what_is_left():
    reached = schedule(60, 3)
    left = [1.0] + [1 - p / 100 for p in reached]
    assert reached[-1] == 60
    for before, after in zip(left, left[1:], strict=False):
        assert after / before == pytest.approx(0.4 ** (1 / 3), rel=1e-6)


@pytest.mark.parametrize("scope", ["layer", "network"])
def test_the_last_round_reaches_the_percentile_of_the_original(home, scope):
    tuner = Tuner()
    options = PruneOptions(percentile=60, rounds=3, floor=0.3, scope=scope, epochs=7, distill=True)
    result = prune(options, fine_tune=tuner, score=scores())
    whole, small = (load(Path(path) / "model.keras") for path in (home / "runs" / "mine", result.run))
    sizes = {name: g.size for name, g in make_plan(whole, 1).groups.items()}
    if scope == "layer":
        wanted = {name: len(g.kept) for name, g in make_plan(whole, 60, floor=0.3).groups.items()}
        assert {k: small.get_config()["widths"][k] for k in wanted} == wanted
    assert all(small.get_config()["widths"][k] >= 0.3 * n for k, n in sizes.items())
    assert result.percentile == 60 and [r["epochs"] for r in result.rounds] == [2, 2, 3] and result.epochs == 7
    assert [r["filters"] for r in result.rounds] == sorted((r["filters"] for r in result.rounds), reverse=True)
    assert result.parent == str(home / "runs" / "mine") and result.params_before == sum(c.params for c in costs(whole))
    assert result.params_after == sum(c.params for c in costs(small)) and result.filters_before == 64
    rows = {row["layer"]: row for row in result.layers}
    assert rows["frame5"]["params_before"] == next(c.params for c in costs(whole) if c.name == "frame5")
    teacher = str(home / "runs" / "mine" / "model.keras")
    assert [(a.lr, a.teacher) for a in tuner.asked] == [(0.01, teacher)] * 3
    assert sorted(p.name for p in (home / "runs").iterdir()) == [
        "latest",
        "mine",
        "mine-p60-r3",
        "mine-p60-r3-cut",
        "mine-p60-r3-rounds",
    ]
    plans = [read_plan(Path(result.run) / f"plan-{n}.json") for n in (1, 2, 3)]
    assert [p.percentile for p in plans] == pytest.approx(schedule(60, 3))
    manifest = json.loads((Path(result.run) / "manifest.json").read_text())
    assert manifest["parent"] == "mine" and manifest["rounds"]["macs_before"] == result.macs_before


def test_what_got_worse_is_said_of_the_network_before_all_rounds(home):
    found = iter(([{"rank1": 80.0}, {"rank1": 60.0}], [{"rank1": 95.0}, {"rank1": 60.0}]))
    result = prune(PruneOptions(percentile=40, rounds=2), fine_tune=Tuner(70.0), score=lambda *_: next(found))
    told = [note for note in result.notes if "before pruning" in note]
    assert told == ["rank-1 on what was held out is 70.0 after fine-tuning; it was 80.0 before pruning"]


def test_a_killed_run_goes_on_in_its_round(home):
    class Killed(Tuner):
        def __call__(self, options, progress):
            if len(self.asked) == 1:
                raise KeyboardInterrupt
            return super().__call__(options, progress)

    options = PruneOptions(percentile=60, rounds=2)
    killed, tuner, again = Killed(), Tuner(), Tuner()
    with pytest.raises(KeyboardInterrupt):
        prune(options, fine_tune=killed, score=scores())
    result = prune(options, fine_tune=tuner, score=scores())
    assert [Path(a.initnet).name for a in killed.asked] == ["round-1-cut"]
    assert [Path(a.initnet).name for a in tuner.asked] == ["mine-p60-r2-cut"]
    repeated = prune(options, fine_tune=again, score=scores())
    assert dataclasses.replace(repeated, seconds=result.seconds) == result and again.asked == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rounds": 0}, r"rounds must lie in \[1, 50\]"),
        ({"rounds": 3, "epochs": 2}, "at least one for each of 3 rounds"),
        ({"rounds": 2, "target": "macs=0.5"}, "target must be left out"),
        ({"rounds": 2, "plan": "plan.json"}, "plan must be left out"),
        ({"distill": True, "epochs": 0}, "distill is about fine-tuning"),
        ({"percentiles": (10.0, 10.0)}, "percentiles must be different numbers"),
        ({"percentiles": (10.0, 100.0)}, "below 100. *"),
        ({"percentiles": (10.0, float("nan"))}, "percentiles must be"),
        ({"percentiles": (10.0,), "percentile": 20.0}, "percentile must be left out"),
        ({"percentiles": (10.0,), "plan": "plan.json"}, "plan must be left out"),
    ],
)
def test_bad_options_write_nothing(home, change, message):
    with pytest.raises(ConfigError, match=message):
        prune(PruneOptions(**change))
    assert sorted(p.name for p in (home / "runs").iterdir()) == ["latest", "mine"]
