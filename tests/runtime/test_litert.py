import types

import numpy as np
import pytest
import tensorflow as tf

from tfgait.core.errors import ConfigError, DataError
from tfgait.runtime import litert, open_runner
from tfgait.runtime.encoder import Encoder


def test_float_file_gives_the_embeddings_of_keras(written):
    runner = open_runner(written.paths["tflite", "fp32"], threads=2)
    assert runner.inputs["silhouettes"].shape == (1, 30, 16, 12, 1)
    found = Encoder(runner).encode(written.sequences)
    np.testing.assert_allclose(found, written.reference, atol=1e-5)


def test_int8_file_is_near_keras(written):
    found = Encoder(open_runner(written.paths["tflite", "int8"])).encode(written.sequences)
    a, b = found.reshape(len(found), -1), written.reference.reshape(len(found), -1)
    cosine = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    assert cosine.min() > 0.99
    assert np.abs(found - written.reference).max() > 0


def test_file_of_quantised_inputs_and_outputs_takes_and_gives_real_values(tmp_path):
    module = tf.Module()
    module.function = tf.function(
        lambda silhouettes: {"embedding": tf.reduce_mean(silhouettes, axis=(1, 2, 3))[:, None] * 3.0 + 1.0},
        input_signature=[tf.TensorSpec((1, 4, 5, 6, 1), tf.float32, name="silhouettes")],
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions([module.function.get_concrete_function()], module)
    values = np.random.default_rng(0).uniform(-2, 6, (20, 4, 5, 6, 1)).astype(np.float32)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ({"silhouettes": v[None]} for v in values)
    converter.inference_input_type = converter.inference_output_type = tf.int8
    path = tmp_path / "quantised.tflite"
    path.write_bytes(converter.convert())
    runner = open_runner(path)
    assert runner.inputs["silhouettes"].dtype == runner.outputs["embedding"].dtype == "int8"
    found = runner.run({"silhouettes": values})["embedding"]
    assert found.dtype == np.float32
    step = runner.outputs["embedding"].scale
    np.testing.assert_allclose(found[:, 0, 0], values.mean(axis=(1, 2, 3, 4)) * 3 + 1, atol=2 * step)


@pytest.mark.parametrize("size", [0, 6, 100, 5000, -4])
def test_truncated_file_is_named(written, tmp_path, size):
    path = tmp_path / "cut.tflite"
    path.write_bytes(written.paths["tflite", "fp32"].read_bytes()[:size])
    with pytest.raises(DataError, match="cut.tflite"):
        open_runner(path)


def test_foreign_file_is_named(tmp_path):
    path = tmp_path / "foreign.tflite"
    path.write_bytes(b"PK\x03\x04" + bytes(1000))
    with pytest.raises(DataError, match="foreign.tflite is no LiteRT model"):
        open_runner(path)


def test_other_modality_is_refused(written):
    runner = open_runner(written.paths["tflite", "fp32"])
    with pytest.raises(DataError, match="takes silhouettes. Received: flow"):
        runner.run({"flow": np.zeros((1, 25, 60, 60, 2), np.float32)})


@pytest.mark.parametrize("threads", [0, -1, 1.5])
def test_threads_must_be_positive(written, threads):
    with pytest.raises(ConfigError, match=f"threads={threads}"):
        open_runner(written.paths["tflite", "fp32"], threads=threads)


def test_tflite_runtime_is_given_no_file_without_sidecar(written, tmp_path, monkeypatch):
    monkeypatch.setattr(litert, "_interpreter_module", lambda: types.ModuleType("tflite_runtime.interpreter"))
    path = tmp_path / "alone.tflite"
    path.write_bytes(written.paths["tflite", "fp32"].read_bytes())
    with pytest.raises(DataError, match="no sidecar alone.tflite.json"):
        open_runner(path)
