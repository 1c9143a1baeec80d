"""What a frame of a stream costs beside a whole sequence: the published GaitSet in LiteRT."""

import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from tfgait.runtime.litert import LiteRTRunner
from tfgait.runtime.meter import measure
from tfgait.runtime.stream import open_stream

NETWORK = "gaitset"
PRECISIONS = ("fp32", "int8")
FRAMES = 30
ROUNDS = 15
SAMPLES = 4  # random ones set the ranges of int8; time does not depend on them


def figures_streaming(progress=None):
    """Return what frames cost as shares of a sequence of 30 in one piece, one thread, each against its own precision.

    Args:
        progress: called with (done, total, what).

    Returns:
        ``{"gaitset <precision>, …": value}``: the CPU time of the sequence in ms; of a frame that is pushed, and of one
        after which an answer is asked for, as shares of it.
    """
    from tfgait.nets import build

    network, say = build(NETWORK), progress or (lambda done, total, what: None)
    record = {}
    for number, precision in enumerate(PRECISIONS):
        say(number, len(PRECISIONS), f"stream in {precision}")
        taken = _times(network, precision)
        name = f"{NETWORK} {precision}"
        record[f"{name}, {FRAMES} frames, ms"] = round(taken["sequence"], 2)
        record[f"{name}, a frame"] = round(taken["frame"] / taken["sequence"], 4)
        record[f"{name}, a frame with an answer"] = round(taken["answer"] / taken["sequence"], 4)
    say(len(PRECISIONS), len(PRECISIONS), "streams")
    return record


def _times(network, precision):
    """Return CPU milliseconds of ``sequence``, ``frame`` and ``answer``."""
    shape = (FRAMES, *network.input["silhouettes"].shape[2:])
    walks = [np.random.default_rng(seed).choice(np.uint8([0, 255]), shape) for seed in range(SAMPLES)]
    with tempfile.TemporaryDirectory(prefix="tfgait-") as scratch:
        whole, staged = _written(network, precision, walks, Path(scratch))
        runner, stream = LiteRTRunner(whole, tried=True), open_stream(staged)
        (port,) = runner.inputs.values()
        calls = {
            "sequence": partial(runner.invoke, {port.name: port.store(walks[0][None])}),
            "frame": lambda: [stream.push(frame) for frame in walks[0]],
            "answer": lambda: [_answer(stream, frame) for frame in walks[0]],
        }
        taken = {name: latency.cpu_ms for name, latency in measure(calls, ROUNDS).items()}
    return {name: ms / (1 if name == "sequence" else FRAMES) for name, ms in taken.items()}


def _answer(stream, frame):
    stream.push(frame)
    return stream.embedding()


def _written(network, precision, walks, folder):
    """Return the paths of a network as one graph and in two stages."""
    from tfgait.deploy.calibration import Calibration
    from tfgait.deploy.conversion import write
    from tfgait.deploy.formats import check_format
    from tfgait.deploy.serving import fixed

    form = check_format("tflite", precision)
    calibration = Calibration(walks, [str(number) for number in range(len(walks))], 0) if form.calibrated else None
    paths = [folder / f"{name}.tflite" for name in ("whole", "staged")]
    for path in paths:
        write(fixed(network, FRAMES), path, form, calibration, stream=path.stem == "staged")
    return paths
