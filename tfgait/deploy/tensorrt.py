"""ONNX to a TensorRT engine, by `trtexec` or by TensorRT's Python, whichever is on this machine."""

import importlib.metadata
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from tfgait.core.errors import DataError
from tfgait.core.files import whole_file
from tfgait.deploy import trtexec
from tfgait.deploy.engine import parse_version


@dataclass(frozen=True)
class Tool:
    """What builds engines here.

    Args:
        program: path of `trtexec`; empty: TensorRT's Python.
        version: of TensorRT, numbers.
    """

    program: str
    version: tuple

    @property
    def name(self):
        """What to call it in a record."""
        return self.program or "tensorrt (Python)"


def find_tool():
    """Return the `Tool` of this machine, or None where there is no TensorRT.

    Raises:
        DataError: there is a `trtexec` that does not run.
    """
    program = trtexec.find_trtexec()
    if program:
        return Tool(str(program), trtexec.version_of(program))
    return Tool("", _python_version()) if importlib.util.find_spec("tensorrt") else None


def build_engine(tool, spec, onnx, engine, port, calibration=None, timing_cache=None):
    """Build an engine, whole or absent, and return what it was built for: ``{"gpu", "capability", "tensorrt"}``.

    Args:
        tool: `Tool`.
        spec: `EngineSpec`.
        onnx: file to read.
        engine: file to write.
        port: (name, shape) of the input, whose first number counts for nothing.
        calibration: calibration cache, where the spec asks for one.
        timing_cache: file that is read and added to.

    Raises:
        DataError: TensorRT refused; its last error is named.
    """
    onnx, engine = Path(onnx), Path(engine)
    with whole_file(engine) as temporary:
        if tool.program:
            arguments = trtexec.build_arguments(spec, onnx, temporary, port, calibration, timing_cache)
            return trtexec.execute(tool.program, arguments, onnx, temporary)
        from tfgait.deploy.tensorrt_builder import build

        content, facts = build(spec, onnx, port, calibration, timing_cache)
        temporary.write_bytes(content)
        return facts


def _python_version():
    try:
        text = importlib.metadata.version("tensorrt")
    except importlib.metadata.PackageNotFoundError:  # NVIDIA's system packages have no metadata of Python's
        import tensorrt

        text = tensorrt.__version__
    try:
        return parse_version(".".join(text.split(".")[:3]))
    except ValueError as error:
        raise DataError(f"TensorRT's Python says a version that is none: {text}.") from error
