"""Run a .tflite file with LiteRT, or with tflite-runtime where only that exists."""

from pathlib import Path

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.quiet import quiet_stderr
from tfgait.runtime.runner import Port, Runner, check_threads
from tfgait.runtime.sidecar import read_sidecar, sidecar_path


class LiteRTRunner(Runner):
    """A .tflite file, on CPU threads (XNNPACK where its operators allow).

    Args:
        path: the file; it needs a named signature, as every export of tfgait has.
        threads: how many the interpreter may use.

    Raises:
        ConfigError: neither ai-edge-litert nor tflite-runtime is installed, or threads below 1.
        DataError: the file is damaged, no LiteRT model, without named inputs, or needs other operators;
            or tflite-runtime, which does not check files, finds no sidecar.
    """

    def __init__(self, path, threads=1):
        check_threads(threads)
        self.path = Path(path)
        content = read_model(self.path)
        described = read_sidecar(self.path)
        interpreter = _interpreter_class()
        if described is None and interpreter.__module__.startswith("tflite_runtime"):
            raise DataError(
                f"{self.path} has no sidecar {sidecar_path(self.path).name}: tflite-runtime crashes on a damaged file, "
                "so it is given only files whose sidecar proves them whole."
            )
        try:
            with quiet_stderr():
                self._interpreter = interpreter(model_content=content, num_threads=threads)
                self._interpreter.allocate_tensors()
            names = list(self._interpreter.get_signature_list())
            self._signature = self._interpreter.get_signature_runner(names[0]) if names else None
        except (ValueError, RuntimeError) as error:
            raise DataError(f"{self.path} cannot be run by LiteRT: {_first_line(error)}") from error
        if self._signature is None:
            raise DataError(f"{self.path} does not name its inputs and outputs: export it with tfgait.")
        self.inputs = _ports(self._signature.get_input_details())
        self.outputs = _ports(self._signature.get_output_details())

    def invoke(self, values):
        """Run one batch of the file's own size and types."""
        return self._signature(**values)


def read_model(path):
    """Return the bytes of a .tflite file; one that is none, or ends too early, raises `DataError`."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    if content[4:8] != b"TFL3":
        raise DataError(f"{path} is no LiteRT model: its first bytes are not those of a .tflite file.")
    return content


def _interpreter_class():
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ModuleNotFoundError as absent:
        if absent.name != "ai_edge_litert":
            raise
        try:
            from tflite_runtime.interpreter import Interpreter
        except ModuleNotFoundError:
            raise ConfigError("a .tflite file needs LiteRT: pip install ai-edge-litert") from absent
    return Interpreter


def _ports(details):
    ports = {}
    for name, detail in details.items():
        scale, zero_point = detail["quantization"]
        shape = tuple(None if n < 0 else int(n) for n in detail["shape_signature"])
        ports[name] = Port(name, shape, detail["dtype"].__name__, float(scale), int(zero_point))
    return ports


def _first_line(error):
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
