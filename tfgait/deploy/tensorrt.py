"""ONNX to a TensorRT engine: which arguments, by which tool, on which machine."""

import importlib.util
import os
import shlex
import shutil
import subprocess
from pathlib import Path

from tfgait.core.errors import ConfigError, DataError, check_choice
from tfgait.core.files import whole_file

PRECISIONS = {"fp32": (), "fp16": ("--fp16",), "int8": ("--int8",), "best": ("--best",)}
# Where NVIDIA's packages put it on a Jetson, outside PATH.
PLACES = ("/usr/src/tensorrt/bin/trtexec", "/opt/tensorrt/bin/trtexec")


def check_engine(precision, batch, dla, workspace):
    """Raise `ConfigError` unless an engine can be built so.

    Args:
        precision: fp32, fp16, int8 or best.
        batch: fixed size of a batch, from 1.
        dla: deep-learning accelerator, 0 or 1; -1 for the GPU.
        workspace: MiB, 0 for TensorRT's own choice.
    """
    check_choice("precision", precision, list(PRECISIONS))
    if batch < 1 or workspace < 0:
        raise ConfigError(
            f"batch must be from 1, workspace from 0 MiB. Received: batch={batch}, workspace={workspace}."
        )
    if dla not in (-1, 0, 1):
        raise ConfigError(f"dla must be 0, 1, or -1 for none. Received: dla={dla}.")
    if dla >= 0 and precision == "fp32":
        raise ConfigError("precision must be fp16, int8 or best on a DLA, which has no fp32. Received: precision=fp32.")


def engine_arguments(onnx, engine, precision="fp16", dla=-1, workspace=0):
    """Return the arguments of `trtexec` that build an engine of an ONNX file of fixed shapes, as a list."""
    arguments = [f"--onnx={onnx}", f"--saveEngine={engine}", *PRECISIONS[precision]]
    if precision == "int8":
        # Layers without int8 kernels fall to fp16, not to fp32.
        arguments.append("--fp16")
    if dla >= 0:
        arguments += [f"--useDLACore={dla}", "--allowGPUFallback"]
    if workspace:
        arguments.append(f"--memPoolSize=workspace:{workspace}")
    return arguments


def timing_arguments(engine, dla=-1):
    """Return the arguments of `trtexec` that load an engine and time it."""
    return [f"--loadEngine={engine}", *([f"--useDLACore={dla}"] if dla >= 0 else [])]


def command_line(arguments, program="trtexec"):
    """Return one line to be typed on the board."""
    return shlex.join([program, *map(str, arguments)])


def find_trtexec():
    """Return the path of `trtexec` on this machine, or None."""
    found = shutil.which("trtexec")
    places = [place for place in PLACES if os.access(place, os.X_OK)]
    return found or (places[0] if places else None)


def has_python_tensorrt():
    """Return whether TensorRT's Python package is installed here."""
    return importlib.util.find_spec("tensorrt") is not None


def build_engine(onnx, engine, precision="fp16", dla=-1, workspace=0, trtexec=None):
    """Build an engine with `trtexec`, or with TensorRT's Python where `trtexec` is None; whole or absent.

    Raises:
        ConfigError: int8 or best without `trtexec`.
        DataError: TensorRT refused; its last error line is named.
    """
    onnx, engine = Path(onnx), Path(engine)
    with whole_file(engine) as temporary:
        if trtexec:
            arguments = engine_arguments(onnx, temporary, precision, dla, workspace)
            _execute([trtexec, *arguments], onnx, temporary)
        else:
            temporary.write_bytes(_build_in_python(onnx, precision, dla, workspace))


def _execute(command, onnx, engine):
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode or not engine.stat().st_size:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        told = [line for line in lines if "[E]" in line] or lines or ["it said nothing"]
        raise DataError(f"trtexec could not build an engine of {onnx}: {told[-1].strip()} (exit {done.returncode})")


def _build_in_python(onnx, precision, dla, workspace):
    if precision in ("int8", "best"):
        raise ConfigError(f"precision must be fp32 or fp16 where trtexec is missing. Received: precision={precision}.")
    import tensorrt as trt

    logger = trt.Logger(trt.Logger.ERROR)
    builder = trt.Builder(logger)
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.EXPLICIT_BATCH))
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(onnx.read_bytes()):
        raise DataError(f"TensorRT cannot read {onnx}: {parser.get_error(0)}")
    config = builder.create_builder_config()
    if workspace:
        config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, workspace << 20)
    if precision == "fp16":
        config.set_flag(trt.BuilderFlag.FP16)
    if dla >= 0:
        config.default_device_type = trt.DeviceType.DLA
        config.DLA_core = dla
        config.set_flag(trt.BuilderFlag.GPU_FALLBACK)
    built = builder.build_serialized_network(network, config)
    if built is None:
        raise DataError(f"TensorRT could not build an engine of {onnx}.")
    return bytes(built)
