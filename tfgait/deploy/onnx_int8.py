"""A float32 .onnx file to int8: pairs of QuantizeLinear and DequantizeLinear, for TensorRT and onnxruntime."""

import contextlib
import logging
import tempfile
from pathlib import Path

from tfgait.core.errors import ConfigError

# What computes in int8; TensorRT fuses into these, or moves the pairs through, whatever lies between them.
QUANTISED = ["Conv", "Gemm", "MatMul"]


def quantise(content, batches):
    """Return the bytes of an .onnx file whose convolutions and products take int8 inputs and weights.

    Scales are symmetric (zero point 0), of weights one a channel where onnxruntime has that: what TensorRT asks for.
    The weights stay float32 before their pair, since TensorRT takes no int8 constants before version 10, so that the
    file is no smaller; biases, sums and outputs stay float32 too.

    Args:
        content: the bytes of a float32 .onnx file.
        batches: function that returns an iterable of ``{input: float32 array}`` that sets the ranges.

    Raises:
        ConfigError: there is nothing in the file that int8 could compute.
    """
    import onnx
    from onnxruntime import quantization

    model = onnx.load_from_string(content)
    if not any(node.op_type in QUANTISED for node in model.graph.node):
        raise ConfigError(f"int8 needs a graph with {', '.join(QUANTISED)}. Received: one with none of them.")
    weights = {constant.name: len(constant.dims) for constant in model.graph.initializer}
    products = {node.input[1] for node in model.graph.node if node.op_type == "MatMul"}
    # A stack of matrices, one a part, has no scale a channel that onnxruntime would multiply by.
    stacks = [name for name in products if weights.get(name, 0) > 2]
    with tempfile.TemporaryDirectory(prefix="tfgait-") as scratch, _quiet():
        made = Path(scratch) / "int8.onnx"
        quantization.quantize_static(
            model,
            made,
            _reader(batches),
            quant_format=quantization.QuantFormat.QDQ,
            op_types_to_quantize=QUANTISED,
            per_channel=True,
            activation_type=quantization.QuantType.QInt8,
            weight_type=quantization.QuantType.QInt8,
            extra_options={
                "ActivationSymmetric": True,
                "WeightSymmetric": True,
                "AddQDQPairToWeight": True,
                "DedicatedQDQPair": True,
                "QuantizeBias": False,
                "OpTypesToExcludeOutputQuantization": QUANTISED,
                "TensorQuantOverrides": {
                    name: [{"quant_type": quantization.QuantType.QInt8, "symmetric": True}] for name in stacks
                },
            },
        )
        return made.read_bytes()


def _reader(batches):
    """Return batches as onnxruntime reads them: one after the other, then None."""
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):
        def __init__(self):
            self._batches = iter(batches())

        def get_next(self):
            return next(self._batches, None)

    return Reader()


@contextlib.contextmanager
def _quiet():
    """Keep onnxruntime's advice to run its own preprocessing, which the converter has done, from the terminal."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
