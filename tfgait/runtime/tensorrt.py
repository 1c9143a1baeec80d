"""Run a TensorRT engine with TensorRT's Python, 8.2 or newer, and the GPU's driver: nothing else is needed."""

import weakref
from pathlib import Path

import numpy as np

from tfgait.core.errors import ConfigError, DataError
from tfgait.runtime.cuda import Cuda
from tfgait.runtime.runner import Port, Runner
from tfgait.runtime.sidecar import read_sidecar
from tfgait.runtime.tensorrt_tensors import tensors_of


class TensorRTRunner(Runner):
    """An .engine file, on the GPU and the accelerator it was built for.

    Args:
        path: the file.
        threads: must be left out, or 1: the GPU has none to choose.

    Raises:
        ConfigError: TensorRT's Python or a GPU is missing, or threads are asked for.
        DataError: the file is damaged, or was built for another GPU or by another TensorRT.
    """

    def __init__(self, path, threads=1):
        if threads != 1:
            raise ConfigError(f"threads must be left out for an engine, which runs on the GPU. Received: {threads}.")
        self.path = Path(path)
        described = read_sidecar(self.path)
        try:
            import tensorrt as trt
        except ModuleNotFoundError as absent:
            raise ConfigError("an .engine file needs TensorRT's Python: NVIDIA's package python3-libnvinfer") from absent
        self._cuda = Cuda()
        self._check_machine((described or {}).get("engine"), trt.__version__)
        logger = logger_of(trt)
        # The engine needs its runtime for as long as it lives.
        self._runtime = trt.Runtime(logger)
        engine = self._runtime.deserialize_cuda_engine(self.path.read_bytes())
        self._context = engine.create_execution_context() if engine else None
        if self._context is None:
            raise DataError(f"{self.path} cannot be loaded by TensorRT {trt.__version__}: {logger.last or 'no reason'}")
        self._tensors = tensors_of(trt, engine, self.path)
        self.inputs = {t.name: Port(t.name, t.shape, t.dtype) for t in self._tensors.all if t.is_input}
        self.outputs = {t.name: Port(t.name, t.shape, t.dtype) for t in self._tensors.all if not t.is_input}
        self._addresses = {}
        weakref.finalize(self, _free, self._cuda, self._addresses)
        for tensor in self._tensors.all:
            size = np.dtype(tensor.dtype).itemsize * int(np.prod(tensor.sized(self._tensors.largest)))
            self._addresses[tensor.name] = self._cuda.allocate(size)

    def invoke(self, values):
        """Run one batch of the engine's own types; more than it takes at once is run piece by piece."""
        size, step = len(next(iter(values.values()))), self._tensors.largest
        pieces = [
            self._launch({name: value[start : start + step] for name, value in values.items()})
            for start in range(0, size, step)
        ]
        return {name: np.concatenate([piece[name] for piece in pieces]) for name in self.outputs}

    def _launch(self, values):
        size = len(next(iter(values.values())))
        batch = max(size, self._tensors.smallest)
        self._cuda.use()
        for name, value in values.items():
            filled = np.concatenate([value, np.repeat(value[-1:], batch - size, axis=0)])
            self._cuda.upload(self._addresses[name], np.ascontiguousarray(filled))
        if not self._tensors.run(self._context, batch, self._addresses, self._cuda.stream):
            raise DataError(f"{self.path} failed while it ran: TensorRT wrote why.")
        found = {}
        for tensor in self._tensors.all:
            if not tensor.is_input:
                found[tensor.name] = np.empty(tensor.sized(batch), tensor.dtype)
                self._cuda.download(found[tensor.name], self._addresses[tensor.name])
        return {name: value[:size] for name, value in found.items()}

    def _check_machine(self, built, version):
        """Raise `DataError` unless an engine was built here; without a sidecar TensorRT alone judges."""
        if built is None:
            return
        here = {"gpu": self._cuda.name, "capability": self._cuda.capability, "tensorrt": version}
        if not isinstance(built, dict) or any(built.get(key) not in ("", value) for key, value in here.items()):
            known = built if isinstance(built, dict) else {}
            raise DataError(
                f"{self.path} was built by TensorRT {known.get('tensorrt')} for {known.get('gpu')} "
                f"({known.get('capability')}). Received: TensorRT {version} on {self._cuda.name} "
                f"({self._cuda.capability}). Build it again here from its ONNX file."
            )


def logger_of(trt):
    """Return a logger for TensorRT that keeps the last error in `last` and prints nothing."""

    class Logger(trt.ILogger):
        def __init__(self):
            trt.ILogger.__init__(self)
            self.last = ""

        def log(self, severity, message):
            if severity in (trt.ILogger.Severity.ERROR, trt.ILogger.Severity.INTERNAL_ERROR):
                self.last = message

    return Logger()


def _free(cuda, addresses):
    cuda.use()
    while addresses:
        cuda.free(addresses.popitem()[1])
