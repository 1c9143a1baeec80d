"""Keras network to .onnx."""

import logging

from tfgait.core.errors import ConfigError

# The newest that the TensorRT 8.2 of a Jetson Nano reads.
OPSET = 13


def convert(serving):
    """Return the bytes of an .onnx file, inputs and outputs named by modality and ``embedding``.

    That its graph is valid is not known before onnxruntime has run it: `export_network` does.

    Args:
        serving: `Serving`, of a fixed or a free batch size.

    Raises:
        ConfigError: the network has an operator that ONNX does not have.
    """
    import tf2onnx

    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    try:
        model, _ = tf2onnx.convert.from_function(
            serving.module.function, input_signature=[serving.signature], opset=OPSET
        )
    except (ValueError, RuntimeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ConfigError(f"{serving.network.name} cannot be written as onnx: {reason}") from error
    free = model.graph.input[0].type.tensor_type.shape.dim[0]
    if serving.signature.shape[0] is None:
        free.dim_param = "batch"
    return model.SerializeToString()
