"""Size and time of networks as LiteRT files, measured in one run so that their ratios hold."""

import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

SAMPLES = 4  # random ones set the ranges of int8; time does not depend on them
ROUNDS = 15


@dataclass(frozen=True)
class Speed:
    """A network as a LiteRT file.

    Args:
        bytes: of the file.
        ms: median CPU time of one sample, batch 1, one thread.
    """

    bytes: int
    ms: float


def litert_speeds(networks, precisions=("fp32", "int8"), rounds=ROUNDS):
    """Return ``{(name, precision): Speed}`` of networks, runs of all of them in turn.

    Args:
        networks: ``{name: network}``, each of one modality; free frames become the modality's own number.
        precisions: any of fp32, dynamic, int8.
        rounds: measured runs of each.

    Raises:
        ConfigError: a network cannot be written for LiteRT.
    """
    with tempfile.TemporaryDirectory(prefix="tfgait-") as scratch:
        paths = {}
        for name, network in networks.items():
            for precision in precisions:
                paths[name, precision] = Path(scratch) / f"{len(paths)}.tflite"
                write_file(paths[name, precision], network, precision)
        taken = file_times(paths, rounds)
        return {key: Speed(path.stat().st_size, taken[key]) for key, path in paths.items()}


def file_times(paths, rounds=ROUNDS):
    """Return ``{key: ms}``, median CPU times of one call of model files on one thread, runs of all of them in turn.

    They are given zeros, since time does not depend on what is in a sample.

    Args:
        paths: ``{key: file}`` of fixed frames and batch, as every export of tfgait has.
        rounds: measured runs of each.

    Raises:
        DataError: a file is damaged.
    """
    from tfgait.runtime import open_runner
    from tfgait.runtime.litert import LiteRTRunner
    from tfgait.runtime.meter import measure

    calls = {}
    for key, path in paths.items():
        # Files of ours, just written, need no trial in a process of its own.
        ours = path.suffix == ".tflite"
        runner = LiteRTRunner(path, threads=1, tried=True) if ours else open_runner(path, threads=1)
        sample = {port.name: np.zeros(port.shape, port.dtype) for port in runner.inputs.values()}
        calls[key] = partial(runner.invoke, sample)
    return {key: latency.cpu_ms for key, latency in measure(calls, rounds).items()} if calls else {}


def write_file(path, network, precision="fp32", lowered=True):
    """Write a network as a .tflite or .onnx file, for its size and time alone: int8 is calibrated on random samples.

    Raises:
        ConfigError: the network cannot be written so.
    """
    from tfgait.compress.proof import random_inputs
    from tfgait.deploy import onnx, tflite
    from tfgait.deploy.serving import serving

    ready = serving(network, lowered=lowered, int8=precision == "int8")
    samples = [
        {name: value.astype("float32") for name, value in random_inputs(ready.network, 1, seed).items()}
        for seed in range(SAMPLES)
    ]
    onnx_file = path.suffix == ".onnx"
    path.write_bytes(onnx.convert(ready) if onnx_file else tflite.convert(ready, precision, lambda: iter(samples)))
