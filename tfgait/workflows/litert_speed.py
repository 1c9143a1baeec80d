"""Size and time of networks as LiteRT files, measured in one run so that their ratios hold."""

import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

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


def litert_speeds(networks, quantize=("none", "int8"), rounds=ROUNDS):
    """Return ``{(name, quantize): Speed}`` of networks on random input, runs of all of them in turn.

    Args:
        networks: ``{name: network}``, each of one modality; free frames become the modality's own number.
        quantize: any of none, dynamic, int8.
        rounds: measured runs of each.

    Raises:
        ConfigError: a network cannot be written for LiteRT.
    """
    from tfgait.runtime.litert import LiteRTRunner
    from tfgait.runtime.meter import measure

    sizes, calls = {}, {}
    with tempfile.TemporaryDirectory(prefix="tfgait-") as scratch:
        path = Path(scratch) / "network.tflite"
        for name, network in networks.items():
            for how in quantize:
                feed = _write(path, network, how)
                sizes[name, how] = path.stat().st_size
                calls[name, how] = partial(LiteRTRunner(path).run, feed)
    taken = measure(calls, rounds)
    return {key: Speed(sizes[key], latency.cpu_ms) for key, latency in taken.items()}


def _write(path, network, quantize):
    """Write a network and return a sample for it."""
    from tfgait.compress.proof import random_inputs
    from tfgait.deploy.serving import serving
    from tfgait.deploy.tflite import convert

    ready = serving(network, lowered=True)
    samples = [
        {name: value.astype("float32") for name, value in random_inputs(ready.network, 1, seed).items()}
        for seed in range(SAMPLES)
    ]
    path.write_bytes(convert(ready, quantize, lambda: iter(samples)))
    return samples[0]
