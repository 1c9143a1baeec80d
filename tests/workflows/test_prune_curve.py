import csv
import dataclasses
import json
from pathlib import Path

import pytest
from tiny_pruning import make_home, make_people

from tfgait.core.errors import ConfigError
from tfgait.graph.costs import costs
from tfgait.nets import load
from tfgait.report.tables import cell
from tfgait.workflows import export as exporting
from tfgait.workflows import prune_curve
from tfgait.workflows import train as training
from tfgait.workflows.prune import PruneOptions, prune
from tfgait.workflows.sensitivity import SensitivityOptions, sensitivity


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with a tiny run, people it can be tuned and scored on, and a whole curve."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("home")
        patch.setenv("TFGAIT_HOME", str(folder))
        make_home(folder, ("000", "001", "003", "004", "005", "007"))
        make_people(folder)
        yield folder


@pytest.fixture(scope="module")
def curve(home):
    return prune(options(home))


def options(home, percentiles=(50.0, 25.0)):
    return PruneOptions(
        model="mine",
        datadir=str(home / "data" / "x"),
        percentiles=percentiles,
        epochs=1,
        steps_per_epoch=1,
        distill=True,
    )


def test_a_row_says_what_each_network_is(home, curve):
    assert [row["percentile"] for row in curve.rows] == [0, 25, 50]
    for row in curve.rows:
        found = costs(load(Path(row["run"]) / "model.keras"))
        assert row["params"] == sum(c.params for c in found) and row["macs"] == sum(c.macs for c in found)
        name = f"p{row['percentile']:g}"
        for size, file in (("bytes", f"{name}_fp32.tflite"), ("int8_bytes", f"{name}_int8.tflite")):
            assert row[size] == (Path(curve.folder) / "files" / file).stat().st_size
        assert row["fp32_ms"] > 0 and row["int8_ms"] > 0 and row["criterion"] == "l1"
        scores = json.loads((Path(curve.folder) / "scores" / name / "scores.json").read_text())
        assert row["rank1"] == scores["rank1"] and scores["people"] == "test"
    assert curve.rows[0]["params"] > curve.rows[1]["params"] > curve.rows[2]["params"]
    assert curve.rows[0]["bytes"] > curve.rows[2]["bytes"]


def test_table_numbers_and_picture_agree(home, curve):
    assert Path(curve.folder).parent == home / "runs"
    with open(curve.csv, encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(r["rank1_nm"]) for r in rows] == [row["rank1"]["nm"] for row in curve.rows]
    for cost in ("macs", "params", "bytes", "int8_bytes"):
        left = round(100 * curve.rows[2][cost] / curve.rows[0][cost], 2)
        assert float(rows[2][f"{cost}_left_percent"]) == left
    assert Path(curve.picture).read_bytes().startswith(b"\x89PNG")
    assert cell(curve.rows[1]["macs"]) in Path(curve.markdown).read_text()


def test_curves_of_other_options_lie_apart(home, curve):
    first = options(home)
    others = [{"datadir": "elsewhere"}, {"lr": 0.5}, {"floor": 0.5}, {"leave": ("frame1",)}, {"distill": False}]
    folders = {prune_curve.folder_name("mine", dataclasses.replace(first, **change)) for change in ({}, *others)}
    assert Path(curve.folder).name in folders and len(folders) == 1 + len(others)
    assert prune_curve.folder_name("mine", PruneOptions(percentiles=(5.0,), device="cpu")) == "mine-curve"
    plain = PruneOptions(criterion="l2", scope="network", rounds=2, round_to=8)
    assert prune_curve.folder_name("mine", plain) == "mine-curve-l2-network-r2-x8"


def test_what_is_finished_is_not_done_again(home, curve, monkeypatch):
    def never(*args, **kwargs):
        raise AssertionError("done again")

    monkeypatch.setattr(training, "train", never)
    monkeypatch.setattr(exporting, "export", never)
    again = prune(options(home))
    assert [r["run"] for r in again.rows] == [r["run"] for r in curve.rows]
    assert [r["rank1"] for r in again.rows] == [r["rank1"] for r in curve.rows]


def test_a_file_that_cannot_be_written_leaves_the_others(home, curve, monkeypatch):
    for path in (Path(curve.folder) / "files").glob("p25_int8*"):
        path.unlink()

    def refuse(*args, **kwargs):
        raise ConfigError("no such file for this network.")

    monkeypatch.setattr(exporting, "export", refuse)
    rows = prune(options(home)).rows
    assert rows[1]["int8_ms"] is None and rows[1]["int8_bytes"] is None
    assert rows[1]["notes"][-1] == "no int8 file: no such file for this network."
    assert rows[1]["fp32_ms"] > 0 and rows[2]["int8_ms"] > 0


def test_each_layer_alone(home):
    asked = SensitivityOptions(model="mine", datadir=str(home / "data" / "x"), percentiles=(90.0, 25.0), drop=0.0)
    seen = []
    found = sensitivity(asked, progress=lambda *p: seen.append(p))
    network = load(home / "runs" / "mine" / "model.keras")
    groups = list(dict.fromkeys(row["group"] for row in found.rows))
    assert set(groups) == set(network.get_config()["widths"]) and len(found.rows) == 2 * len(groups)
    assert [row["percentile"] for row in found.rows[:2]] == [25, 90]
    for row in found.rows:
        assert 1 <= row["kept"] < row["filters"] and row["lost"] == pytest.approx(found.rank1 - row["rank1"])
        if row["percentile"] == 25:
            assert row["kept"] == int(row["filters"] * 0.75 + 0.5)
    assert seen[-1][:2] == (len(found.rows), len(found.rows))
    assert found.leave == [r["group"] for r in found.rows if r["percentile"] == 90 and r["lost"] > 0]
    assert Path(found.picture).read_bytes().startswith(b"\x89PNG")
    with open(found.csv, encoding="utf-8") as file:
        assert [float(r["rank1"]) for r in csv.DictReader(file)] == [r["rank1"] for r in found.rows]


def test_a_scan_scores_the_very_network_that_pruning_would_make(home):
    from tfgait.compress.plan import make_plan
    from tfgait.graph.rebuild import rebuild
    from tfgait.workflows import sensitivity as module

    network = load(home / "runs" / "mine" / "model.keras")
    asked = SensitivityOptions(model="mine", datadir=str(home / "data" / "x"), percentiles=(50.0,), sequences=0)
    found = sensitivity(asked)
    validate, _ = module._validation(network, module.resolve_model("mine"), asked, None)
    plan = make_plan(network, 50, floor=0)
    for row in found.rows[:2]:
        small = rebuild(network, {row["group"]: plan.groups[row["group"]].kept})
        assert validate(small)["rank1"] == pytest.approx(row["rank1"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"percentiles": ()}, "at least one"),
        ({"percentiles": (0.0,)}, "above 0"),
        ({"percentiles": (10.0, 10.0)}, "different"),
        ({"criterion": "taylor"}, "criterion must be one of"),
        ({"drop": float("nan")}, "drop"),
        ({"sequences": -1}, "sequences"),
    ],
)
def test_bad_options_of_a_scan(home, change, message):
    with pytest.raises(ConfigError, match=message):
        sensitivity(SensitivityOptions(model="mine", **change))
