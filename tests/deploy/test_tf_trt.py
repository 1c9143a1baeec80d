import shutil
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from tfgait.deploy import tf_trt
from tfgait.deploy.keras_runner import KerasRunner
from tfgait.deploy.savedmodel import save
from tfgait.deploy.serving import serving
from tfgait.nets import build


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """A SavedModel, and a batch with what Keras makes of it."""
    folder, network = tmp_path_factory.mktemp("saved"), build("gaitset_tiny")
    save(serving(network, batch=2), folder / "saved")
    batch = {"silhouettes": np.random.default_rng(0).random((2, 30, 16, 12, 1), np.float32)}
    np.savez(folder / "example.npz", **batch, **KerasRunner(network).run(batch))
    return {"folder": str(folder / "saved"), "example": str(folder / "example.npz")}


@pytest.fixture
def converter(monkeypatch):
    """TF-TRT that is not there: it keeps what it was told, and writes the SavedModel as it is."""
    import tensorflow as tf

    told = SimpleNamespace(calibrated=[])

    class TrtGraphConverterV2:
        def __init__(self, input_saved_model_dir, **settings):
            self.folder, told.settings = input_saved_model_dir, settings
            if told.settings["precision_mode"] == "FP32":
                raise RuntimeError("needs TensorRT 8.6")

        def convert(self, calibration_input_fn=None):
            told.calibrated = [[value.numpy() for value in batch] for batch in (calibration_input_fn or list)()]

        def build(self, input_fn):
            told.built = [value.shape for batch in input_fn() for value in batch]

        def save(self, out):
            shutil.copytree(self.folder, out)

    module, package = ModuleType("trt_convert"), ModuleType("tensorrt")
    module.TrtGraphConverterV2, package.trt_convert = TrtGraphConverterV2, module
    monkeypatch.setitem(sys.modules, "tensorflow.python.compiler.tensorrt", package)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind])
    return told


def test_converted_model_is_compared_with_keras(given, tmp_path, converter):
    record = tf_trt.main(**given, out=str(tmp_path / "out"), precision="fp16", workspace=256)
    assert converter.settings == {
        "precision_mode": "FP16",
        "use_calibration": False,
        "max_workspace_size_bytes": 256 << 20,
    }
    assert converter.built == [(2, 30, 16, 12, 1)]
    assert converter.calibrated == []
    assert record["converted"] is True
    assert record["cosine"] == pytest.approx(1)
    assert record["converted_error"] < 1e-6 < record["largest"]


def test_int8_is_calibrated_on_every_batch(given, tmp_path, converter):
    batches = np.random.default_rng(0).random((3, 2, 30, 16, 12, 1), np.float32)
    np.savez(tmp_path / "calibration.npz", silhouettes=batches)
    tf_trt.main(**given, out=str(tmp_path / "out"), precision="int8", calibration=str(tmp_path / "calibration.npz"))
    assert converter.settings == {"precision_mode": "INT8", "use_calibration": True}
    np.testing.assert_array_equal(np.stack([batch[0] for batch in converter.calibrated]), batches)


def test_why_it_cannot_work_is_said(given, tmp_path, converter, monkeypatch):
    record = tf_trt.main(**given, out=str(tmp_path / "out"), precision="fp32")
    assert (record["converted"], record["reason"]) == (False, "TF-TRT cannot work here: needs TensorRT 8.6")
    monkeypatch.setitem(sys.modules, "tensorflow.python.compiler.tensorrt", None)
    assert "has no TF-TRT" in tf_trt.main(**given, out=str(tmp_path / "out"), precision="fp16")["reason"]
    assert not (tmp_path / "out").exists()


def test_cosine_is_the_lowest_of_any_sequence():
    a = np.array([[[3.0, 4.0]], [[1.0, 0.0]]])
    b = np.array([[[6.0, 8.0]], [[1.0, 1.0]]])
    assert tf_trt._cosine(a, b) == pytest.approx(0.5**0.5)
