import json
from pathlib import Path

import pytest
from tiny_run import write_data

from tfgait.core.errors import DataError, UserError
from tfgait.workflows.export import ExportOptions, export, target
from tfgait.workflows.models import resolve_model

pytestmark = pytest.mark.usefixtures("at_home")


def test_latest_run_goes_beside_itself(tiny_folder):
    result = export(ExportOptions())
    assert result.file == str(tiny_folder / "model.tflite")
    assert result.cosine > 0.99999
    assert result.bytes == (tiny_folder / "model.tflite").stat().st_size
    record = json.loads((tiny_folder / "model.tflite.json").read_text())
    assert record["source"]["model"] == "tiny"


def test_int8_is_calibrated_on_training_subjects_alone(tiny_folder, tmp_path, monkeypatch):
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


def test_shipped_preset_is_left_alone(tiny_folder):
    home = tiny_folder.parents[1]
    preset = home / "models" / "small"
    preset.mkdir(parents=True)
    (preset / "model.keras").write_bytes((tiny_folder / "model.keras").read_bytes())
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
        ({"rank1_sequences": -1}, "rank1_sequences=-1"),
        ({"max_rank1_drop": -0.5}, "max_rank1_drop=-0.5"),
        ({"max_rank1_drop": float("nan")}, "max_rank1_drop=nan"),
        ({"format": "tf-trt"}, "written by tfgait trt --engine tf-trt"),
        ({"format": "savedmodel", "precision": "int8"}, "a SavedModel stays float32"),
        ({"free_frames": True}, "frames must be fixed"),
        ({"format": "onnx", "free_frames": True, "frames": 9}, "left out with free_frames. Received: frames=9"),
        ({"format": "savedmodel", "out": "model.tflite"}, "ends in .savedmodel"),
        ({"precision": "int8", "calibration": 0}, "calibration=0"),
        ({"out": "model.onnx"}, "ends in .tflite"),
        ({"format": "keras", "out": "runs/tiny/model.keras"}, "must not be the model itself"),
        ({"model": "no_such_run"}, "no_such_run"),
    ],
)
def test_wrong_options_are_named_before_anything_is_loaded(tiny_folder, options, told, monkeypatch):
    monkeypatch.chdir(tiny_folder.parents[1])
    monkeypatch.setattr("tfgait.workflows.export.load_with_data", None)
    with pytest.raises(UserError, match=told):
        export(ExportOptions(**options))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"stream": True}, "frames meet in maxima over time alone"),
        ({"precision": "int8_uint8"}, "takes flow of int16"),
        ({"frames": 30}, "frames must be 23"),
        ({"format": "onnx", "free_frames": True}, "Received: free frames"),
    ],
)
def test_what_a_network_cannot_be_is_told_before_data_are_made(tmp_path, options, told, monkeypatch):
    from tfgait.nets import build

    build("cnn3d_tiny").save(tmp_path / "flow.keras")
    monkeypatch.setattr("tfgait.workflows.export.open_data", None)
    with pytest.raises(UserError, match=told):
        export(ExportOptions(model=str(tmp_path / "flow.keras"), **options))


def test_wrong_data_is_named(tmp_path):
    write_data(tmp_path / "flow" / "flow.h5", (60, 60, 2), "flow")
    with pytest.raises(DataError, match="silhouettes"):
        export(ExportOptions(datadir=str(tmp_path / "flow")))
    write_data(tmp_path / "large" / "silhouettes.h5", (64, 44, 1))
    with pytest.raises(DataError, match=r"shape \(16, 12, 1\).*Received: \(64, 44, 1\)"):
        export(ExportOptions(datadir=str(tmp_path / "large")))
    with pytest.raises(DataError, match="nowhere"):
        export(ExportOptions(datadir=str(tmp_path / "nowhere")))


def test_saved_model_is_a_folder_that_can_be_replaced_and_scored(tiny_folder, tmp_path):
    from tfgait.workflows.evaluate import EvaluateOptions, evaluate

    for _ in range(2):
        result = export(ExportOptions(format="savedmodel", out=str(tmp_path / "m.savedmodel")))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.savedmodel", "m.savedmodel.json"]
    assert result.file == str(tmp_path / "m.savedmodel") and result.rank1_drop == 0
    assert result.bytes == sum(p.stat().st_size for p in (tmp_path / "m.savedmodel").rglob("*") if p.is_file())
    scores = evaluate(EvaluateOptions(model=result.file, datadir="data/walks", knn=1, out=str(tmp_path / "scores")))
    assert scores.rank1["nm"] == pytest.approx(result.rank1["file"], abs=1e-3)
    weights = next((tmp_path / "m.savedmodel" / "variables").glob("*.data*"))
    weights.write_bytes(weights.read_bytes()[:-7])
    with pytest.raises(DataError, match="not the file its sidecar describes"):
        evaluate(EvaluateOptions(model=result.file, datadir="data/walks", knn=1))
    other = tmp_path / "thesis.savedmodel"
    other.mkdir()
    (other / "thesis.txt").write_text("mine")
    made = export(ExportOptions(format="savedmodel", out=str(other)))
    assert made.file == str(other / "model.savedmodel") and (other / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["m.tflite", "m.onnx", "m.savedmodel", "notes.txt"])
def test_what_is_no_keras_network_is_not_exported(tmp_path, name):
    (tmp_path / name).mkdir() if name == "m.savedmodel" else (tmp_path / name).write_bytes(b"PK\x03\x04" * 99)
    with pytest.raises(UserError, match="model must"):
        export(ExportOptions(model=str(tmp_path / name), datadir="data/walks"))


def test_damaged_model_is_named(tiny_folder, tmp_path):
    (tmp_path / "cut.keras").write_bytes((tiny_folder / "model.keras").read_bytes()[:5000])
    with pytest.raises(DataError, match="cut.keras"):
        export(ExportOptions(model=str(tmp_path / "cut.keras"), datadir="data/walks"))
