import struct

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tfgait.core.errors import DataError
from tfgait.deploy.calibration_cache import calibration_cache


@pytest.fixture
def graph(tmp_path):
    """y = relu(2 x - 1): three tensors whose ranges are seen at a glance."""
    constants = {"two": 2.0, "one": 1.0}
    nodes = [
        helper.make_node("Mul", ["x", "two"], ["twice"]),
        helper.make_node("Sub", ["twice", "one"], ["less"]),
        helper.make_node("Relu", ["less"], ["y"]),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3]) for name in ("x", "y")]
    values = [numpy_helper.from_array(np.array(value, np.float32), name) for name, value in constants.items()]
    model = helper.make_model(
        helper.make_graph(nodes, "g", ends[:1], ends[1:], values), opset_imports=[helper.make_opsetid("", 13)]
    )
    model.ir_version = 8
    onnx.save(model, tmp_path / "g.onnx")
    return tmp_path / "g.onnx"


def scales(text):
    return {
        name: struct.unpack(">f", bytes.fromhex(number))[0]
        for name, number in (line.split(": ") for line in text.splitlines()[1:])
    }


def test_scale_is_the_largest_absolute_value_over_127(graph):
    batches = [{"x": np.array([[0, 1, value]], np.float32)} for value in (-3, 2)]
    text = calibration_cache(graph, batches, (8, 2, 1))
    assert text.splitlines()[0] == "TRT-8201-EntropyCalibration2"
    wanted = {"x": 3, "twice": 6, "less": 7, "y": 3}
    assert scales(text) == pytest.approx({name: value / 127 for name, value in wanted.items()}, rel=1e-6)


def test_hexadecimal_is_the_bits_of_a_float(graph):
    # 1/127 by hand: 2^-7 x 1.0000001000000100000...; caches of TensorRT itself have 3c010a14 for inputs about 1.
    text = calibration_cache(graph, [{"x": np.array([[1, 0, 0]], np.float32)}], (10, 3, 0))
    assert "TRT-100300-EntropyCalibration2\n" in text
    assert "\nx: 3c010204\n" in text


def test_what_cannot_be_calibrated_is_named(graph):
    with pytest.raises(DataError, match="there is none"):
        calibration_cache(graph, [], (8, 2, 1))
    with pytest.raises(DataError, match="not finite"):
        calibration_cache(graph, [{"x": np.array([[np.inf, 0, 0]], np.float32)}], (8, 2, 1))
