"""NVIDIA's `trtexec`: which arguments, in which version; run, and what it said of itself."""

import os
import re
import shlex
import shutil
import subprocess

from tfgait.core.errors import DataError
from tfgait.deploy.engine import dotted, numbered_version

# Where NVIDIA's packages put it on a Jetson, outside PATH.
PLACES = ("/usr/src/tensorrt/bin/trtexec", "/opt/tensorrt/bin/trtexec")
# A layer without int8 kernels falls to fp16, not to fp32.
FLAGS = {"fp32": (), "fp16": ("--fp16",), "int8": ("--int8", "--fp16"), "best": ("--best",)}
MEMORY_POOLS = (8, 4)
SAID = {
    "gpu": r"Selected Device: (.+)",
    "capability": r"Compute Capability: (\d+\.\d+)",
    "tensorrt": r"TensorRT version: (\d+(?:\.\d+)*)",
}


def build_arguments(spec, onnx, engine, port, calibration=None, timing_cache=None):
    """Return the arguments that build an engine, as a list.

    Args:
        spec: `EngineSpec`.
        onnx, engine: files to read and to write.
        port: (name, shape) of the input, whose first number counts for nothing.
        calibration: calibration cache to read, where the spec asks for one.
        timing_cache: file that is read and added to, so that the next build is faster.
    """
    arguments = [f"--onnx={onnx}", f"--saveEngine={engine}", *(() if spec.typed else FLAGS[spec.precision])]
    if spec.calibrated:
        arguments.append(f"--calib={calibration}")
    if spec.free_batch:
        kinds = ("minShapes", "optShapes", "maxShapes")
        arguments += [f"--{kind}={_shape(port, size)}" for kind, size in zip(kinds, spec.batch, strict=True)]
    if spec.dla >= 0:
        arguments += [f"--useDLACore={spec.dla}", "--allowGPUFallback"]
    if spec.workspace:
        pooled = spec.version >= MEMORY_POOLS
        arguments.append(f"--memPoolSize=workspace:{spec.workspace}" if pooled else f"--workspace={spec.workspace}")
    if timing_cache:
        arguments.append(f"--timingCacheFile={timing_cache}")
    return arguments


def timing_arguments(spec, engine, port):
    """Return the arguments that load an engine and time it, one of a free batch at its usual size."""
    shape = [f"--shapes={_shape(port, spec.batch[1])}"] if spec.free_batch else []
    return [f"--loadEngine={engine}", *shape, *([f"--useDLACore={spec.dla}"] if spec.dla >= 0 else [])]


def command_line(arguments, program="trtexec"):
    """Return one line to be typed on the board."""
    return shlex.join([program, *map(str, arguments)])


def find_trtexec():
    """Return the path of `trtexec` on this machine, or None."""
    found = shutil.which("trtexec")
    places = [place for place in PLACES if os.access(place, os.X_OK)]
    return found or (places[0] if places else None)


def version_of(program):
    """Return the version of TensorRT of a `trtexec`, numbers.

    Raises:
        DataError: it does not run, or says none.
    """
    banner = re.search(r"\[TensorRT v(\d{4,6})\]", _run([program, "--help"]).stdout)
    if not banner:
        raise DataError(f"{program} does not say which TensorRT it is of: is it NVIDIA's, and can it run?")
    return numbered_version(int(banner[1]))


def execute(program, arguments, onnx, engine):
    """Build an engine and return what `trtexec` said of the machine: ``{"gpu", "capability", "tensorrt"}``.

    Raises:
        DataError: it refused; its last error line is named.
    """
    done = _run([program, *map(str, arguments)])
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    if done.returncode or not engine.stat().st_size:
        told = [line for line in lines if "[E]" in line] or lines or ["it said nothing"]
        raise DataError(f"trtexec could not build an engine of {onnx}: {told[-1].strip()} (exit {done.returncode})")
    said = {name: re.search(pattern, done.stdout) for name, pattern in SAID.items()}
    facts = {name: match[1].strip() if match else "" for name, match in said.items()}
    return {**facts, "tensorrt": facts["tensorrt"] or dotted(version_of(program))}


def _run(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    except OSError as error:
        raise DataError(f"{command[0]} cannot be run: {error.strerror}.") from error


def _shape(port, size):
    name, shape = port
    return f"{name}:{'x'.join(map(str, (size, *shape[1:])))}"
