import json
import sys

import numpy as np
import pytest

from tfgait.core.errors import DataError, Unfinished
from tfgait.core.files import file_hash, write_text
from tfgait.deploy.parity import ParityError
from tfgait.runtime.sidecar import read_sidecar
from tfgait.workflows import trt_saved_model
from tfgait.workflows.tf_trt_environment import NAME, REQUIREMENTS
from tfgait.workflows.trt import TrtOptions, convert


@pytest.fixture(autouse=True)
def environment(at_home, tiny_folder):
    """An environment of TF-TRT whose Python is this one, without a GPU."""
    home = tiny_folder.parents[1]
    python = home / NAME / "bin" / "python"
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text(f'#!/bin/sh\nCUDA_VISIBLE_DEVICES=-1 exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    write_text(home / NAME / ".tfgait", file_hash(REQUIREMENTS))
    return python


def test_without_a_gpu_the_saved_model_is_proven_in_the_other_tensorflow(tmp_path):
    with pytest.raises(Unfinished, match="no GPU is seen here. Where a GPU is: scripts/trt_conversion.sh") as found:
        convert(TrtOptions(engine="tf-trt", batch=(2,), out=f"{tmp_path}/"))
    result = found.value.result
    assert result.files == [result.source, f"{result.source}.json"]
    assert sorted(map(str, tmp_path.iterdir())) == result.files
    assert (result.sequences, result.rank1_drop, result.file) == (8, 0, "")
    assert result.cosine > 0.99999
    assert "loads the SavedModel within" in result.notes[0]
    assert read_sidecar(result.source)["inputs"][0]["shape"] == [2, 30, 16, 12, 1]
    assert result.left == [f"scripts/trt_conversion.sh --engine=tf-trt --batch=2 --out={tmp_path}/"]


def test_an_environment_that_fails_is_told(environment, tmp_path):
    environment.write_text("#!/bin/sh\necho 'ImportError: no tensorflow' >&2\nexit 1\n")
    with pytest.raises(DataError, match="could not convert .*: ImportError: no tensorflow"):
        convert(TrtOptions(engine="tf-trt", out=f"{tmp_path}/"))


@pytest.fixture
def told(monkeypatch):
    """What the other process says, and is asked: `answer` is changed by tests."""
    asked = {"answer": {}}

    def instead(python, folder, out, example, options, calibration):
        asked["example"] = dict(np.load(example))
        asked["calibration"] = None if calibration is None else dict(np.load(calibration))
        out.mkdir()
        (out / "saved_model.pb").write_bytes(b"converted")
        usual = {"tensorflow": "2.17.1", "max_abs_error": 1e-7, "largest": 1.0, "converted": True, "reason": ""}
        return {**usual, "cosine": 0.9999, "converted_error": 0.01, **asked["answer"]}

    monkeypatch.setattr(trt_saved_model, "_in_tf_trt", instead)
    return asked


def test_converted_model_is_kept_with_how_far_it_is(told, tmp_path):
    result = convert(TrtOptions(engine="tf-trt", out=f"{tmp_path}/"))
    assert result.file == str(tmp_path / "model_b1_fp16_tftrt")
    assert (tmp_path / "model_b1_fp16_tftrt" / "saved_model.pb").read_bytes() == b"converted"
    assert (result.file_cosine, result.file_max_abs_error) == (0.9999, 0.01)
    assert told["calibration"] is None
    record, source = read_sidecar(result.file), read_sidecar(result.source)
    assert (record["format"], record["precision"], record["batch"]) == ("tf-trt", "fp16", [1])
    assert (record["modality"], record["engine"]) == ("silhouettes", {"tensorflow": "2.17.1"})
    assert record["made_of_sha256"] == source["sha256"] and record["source"] == source["source"]
    assert record["parity"]["cosine"] == 0.9999


def test_the_example_is_a_batch_and_what_keras_makes_of_it(told, tiny_folder, tmp_path):
    from tfgait.nets import load

    convert(TrtOptions(engine="tf-trt", batch=(2,), rank1_sequences=0, out=f"{tmp_path}/"))
    batch, embedding = told["example"]["silhouettes"], told["example"]["embedding"]
    assert (batch.shape, batch.dtype) == ((2, 30, 16, 12, 1), np.float32)
    wanted = load(tiny_folder / "model.keras")({"silhouettes": batch})["embedding"]
    np.testing.assert_allclose(embedding, wanted, atol=1e-6)


def test_int8_gets_batches_of_training_people(told, tiny_folder, tmp_path):
    from tfgait.datasets.store import Store

    made = convert(TrtOptions(engine="tf-trt", precision="int8", batch=(2,), calibration=5, out=f"{tmp_path}/"))
    assert read_sidecar(made.file)["calibration"].items() >= {"sequences": 2, "seed": 0}.items()
    assert read_sidecar(made.source)["calibration"] is None
    batches = told["calibration"]["silhouettes"]
    assert (batches.shape, batches.dtype) == ((1, 2, 30, 16, 12, 1), np.float32)
    store = Store(tiny_folder.parents[1] / "data" / "walks" / "silhouettes.h5")
    # The two sequences of the one person it was trained on, their 25 frames cycled to 30.
    rows = np.flatnonzero(store.table.subject == "002")
    wanted = np.stack([np.concatenate([store.read(row)] * 2)[:30] for row in rows])
    np.testing.assert_array_equal(batches[0], wanted)


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        ({"cosine": 0.9}, ParityError, "tf-trt with precision=fp16 must keep every embedding within cosine 0.999"),
        ({"max_abs_error": 0.5}, DataError, "within 0.0001 of Keras in TensorFlow 2.17.1. Received: 0.5"),
        ({"converted": False, "reason": "TF-TRT cannot work here"}, Unfinished, "TF-TRT cannot work here"),
    ],
)
def test_what_does_not_agree_is_not_kept(told, tmp_path, answer, error, said):
    told["answer"] = answer
    with pytest.raises(error, match=said):
        convert(TrtOptions(engine="tf-trt", out=f"{tmp_path}/"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model_b1.savedmodel", "model_b1.savedmodel.json"]


def test_the_request_is_json(environment, tmp_path):
    environment.write_text('#!/bin/sh\necho "noise"\necho "$3"\n')
    options = TrtOptions(engine="tf-trt", precision="int8", workspace=64)
    found = trt_saved_model._in_tf_trt(
        environment, "saved", tmp_path / "out", tmp_path / "e.npz", options, tmp_path / "c.npz"
    )
    assert (
        found
        == json.loads(json.dumps(found))
        == {
            "folder": "saved",
            "out": str(tmp_path / "out"),
            "precision": "int8",
            "example": str(tmp_path / "e.npz"),
            "workspace": 64,
            "calibration": str(tmp_path / "c.npz"),
        }
    )
