"""Int8 files of networks that bring their ranges from quantisation-aware training."""

import json

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from tfgait.compress.fake_quantised import FakeQuantised
from tfgait.core.errors import ConfigError, DataError
from tfgait.deploy.artefact import export_network
from tfgait.deploy.formats import check_format
from tfgait.deploy.serving import fixed, serving
from tfgait.deploy.tflite import convert, float_operators, operators
from tfgait.nets import build

INT8 = check_format("tflite", "int8")


def trained(preset):
    """Return (`FakeQuantised` with ranges, stored sequences it has seen)."""
    keras.utils.set_random_seed(1)
    network = fixed(build(preset))
    shape, rng = network.input[network.modality].shape[1:], np.random.default_rng(0)
    if network.modality == "silhouettes":
        sequences = [(rng.random(shape) > rng.uniform(0.3, 0.8)).astype(np.uint8) * 255 for _ in range(4)]
    else:
        sequences = list(rng.normal(0, 300, (4, *shape)).astype(np.int16))
    scale = 1 if network.modality == "silhouettes" else 0.01
    quantised = FakeQuantised(network)
    quantised({network.modality: np.stack(sequences).astype(np.float32) * scale}, training=True)
    return quantised, sequences


@pytest.mark.parametrize("preset", ["gaitset_tiny", "cnn2d_tiny", "cnn3d_tiny", "cnn2plus1d_tiny"])
def test_every_network_becomes_int8_throughout_and_is_what_was_trained(preset, tmp_path):
    quantised, sequences = trained(preset)
    path = tmp_path / "model_int8.tflite"
    made = export_network(quantised, path, INT8, sequences, min_cosine=0.99)
    assert made.parity.cosine >= 0.99
    interpreter = Interpreter(str(path))
    interpreter.allocate_tensors()
    floats = {d["index"] for d in interpreter.get_tensor_details() if d["dtype"] == np.float32}
    ends = [*interpreter.get_input_details(), *interpreter.get_output_details()]
    assert floats == {d["index"] for d in ends}, "only the ends are float32"
    assert float_operators(path.read_bytes()) == [] and "CONV_3D" not in operators(path.read_bytes())
    kept = [tuple(d["quantization"]) for d in interpreter.get_tensor_details() if d["dtype"] == np.int8]
    scales = np.array([scale for scale, _ in kept])
    for name, (low, high) in quantised.ranges.items():
        if not name.startswith(("frame_strips", "global_strips")):  # their concatenation has one range for all
            assert np.isclose(scales, (high - low) / 255, rtol=1e-4).any(), name
    record = json.loads((tmp_path / "model_int8.tflite.json").read_text())
    assert record["network"]["class"] == type(quantised.plain).__name__
    assert record["network"]["config"] == quantised.plain.get_config()
    assert record["quantisation_aware"] and record["calibration"] is None


def test_a_folded_norm_and_a_depthwise_layer_leave_no_operator_of_their_own():
    layers = keras.layers
    inputs = keras.Input((8, 6, 3), name="silhouettes")
    x = inputs
    for layer in (layers.Conv2D(4, 3, use_bias=False), layers.DepthwiseConv2D(3, depth_multiplier=2)):
        x = layers.ReLU()(layers.BatchNormalization()(layer(x)))
    output = layers.Dense(5)(layers.GlobalAveragePooling2D()(x))
    network = keras.Model({"silhouettes": inputs}, {"embedding": output}, name="normed")
    rng = np.random.default_rng(0)
    network.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in network.weights])
    quantised = FakeQuantised(network)
    quantised({"silhouettes": rng.normal(0, 1, (8, 8, 6, 3)).astype(np.float32)}, training=True)
    content = convert(serving(quantised, frames=8), "int8")
    assert float_operators(content) == []
    wanted = {"QUANTIZE", "CONV_2D", "DEPTHWISE_CONV_2D", "MEAN", "FULLY_CONNECTED", "DEQUANTIZE"}
    assert set(operators(content)) <= wanted | {"RELU", "MUL"}


def test_what_computes_in_float_is_found_and_refused():
    network = fixed(build("cnn2d_tiny"))
    assert set(float_operators(convert(serving(network), "fp32"))) >= {"CONV_2D", "FULLY_CONNECTED"}
    with pytest.raises(ConfigError, match="would stay in float32: CONV_2D"):
        convert(serving(network), "int8")
    with pytest.raises(DataError):
        float_operators(b"nothing of the kind")
