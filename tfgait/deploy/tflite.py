"""Keras network to .tflite: builtin operators only, and the file looked into."""

import re
import tempfile
import warnings

import tensorflow as tf

from tfgait.core.errors import ConfigError, DataError
from tfgait.deploy.savedmodel import save


def convert(serving, precision, batches=None):
    """Return the bytes of a .tflite file.

    Args:
        serving: `Serving` of a fixed batch size.
        precision: fp32, dynamic or int8; inputs and outputs stay float32 in all three.
        batches: for int8, a function that returns an iterable of ``{modality: float32 array}`` of the serving's shape;
            None where the network rounds to ranges of its own, which then count.

    Raises:
        ConfigError: the network has an operator that LiteRT, or its int8, does not have.
        DataError: the temporary folder cannot hold the network.
    """
    with tempfile.TemporaryDirectory(prefix="tfgait-") as scratch:
        # By way of a SavedModel, since only that keeps the names of inputs and outputs.
        save(serving, scratch)
        return _convert(tf.lite.TFLiteConverter.from_saved_model(scratch), serving.network.name, precision, batches)


def _convert(converter, name, precision, batches):
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if precision != "fp32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        # Dense weights of one scale a channel need a later operator version than tflite-runtime 2.14 has.
        converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    if precision == "int8" and batches is not None:
        converter.representative_dataset = batches
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r"(?s).*tf.lite.Interpreter is deprecated")
            content = converter.convert()
    except _converter_error() as error:
        named = sorted(set(re.findall(r"\b(?:Flex|tf\.|tfl\.)\w+", str(error)))) or [str(error).splitlines()[0]]
        raise ConfigError(
            f"{name} cannot be written as tflite with precision={precision}: LiteRT lacks {', '.join(named[:5])}."
        ) from error
    floating = float_operators(content) if precision == "int8" else []
    if floating:
        raise ConfigError(
            f"{name} cannot be written as tflite with precision=int8: these operators would stay in float32: "
            f"{', '.join(floating)}."
        )
    foreign = foreign_operators(content)
    if foreign:
        raise ConfigError(
            f"{name} cannot be written as tflite: it would need operators that are not built into "
            f"LiteRT: {', '.join(foreign)}."
        )
    return content


def operators(content):
    """Return the operators of a .tflite file, sorted: builtin ones by name, others as ``custom:<name>``.

    Raises:
        DataError: the bytes are no .tflite file.
    """
    return sorted(set(_names(content)))


def float_operators(content):
    """Return the operators of a .tflite file that compute in float32, sorted; those that only change the type do not.

    Raises:
        DataError: the bytes are no .tflite file.
    """
    from ai_edge_litert import schema_py_generated as schema

    names, model, found = _names(content), schema.Model.GetRootAs(content, 0), set()
    for graph in map(model.Subgraphs, range(model.SubgraphsLength())):
        for operator in map(graph.Operators, range(graph.OperatorsLength())):
            ends = [*_numbers(operator.InputsAsNumpy()), *_numbers(operator.OutputsAsNumpy())]
            kinds = {graph.Tensors(number).Type() for number in ends if number >= 0}
            name = names[operator.OpcodeIndex()]
            if schema.TensorType.FLOAT32 in kinds and name not in ("QUANTIZE", "DEQUANTIZE"):
                found.add(name)
    return sorted(found)


def foreign_operators(content):
    """Return the operators of a .tflite file that a plain interpreter does not have: Flex and custom ones."""
    return [name for name in operators(content) if name.startswith("custom:")]


def _names(content):
    """Return the name of every operator code of a .tflite file."""
    from ai_edge_litert import schema_py_generated as schema

    if content[4:8] != b"TFL3":
        raise DataError("these bytes are no .tflite file.")
    names = {code: name for name, code in vars(schema.BuiltinOperator).items() if not name.startswith("_")}
    model, found = schema.Model.GetRootAs(content, 0), []
    for number in range(model.OperatorCodesLength()):
        entry = model.OperatorCodes(number)
        # Files of old converters keep the code in a byte of its own.
        code = max(entry.BuiltinCode(), entry.DeprecatedBuiltinCode())
        found.append(f"custom:{entry.CustomCode().decode()}" if code == schema.BuiltinOperator.CUSTOM else names[code])
    return found


def _numbers(found):
    return [] if isinstance(found, int) else found.tolist()  # flatbuffers give 0 for an absent vector


def _converter_error():
    from tensorflow.lite.python.convert import ConverterError

    return ConverterError
