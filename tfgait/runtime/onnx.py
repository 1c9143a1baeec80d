"""Run an .onnx file with onnxruntime."""

import contextlib
from pathlib import Path

from tfgait.core.errors import ConfigError, DataError, check_choice
from tfgait.runtime.runner import Port, Runner, check_threads
from tfgait.runtime.sidecar import read_sidecar

SUFFIX = "ExecutionProvider"
TYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(uint8)": "uint8",
    "tensor(int8)": "int8",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
}


class OnnxRunner(Runner):
    """An .onnx file, on CPU threads or what else this onnxruntime was built for.

    Args:
        path: the file.
        threads: how many an operator may use.
        delegate: an execution provider, such as ``"cuda"`` or ``"CUDAExecutionProvider"``; what it lacks is left to
            the CPU. Empty: the CPU.

    Raises:
        ConfigError: onnxruntime is not installed or without that provider, or threads below 1.
        DataError: the file is damaged, no ONNX model, or its graph is invalid.
    """

    takes_delegate = True

    def __init__(self, path, threads=1, delegate=""):
        check_threads(threads)
        self.path = Path(path)
        try:
            import onnxruntime
        except ModuleNotFoundError as absent:
            raise ConfigError("an .onnx file needs onnxruntime: pip install onnxruntime") from absent
        read_sidecar(self.path)
        providers = _providers(onnxruntime.get_available_providers(), delegate)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        with _failures_told(self.path):
            self._session = onnxruntime.InferenceSession(str(self.path), options, providers=providers)
        self.inputs = _ports(self._session.get_inputs(), self.path)
        self.outputs = _ports(self._session.get_outputs(), self.path)

    def invoke(self, values):
        """Run one batch of the file's own size and types; a file that fails in it raises `DataError`."""
        names = list(self.outputs)
        with _failures_told(self.path):
            return dict(zip(names, self._session.run(names, values), strict=True))


def _providers(available, delegate):
    """Return the execution providers to ask for, in order."""
    short = {name.removesuffix(SUFFIX).lower(): name for name in available}
    wanted = delegate.removesuffix(SUFFIX).lower() or "cpu"
    check_choice("delegate", wanted, list(short))
    return list(dict.fromkeys([short[wanted], f"CPU{SUFFIX}"]))


@contextlib.contextmanager
def _failures_told(path):
    """Raise `DataError` with the path where onnxruntime fails on a file."""
    try:
        yield
    except (RuntimeError, ValueError, *_failures()) as error:
        raise DataError(f"{path} cannot be run by onnxruntime: {' '.join(str(error).split())}") from error


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
