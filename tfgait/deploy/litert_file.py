"""What is in a .tflite file: its operators, and where they run."""

from tfgait.core.errors import DataError
from tfgait.core.quiet import quiet_stderr


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


def outside_xnnpack(content):
    """Return the operators of a .tflite file that XNNPACK leaves to LiteRT's own kernels on this machine, sorted."""
    from ai_edge_litert.interpreter import Interpreter

    with quiet_stderr():
        interpreter = Interpreter(model_content=content, num_threads=1)
        interpreter.allocate_tensors()
    # A delegate stands behind the operators it replaced, so that it is what a tensor is found to be made by.
    made = {tensor: node for node in interpreter._get_ops_details() for tensor in node["outputs"].tolist()}
    waiting = [output["index"] for output in interpreter.get_output_details()]
    ran = {}
    while waiting:
        node = made.get(waiting.pop())
        if node and node["index"] not in ran:
            ran[node["index"]] = node["op_name"]
            waiting.extend(node["inputs"].tolist())
    return sorted(set(ran.values()) - {"DELEGATE"})


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
