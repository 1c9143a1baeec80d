"""Run a .tflite file with LiteRT, or with tflite-runtime where only that exists."""

import ctypes
import importlib
from pathlib import Path

from tfgait.core.errors import ConfigError, DataError, nearest
from tfgait.runtime.runner import Port, Runner, check_threads
from tfgait.runtime.sidecar import read_sidecar, sidecar_path
from tfgait.runtime.trial import check_runs

PACKAGES = {"ai_edge_litert": "ai_edge_litert.interpreter", "tflite_runtime": "tflite_runtime.interpreter"}
DELEGATES = ("xnnpack", "none")
PLUGIN = ("tflite_plugin_create_delegate", "tflite_plugin_destroy_delegate")  # what the library of a delegate has
FAILURES = (ValueError, RuntimeError)  # what the interpreter raises about a file; UnicodeDecodeError is one


class LiteRTRunner(Runner):
    """A .tflite file, on CPU threads (XNNPACK where its operators allow) or a delegate of your own.

    Args:
        path: the file; it needs a named signature, as every export of tfgait has.
        threads: how many the interpreter may use.
        delegate: ``"xnnpack"`` (the default), ``"none"`` for the plain kernels, or the path of a delegate's library,
            such as ``libedgetpu.so.1``.
        tried: whether the file is known to run; one without sidecar is first run in a process of its own.

    Raises:
        ConfigError: neither ai-edge-litert nor tflite-runtime is installed, threads below 1, or no such delegate.
        DataError: the file is damaged, no LiteRT model, without named inputs, or needs other operators;
            or tflite-runtime, which does not check files, finds no sidecar.
    """

    takes_delegate = True

    def __init__(self, path, threads=1, delegate="", tried=False):
        check_threads(threads)
        self.path = Path(path)
        content = read_model(self.path)
        described = read_sidecar(self.path)
        module = _interpreter_module()
        if described is None and module.__name__.startswith("tflite_runtime"):
            raise DataError(
                f"{self.path} has no sidecar {sidecar_path(self.path).name}: tflite-runtime crashes on a damaged file, "
                "so it is given only files whose sidecar proves them whole."
            )
        if described is None and not tried:
            check_runs(self.path)
        chosen = _delegated(module, delegate)
        try:
            self._interpreter = module.Interpreter(model_content=content, num_threads=threads, **chosen)
            self._interpreter.allocate_tensors()
            names = list(self._interpreter.get_signature_list())
            self.stages = _stages(self._interpreter, names, self.path)
            self._signature = self.stages or (self._interpreter.get_signature_runner(names[0]) if names else None)
            if self._signature is None:
                raise DataError(f"{self.path} does not name its inputs and outputs: export it with tfgait.")
            if self.stages:
                self.inputs, self.outputs = self.stages.inputs, self.stages.outputs
            else:
                self.inputs = ports(self._signature.get_input_details())
                self.outputs = ports(self._signature.get_output_details())
        except FAILURES as error:
            raise DataError(f"{self.path} cannot be run by LiteRT: {_first_line(error)}") from error

    def invoke(self, values):
        """Run one batch of the file's own size and types; a file that fails in it raises `DataError`."""
        try:
            return self._signature(**values)
        except FAILURES as error:
            raise DataError(f"{self.path} cannot be run by LiteRT: {_first_line(error)}") from error


def read_model(path):
    """Return the bytes of a .tflite file; one that is none, or ends too early, raises `DataError`."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    if content[4:8] != b"TFL3":
        raise DataError(f"{path} is no LiteRT model: its first bytes are not those of a .tflite file.")
    return content


def _interpreter_module():
    for package, module in PACKAGES.items():
        try:
            return importlib.import_module(module)
        except ModuleNotFoundError as absent:
            if absent.name != package:
                raise
    raise ConfigError("a .tflite file needs LiteRT: pip install ai-edge-litert")


def _delegated(module, delegate):
    """Return the arguments by which an interpreter takes a delegate."""
    if delegate in ("", "xnnpack"):
        return {}
    if delegate == "none":
        return {"experimental_op_resolver_type": module.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES}
    try:
        library = ctypes.CDLL(delegate)
        for function in PLUGIN:
            getattr(library, function)
        return {"experimental_delegates": [module.load_delegate(delegate)]}
    except (OSError, ValueError, AttributeError) as error:
        raise ConfigError(
            f"delegate must be one of {', '.join(DELEGATES)}, or the library of one. Received: delegate={delegate}: "
            f"{_first_line(error)}.{nearest(delegate, DELEGATES)}"
        ) from error


def ports(details):
    """Return ``{name: Port}`` of the details that a signature of LiteRT gives of its inputs or outputs."""
    ports = {}
    for name, detail in details.items():
        scale, zero_point = detail["quantization"]
        shape = tuple(None if n < 0 else int(n) for n in detail["shape_signature"])
        ports[name] = Port(name, shape, detail["dtype"].__name__, float(scale), int(zero_point))
    return ports


def _first_line(error):
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _stages(interpreter, names, path):
    """Return the `LiteRTStages` of a file that is in two, else None."""
    from tfgait.runtime.litert_stages import SIGNATURES, LiteRTStages

    return LiteRTStages(interpreter, path) if set(names) == set(SIGNATURES) else None
