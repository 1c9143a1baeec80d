import json
from pathlib import Path

import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError, Unfinished, UserError
from tfgait.datasets.store import Store, StoreWriter
from tfgait.workflows.export import ExportOptions, export, target
from tfgait.workflows.models import resolve_model
from tfgait.workflows.trt import TF_TRT_VENV, TrtOptions, convert

SUBJECTS = ("001", "002", "003", "004")


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A home with a run of a tiny GaitSet that knows its data and its training subjects."""
    from tfgait.nets import build

    home = tmp_path_factory.mktemp("home")
    run = home / "runs" / "tiny"
    run.mkdir(parents=True)
    build("gaitset_tiny").save(run / "model.keras")
    write_data(home / "data" / "walks" / "silhouettes.h5", (16, 12, 1))
    data_hash = Store(home / "data" / "walks" / "silhouettes.h5").hash
    facts = {"modality": "silhouettes", "data": "data/walks", "data_hash": data_hash, "classes": ["002"]}
    (run / "manifest.json").write_text(json.dumps(facts))
    (home / "runs" / "latest").symlink_to("tiny")
    return run


@pytest.fixture(autouse=True)
def at_home(run_folder, monkeypatch):
    monkeypatch.setenv("TFGAIT_HOME", str(run_folder.parents[1]))


def write_data(path, shape, modality="silhouettes"):
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    dtype = np.uint8 if modality == "silhouettes" else np.int16
    with StoreWriter(path, modality=modality, shape=shape) as writer:
        for subject in SUBJECTS:
            for repetition in ("nm-01", "nm-05"):
                frames = (rng.random((25, *shape)) > 0.5).astype(dtype) * 255
                writer.add(frames, subject=subject, condition=repetition, view="090", name=f"{subject}-{repetition}")


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


@pytest.fixture
def no_tensorrt(monkeypatch):
    monkeypatch.setattr("tfgait.deploy.tensorrt.find_trtexec", lambda: None)
    monkeypatch.setattr("tfgait.deploy.tensorrt.has_python_tensorrt", lambda: False)


@pytest.mark.usefixtures("no_tensorrt")
def test_without_tensorrt_everything_before_it_is_proven(tmp_path):
    with pytest.raises(Unfinished, match="TensorRT is not installed here.*trtexec") as found:
        convert(TrtOptions(precision="int8", dla=0, batch=2, out=f"{tmp_path}/"))
    result = found.value.result
    assert result.source == str(tmp_path / "model_b2_dla.onnx")
    assert result.cosine > 0.99999
    assert result.file == ""
    assert result.left == [
        "trtexec --onnx=model_b2_dla.onnx --saveEngine=model_b2_int8_dla0.engine --int8 --fp16 --useDLACore=0 "
        "--allowGPUFallback",
        "trtexec --loadEngine=model_b2_int8_dla0.engine --useDLACore=0",
    ]
    assert "not calibrated" in result.notes[0]
    record = json.loads((tmp_path / "model_b2_dla.onnx.json").read_text())
    assert record["inputs"][0]["shape"] == [2, 30, 16, 12, 1]


def test_with_trtexec_the_engine_is_built_and_described(tmp_path, monkeypatch):
    fake = tmp_path / "trtexec"
    fake.write_text(
        '#!/bin/sh\nfor a in "$@"; do case $a in --saveEngine=*) echo e > "${a#--saveEngine=}";; esac; done\n'
    )
    fake.chmod(0o755)
    monkeypatch.setattr("tfgait.deploy.tensorrt.find_trtexec", lambda: str(fake))
    result = convert(TrtOptions(out=f"{tmp_path}/"))
    assert result.file == str(tmp_path / "model_b1_fp16.engine")
    assert result.left == []
    record = json.loads((tmp_path / "model_b1_fp16.engine.json").read_text())
    assert record["precision"] == "fp16"
    assert len(record["onnx_sha256"]) == 64


def test_tf_trt_without_its_environment(tmp_path):
    with pytest.raises(Unfinished, match="environment of its own") as found:
        convert(TrtOptions(engine="tf-trt", out=f"{tmp_path}/"))
    result = found.value.result
    assert (tmp_path / "model_b1_savedmodel" / "saved_model.pb").is_file()
    assert result.sequences == 8
    assert result.left[1] == f"scripts/trt_conversion.sh --engine=tf-trt --out={tmp_path}/"


def test_tf_trt_with_an_environment_that_has_no_gpu(run_folder, tmp_path):
    import sys

    python = run_folder.parents[1] / TF_TRT_VENV / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nCUDA_VISIBLE_DEVICES=-1 exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    with pytest.raises(Unfinished, match="no GPU is seen here"):
        convert(TrtOptions(engine="tf-trt", out=f"{tmp_path}/"))
    python.unlink()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"engine": "tensorflow"}, "engine must be one of"),
        ({"precision": "fp8"}, "precision must be one of"),
        ({"precision": "fp32", "dla": 0}, "no fp32"),
        ({"engine": "tf-trt", "precision": "int8"}, "tf-trt converts"),
        ({"batch": 0}, "batch=0"),
        ({"sequences": 0}, "sequences=0"),
    ],
)
def test_wrong_conversion_is_named(options, told):
    with pytest.raises(ConfigError, match=told):
        convert(TrtOptions(**options))
