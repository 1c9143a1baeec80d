import numpy as np
import pytest

from tfgait.core.errors import DataError
from tfgait.runtime import open_runner
from tfgait.runtime.encoder import Encoder


def test_file_gives_the_embeddings_of_keras(written):
    runner = open_runner(written.paths["onnx", "fp32"])
    assert runner.inputs["silhouettes"].shape == (1, 30, 16, 12, 1)
    np.testing.assert_allclose(Encoder(runner).encode(written.sequences), written.reference, atol=1e-5)


@pytest.mark.parametrize("size", [0, 6, 100, 5000, -4])
def test_truncated_file_is_named(written, tmp_path, size):
    path = tmp_path / "cut.onnx"
    path.write_bytes(written.paths["onnx", "fp32"].read_bytes()[:size])
    with pytest.raises(DataError, match="cut.onnx"):
        open_runner(path)


def test_foreign_file_is_named(tmp_path):
    path = tmp_path / "foreign.onnx"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(500))
    with pytest.raises(DataError, match="foreign.onnx"):
        open_runner(path)


def test_wrong_shape_is_named(written):
    with pytest.raises(DataError, match=r"shape=\(1, 30, 64, 44, 1\)"):
        open_runner(written.paths["onnx", "fp32"]).run({"silhouettes": np.zeros((1, 30, 64, 44, 1), np.float32)})


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ([1, 2, 3], "answers.onnx cannot be run by onnxruntime: .* cannot be reshaped"),
        ([1, -1, 4], r"answers.onnx must give embedding of each of 2 samples. Received: shape=\(1, 30, 4\)"),
    ],
)
def test_file_that_fails_on_a_batch_is_named(tmp_path, capfd, shape, told):
    import onnx
    from onnx import helper, numpy_helper

    ends = {"silhouettes": (None, 5, 4, 3, 1), "embedding": None}
    given, found = (helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, size) for name, size in ends.items())
    reshape = helper.make_node("Reshape", ["silhouettes", "shape"], ["embedding"])
    graph = helper.make_graph(
        [reshape], "odd", [given], [found], [numpy_helper.from_array(np.array(shape, np.int64), "shape")]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path = tmp_path / "answers.onnx"
    path.write_bytes(model.SerializeToString())
    runner = open_runner(path)
    with pytest.raises(DataError, match=told):
        runner.run({"silhouettes": np.zeros((2, 5, 4, 3, 1))})
    assert capfd.readouterr() == ("", "")
