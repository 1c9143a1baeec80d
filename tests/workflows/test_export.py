import json
from pathlib import Path

import pytest
from tiny_run import make_run, write_data

from tfgait.core.errors import DataError, UserError
from tfgait.workflows.export import ExportOptions, export, target
from tfgait.workflows.models import resolve_model


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("home"))


@pytest.fixture(autouse=True)
def at_home(run_folder, monkeypatch):
    monkeypatch.setenv("TFGAIT_HOME", str(run_folder.parents[1]))


def test_latest_run_goes_beside_itself(run_folder):
    result = export(ExportOptions())
    assert result.file == str(run_folder / "model.tflite")
    assert result.cosine > 0.99999
    assert result.bytes == (run_folder / "model.tflite").stat().st_size
    record = json.loads((run_folder / "model.tflite.json").read_text())
    assert record["source"]["model"] == "tiny"


def test_int8_is_calibrated_on_training_subjects_alone(run_folder, tmp_path, monkeypatch):
    from tfgait.deploy import calibration

    drawn = []
    whole = calibration.draw

    def spy(store, rows, count, seed):
        drawn.append(sorted(set(store.table.subject[rows].tolist())))
        return whole(store, rows, count, seed)

    monkeypatch.setattr(calibration, "draw", spy)
    result = export(ExportOptions(precision="int8", out=f"{tmp_path}/"))
    assert result.file == str(tmp_path / "model_int8.tflite")
    assert target(resolve_model(""), str(tmp_path / "not_yet"), ".tflite") == tmp_path / "not_yet" / "model.tflite"
    assert drawn == [["002"]]
    assert export(ExportOptions(precision="int8", out=f"{tmp_path}/")).calibration == result.calibration
    assert export(ExportOptions(precision="int8", out=f"{tmp_path}/", seed=5, calibration=1)).calibration not in (
        "",
        result.calibration,
    )


def test_training_side_of_the_split_where_the_model_does_not_know_the_data():
    from tfgait.workflows.data import open_data, split_of
    from tfgait.workflows.export import training_rows
    from tfgait.workflows.models import ModelRef

    store = open_data("data/walks")
    rows = training_rows(store, ModelRef(Path("m.keras"), manifest={"data_hash": "another", "classes": ["002"]}))
    train, test = split_of(store).subjects(store.table)
    assert set(store.table.subject[rows].tolist()) == set(train)
    assert not set(train) & set(test)


def test_shipped_preset_is_left_alone(run_folder):
    home = run_folder.parents[1]
    preset = home / "models" / "small"
    preset.mkdir(parents=True)
    (preset / "model.keras").write_bytes((run_folder / "model.keras").read_bytes())
    (preset / "card.yaml").write_text("data: walkers made by this toolkit\n")
    result = export(ExportOptions(model="small", format="onnx", datadir="data/walks", batch=0))
    assert result.file == str(home / "runs" / "exports" / "small" / "model.onnx")
    assert sorted(p.name for p in preset.iterdir()) == ["card.yaml", "model.keras"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"format": "tflit"}, "Did you mean 'tflite'"),
        ({"format": "onnx", "precision": "dynamic"}, "can be written with precision=fp32"),
        ({"frames": -1}, "frames=-1"),
        ({"sequences": 0}, "sequences=0"),
        ({"min_cosine": 1.5}, "min_cosine=1.5"),
        ({"precision": "int8", "calibration": 0}, "calibration=0"),
        ({"out": "model.onnx"}, "ends in .tflite"),
        ({"format": "keras", "out": "runs/tiny/model.keras"}, "must not be the model itself"),
        ({"model": "no_such_run"}, "no_such_run"),
    ],
)
def test_wrong_options_are_named_before_anything_is_loaded(run_folder, options, told, monkeypatch):
    monkeypatch.chdir(run_folder.parents[1])
    monkeypatch.setattr("tfgait.workflows.export.load_with_data", None)
    with pytest.raises(UserError, match=told):
        export(ExportOptions(**options))


def test_wrong_data_is_named(tmp_path):
    write_data(tmp_path / "flow" / "flow.h5", (60, 60, 2), "flow")
    with pytest.raises(DataError, match="silhouettes"):
        export(ExportOptions(datadir=str(tmp_path / "flow")))
    write_data(tmp_path / "large" / "silhouettes.h5", (64, 44, 1))
    with pytest.raises(DataError, match=r"shape \(16, 12, 1\).*Received: \(64, 44, 1\)"):
        export(ExportOptions(datadir=str(tmp_path / "large")))
    with pytest.raises(DataError, match="nowhere"):
        export(ExportOptions(datadir=str(tmp_path / "nowhere")))


def test_damaged_model_is_named(run_folder, tmp_path):
    (tmp_path / "cut.keras").write_bytes((run_folder / "model.keras").read_bytes()[:5000])
    with pytest.raises(DataError, match="cut.keras"):
        export(ExportOptions(model=str(tmp_path / "cut.keras"), datadir="data/walks"))
