import json
from pathlib import Path

import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError, UserError
from tfgait.core.files import write_json
from tfgait.datasets.store import Store, StoreWriter
from tfgait.workflows.evaluate import EvaluateOptions, evaluate

SUBJECTS, CONDITIONS, VIEWS = 6, ("nm-01", "nm-05", "bg-01", "cl-01"), ("000", "090")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with one store of noise and one run of an untrained network."""
    from tfgait.nets import build

    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path))
    rng = np.random.default_rng(0)
    (tmp_path / "data").mkdir()
    with StoreWriter(
        tmp_path / "data" / "silhouettes.h5", "silhouettes", (16, 12, 1), {"dataset": "walkers"}
    ) as writer:
        for s in range(SUBJECTS):
            person = rng.integers(0, 256, (1, 16, 12, 1))
            for c in CONDITIONS:
                for v in VIEWS:
                    frames = np.repeat(person, 8, axis=0).astype(np.uint8)
                    writer.add(frames, subject=f"{s + 1:03d}", condition=c, view=v, name=f"{s + 1:03d}-{c}-{v}")
    store = Store(tmp_path / "data" / "silhouettes.h5")
    run = tmp_path / "runs" / "tiny"
    run.mkdir(parents=True)
    build("gaitset_tiny").save(run / "model.keras")
    classes, held = ["001", "002"], ["003"]
    write_json(
        run / "manifest.json",
        {"data": "data/silhouettes.h5", "data_hash": store.hash, "classes": classes, "val_people": held, "config": {}},
    )
    return tmp_path


def test_people_who_never_change_are_always_found(home):
    result = evaluate(EvaluateOptions(model="tiny", knn=1))
    assert result.rank1 == result.knn_accuracy == {"nm": 100, "bg": 100, "cl": 100}
    assert (result.subjects, result.gallery, result.seen) == (3, 6, 0)
    assert result.chance == pytest.approx(100 / 3, abs=0.01)
    record = json.loads(Path(result.files["json"]).read_text())
    assert record["rank1"] == result.rank1 and record["details"]["matrices"]["nm"][0][1] == 100
    assert {"md", "csv", "json", "view_matrices", "neighbours"} <= set(result.files)
    assert all(Path(path).stat().st_size for path in result.files.values())


def test_embeddings_are_computed_once_for_a_model_and_its_data(home):
    from tfgait.nets import build

    options = EvaluateOptions(model="tiny", knn=1)
    assert not evaluate(options).cached
    assert evaluate(options).cached
    assert not evaluate(EvaluateOptions(model="tiny", knn=1, people="all")).cached
    damaged = next((home / "data" / "embeddings").glob("*.npy"))
    damaged.write_bytes(damaged.read_bytes()[:50])
    build("gaitset_tiny").save(home / "runs" / "tiny" / "model.keras")
    assert not evaluate(options).cached


def test_a_damaged_cache_is_computed_again(home):
    options = EvaluateOptions(model="tiny", knn=1)
    first = evaluate(options)
    for file in (home / "data" / "embeddings").glob("*.npy"):
        file.write_bytes(b"\x80\x04pickle")
    again = evaluate(options)
    assert not again.cached and again.rank1 == first.rank1


def test_who_was_trained_on_is_said(home):
    result = evaluate(EvaluateOptions(model="tiny", knn=1, people="all"))
    assert result.seen == 3
    assert "3 of the 6 people scored were trained on" in result.notes


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"knn": 0}, ConfigError, "knn must be at least 1"),
        ({"knn": 1000}, ConfigError, "1000"),
        ({"metric": "part"}, ConfigError, "Did you mean 'parts'"),
        ({"people": "tset"}, ConfigError, "Did you mean 'test'"),
        ({"views": ("091",)}, ConfigError, "Did you mean '090'"),
        ({"datadir": "absent"}, DataError, "absent"),
        ({"model": "tny"}, UserError, "Did you mean 'tiny'"),
        ({"protocol": "casia"}, ConfigError, "protocol must be one of"),
    ],
)
def test_bad_input_is_one_clear_error(home, options, error, message):
    with pytest.raises(error, match=message):
        evaluate(EvaluateOptions(**{"model": "tiny", **options}))


def test_a_model_of_another_modality_is_refused(home):
    from tfgait.nets import build

    run = home / "runs" / "flow"
    run.mkdir()
    build("cnn2d_tiny").save(run / "model.keras")
    with pytest.raises(DataError, match="flow"):
        evaluate(EvaluateOptions(model="flow", datadir=str(home / "data" / "silhouettes.h5")))


def test_scores_of_another_kind_leave_no_old_pictures(home):
    options = {"model": "tiny", "knn": 1, "out": str(home / "out")}
    evaluate(EvaluateOptions(**options))
    assert (home / "out" / "view_matrices.png").is_file()
    result = evaluate(EvaluateOptions(**options, views=("090",)))
    assert not (home / "out" / "view_matrices.png").exists()
    assert "view_matrices" not in result.files and Path(result.files["confusion"]).is_file()


def test_what_is_asked_beside_the_usual_lies_apart(home):
    asked = [{}, {"protocol": "multi_view"}, {"protocol": "single_view"}, {"camera": ("090",)}, {"camera": ("000",)}]
    asked += [{"people": "all", "metric": "cosine"}, {"camera": ("000",), "allcameras": True}]
    results = [evaluate(EvaluateOptions(model="tiny", knn=1, **options)) for options in asked]
    names = [Path(result.files["md"]).parent.name for result in results]
    assert names[1] == names[6] == names[0]
    assert [name.removeprefix(names[0]) for name in names[2:6]] == ["-single_view", "-090", "-000", "-all-cosine"]
    assert "probes of camera 000 alone" in results[4].notes and "camera" not in " ".join(results[6].notes)


def test_a_vote_that_cannot_be_won_and_people_left_out_are_said(home):
    notes = " ".join(evaluate(EvaluateOptions(model="tiny", knn=3)).notes)
    assert "3 of 6 people scored" in notes and "k = 3, but a probe meets 1 gallery sequences of each" in notes
    assert evaluate(EvaluateOptions(model="tiny", knn=1, people="all")).notes == (
        "3 of the 6 people scored were trained on",
    )


def test_walkers_seen_in_another_set_are_counted(home):
    path = home / "runs" / "tiny" / "manifest.json"
    record = json.loads(path.read_text())
    write_json(path, {**record, "data_hash": "another set", "dataset": "walkers"})
    assert evaluate(EvaluateOptions(model="tiny", knn=1, people="all")).seen == 3
    write_json(path, {**record, "data_hash": "another set", "dataset": "folder"})
    assert evaluate(EvaluateOptions(model="tiny", knn=1, people="all")).seen == 0
