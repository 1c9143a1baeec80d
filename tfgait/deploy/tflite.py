"""Keras network to .tflite: builtin operators only, and the file looked into."""

import re
import tempfile
import warnings

import tensorflow as tf

from tfgait.core.errors import ConfigError
from tfgait.core.quiet import quiet_stderr
from tfgait.deploy.litert_file import float_operators, foreign_operators
from tfgait.deploy.savedmodel import save

# Of precisions whose activations are integers, the operators that a calibrated file may have.
INTEGERS = {
    "int8": tf.lite.OpsSet.TFLITE_BUILTINS_INT8,
    "int8_uint8": tf.lite.OpsSet.TFLITE_BUILTINS_INT8,
    "int16x8": tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
}


def convert(serving, precision, batches=None):
    """Return the bytes of a .tflite file.

    Args:
        serving: `Serving` of a fixed batch size, or `StagedServing`.
        precision: fp32, fp16, dynamic, int8, int8_uint8 or int16x8; inputs and outputs are float32 in all of them, but
            for the input of int8_uint8; of a `StagedServing` all of that are uint8, the maps between the stages too.
        batches: for integers, a function that returns an iterable of ``{modality: float32 array}`` of the serving's
            shape; None where the network rounds to ranges of its own, which then count.

    Raises:
        ConfigError: the network has an operator that LiteRT, or its integers, do not have.
        DataError: the temporary folder cannot hold the network.
    """
    with tempfile.TemporaryDirectory(prefix="tfgait-") as scratch:
        # By way of a SavedModel, since only that keeps the names of inputs and outputs.
        save(serving, scratch)
        converter = tf.lite.TFLiteConverter.from_saved_model(scratch)
        _set_up(converter, precision, batches, len(serving.signatures) > 1)
        return _convert(converter, serving.network.name, precision)


def _convert(converter, name, precision):
    try:
        with warnings.catch_warnings(), quiet_stderr():
            warnings.filterwarnings("ignore", message=r"(?s).*tf.lite.Interpreter is deprecated")
            content = converter.convert()
    except _failures() as error:
        named = sorted(set(re.findall(r"\b(?:Flex|tf\.|tfl\.)\w+", str(error)))) or [str(error).splitlines()[0]]
        raise ConfigError(
            f"{name} cannot be written as tflite with precision={precision}: LiteRT lacks {', '.join(named[:5])}."
        ) from error
    floating = float_operators(content) if precision in INTEGERS else []
    if floating:
        raise ConfigError(
            f"{name} cannot be written as tflite with precision={precision}: these operators would stay in float32: "
            f"{', '.join(floating)}."
        )
    foreign = foreign_operators(content)
    if foreign:
        raise ConfigError(
            f"{name} cannot be written as tflite: it would need operators that are not built into "
            f"LiteRT: {', '.join(foreign)}."
        )
    return content


def _set_up(converter, precision, batches, staged):
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if precision == "fp32":
        return
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    # Dense weights of one scale a channel need a later operator version than tflite-runtime 2.14 has.
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    if precision == "fp16":
        converter.target_spec.supported_types = [tf.float16]
    if precision in INTEGERS and batches is not None:
        converter.representative_dataset = batches
        converter.target_spec.supported_ops = [INTEGERS[precision]]
    if precision == "int8_uint8":
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = tf.uint8 if staged else tf.float32


def _failures():
    """Return what the converter raises about a network: its own error, and those of its calibrator."""
    from tensorflow.lite.python.convert import ConverterError

    return ConverterError, RuntimeError
