import numpy as np
import onnx
import pytest

from tfgait.deploy.artefact import export_network
from tfgait.deploy.formats import check_format
from tfgait.nets import build


@pytest.mark.parametrize("batch", [1, 0])
def test_weights_are_halves_and_the_ends_stay_float32(tmp_path, batch):
    walks = [(np.random.default_rng(i).random((30, 16, 12, 1)) > 0.5).astype(np.uint8) * 255 for i in range(2)]
    form = check_format("onnx", "fp16", batch)
    artefact = export_network(build("gaitset_tiny"), tmp_path / "m.onnx", form, walks, batch=batch)
    assert [port["dtype"] for port in artefact.record["inputs"] + artefact.record["outputs"]] == ["float32"] * 2
    assert artefact.record["inputs"][0]["shape"] == [batch or None, 30, 16, 12, 1]
    kinds = {constant.data_type for constant in onnx.load(artefact.path).graph.initializer if len(constant.dims) > 1}
    assert kinds == {onnx.TensorProto.FLOAT16}
    # Ten bits of a number are left.
    assert 1e-6 < artefact.parity.max_abs_error / artefact.parity.largest < 2e-2
