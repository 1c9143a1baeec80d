"""Run an .onnx file with onnxruntime."""

from pathlib import Path

from tfgait.core.errors import ConfigError, DataError
from tfgait.runtime.runner import Port, Runner, check_threads
from tfgait.runtime.sidecar import read_sidecar

TYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(uint8)": "uint8",
    "tensor(int8)": "int8",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
}


class OnnxRunner(Runner):
    """An .onnx file, on CPU threads.

    Args:
        path: the file.
        threads: how many an operator may use.

    Raises:
        ConfigError: onnxruntime is not installed, or threads below 1.
        DataError: the file is damaged, no ONNX model, or its graph is invalid.
    """

    def __init__(self, path, threads=1):
        check_threads(threads)
        self.path = Path(path)
        try:
            import onnxruntime
        except ModuleNotFoundError as absent:
            raise ConfigError("an .onnx file needs onnxruntime: pip install onnxruntime") from absent
        read_sidecar(self.path)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(str(self.path), options, providers=["CPUExecutionProvider"])
        except (RuntimeError, ValueError, *_failures()) as error:
            raise DataError(f"{self.path} cannot be run by onnxruntime: {str(error).strip()}") from error
        self.inputs = _ports(self._session.get_inputs(), self.path)
        self.outputs = _ports(self._session.get_outputs(), self.path)

    def invoke(self, values):
        """Run one batch of the file's own size and types."""
        names = list(self.outputs)
        return dict(zip(names, self._session.run(names, values), strict=True))


def _failures():
    """Return onnxruntime's own errors about a model, which share no base but `Exception`."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NoSuchFile", "NotImplemented")
    return tuple(getattr(state, name) for name in (*names, "RuntimeException"))


def _ports(nodes, path):
    ports = {}
    for node in nodes:
        if node.type not in TYPES:
            raise DataError(f"{path} has {node.name} of type {node.type}, which no network of tfgait has.")
        shape = tuple(n if isinstance(n, int) else None for n in node.shape)
        ports[node.name] = Port(node.name, shape, TYPES[node.type])
    return ports
