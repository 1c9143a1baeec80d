"""Int8 ONNX: what TensorRT asks for, and numbers checked against a slow computation."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tfgait.core.errors import ConfigError
from tfgait.deploy.onnx import convert
from tfgait.deploy.onnx_int8 import quantise
from tfgait.deploy.serving import serving
from tfgait.nets import build
from tfgait.runtime import open_runner


def constants(model):
    return {constant.name: numpy_helper.to_array(constant) for constant in model.graph.initializer}


def quantised(network, count=3):
    ready = serving(network)
    rng, shape = np.random.default_rng(0), ready.signature.shape
    batches = [{ready.signature.name: rng.uniform(0, 9, shape).astype(np.float32)} for _ in range(count)]
    return onnx.load_from_string(quantise(convert(ready), lambda: iter(batches)))


@pytest.mark.parametrize("preset", ["gaitset_tiny", "cnn2d_tiny", "cnn3d_tiny", "cnn2plus1d_tiny"])
def test_every_pair_is_what_tensorrt_takes(preset):
    model = quantised(build(preset))
    known, made = constants(model), {output: node for node in model.graph.node for output in node.output}
    assert {(entry.domain, entry.version) for entry in model.opset_import} >= {("", 13)}
    pairs = [node for node in model.graph.node if node.op_type in ("QuantizeLinear", "DequantizeLinear")]
    for node in pairs:
        zero = known[node.input[2]]
        assert zero.dtype == np.int8 and not zero.any()
        if node.op_type == "DequantizeLinear":
            assert made[node.input[0]].op_type == "QuantizeLinear", "no int8 constants"
    heavy = [node for node in model.graph.node if node.op_type in ("Conv", "Gemm", "MatMul")]
    assert heavy
    for node in heavy:
        assert [made[name].op_type for name in node.input[:2]] == ["DequantizeLinear"] * 2
        assert all(name in known for name in node.input[2:]), "a bias stays float32"
    assert len(pairs) <= 4 * len(heavy)


def test_scales_are_one_a_filter_but_one_for_a_stack_of_matrices():
    network = build("gaitset_tiny")
    model = quantised(network)
    known, made = constants(model), {output: node for node in model.graph.node for output in node.output}
    scales = {}
    for node in model.graph.node:
        if node.op_type in ("Conv", "MatMul"):
            scale = known[made[node.input[1]].input[1]]
            weight = known[made[made[node.input[1]].input[0]].input[0]]
            scales[node.name] = (weight.ndim, np.size(scale))
            largest = np.abs(weight).max() if weight.ndim == 3 else np.abs(weight).max(axis=(1, 2, 3))
            np.testing.assert_allclose(scale * 127.5, largest, rtol=0.01)
    assert {filters for rank, filters in scales.values() if rank == 4} == {4, 6, 8}
    assert [filters for rank, filters in scales.values() if rank == 3] == [1]


def test_a_product_is_that_of_the_rounded_numbers(tmp_path):
    rng = np.random.default_rng(0)
    weight, x = rng.normal(0, 1, (6, 4)).astype(np.float32), rng.normal(0, 1, (5, 6)).astype(np.float32)
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [5, s]) for n, s in (("x", 6), ("y", 4))]
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    graph = helper.make_graph(nodes, "product", ends[:1], ends[1:], [numpy_helper.from_array(weight, "w")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    made = quantise(model.SerializeToString(), lambda: iter([{"x": x}]))
    (tmp_path / "m.onnx").write_bytes(made)
    found = open_runner(tmp_path / "m.onnx").invoke({"x": x})["y"]
    scales = {name: value for name, value in constants(onnx.load_from_string(made)).items() if name.endswith("scale")}
    of_x, of_w = scales["x_scale"], scales["w_scale"]
    assert of_w.shape == (4,)
    wanted = (np.clip(np.rint(x / of_x), -128, 127) * of_x) @ (np.clip(np.rint(weight / of_w), -128, 127) * of_w)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    assert 0 < np.abs(found - x @ weight).max() < 0.1


def test_a_graph_without_products_is_refused():
    end = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "none", [end], [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    with pytest.raises(ConfigError, match="needs a graph with Conv"):
        quantise(model.SerializeToString(), lambda: iter([]))
