"""What is left of a network's costs after a cut, as a share of the original."""

import tempfile
from pathlib import Path

import numpy as np

ROUNDS = 15


def share_left(network, what):
    """Return a function of a cut network that returns what is left of the original.

    Args:
        network: the original.
        what: ``"params"``, trainable; ``"macs"``, multiply-accumulates of a sample; or ``"latency"``, CPU time of one
            sample in LiteRT, float32, one thread: medians of runs interleaved with those of the original.
    """
    if what == "latency":
        return _latency_left(network)
    whole = _count(network, what)
    return lambda small: _count(small, what) / whole


def _count(network, what):
    from tfgait.graph.costs import costs

    return sum(getattr(cost, what) or 0 for cost in costs(network))


def _latency_left(network):
    from tfgait.runtime.meter import measure

    before = _litert_call(network)

    def share(small):
        taken = measure({"before": before, "after": _litert_call(small)}, ROUNDS)
        return taken["after"].cpu_ms / taken["before"].cpu_ms

    return share


def _litert_call(network):
    """Return a function without arguments that runs one sample of a network in LiteRT."""
    from tfgait.deploy.serving import serving
    from tfgait.deploy.tflite import convert
    from tfgait.runtime.litert import LiteRTRunner

    with tempfile.TemporaryDirectory(prefix="tfgait-") as scratch:
        path = Path(scratch) / "network.tflite"
        path.write_bytes(convert(serving(network, lowered=True), "none"))
        runner = LiteRTRunner(path)
    sample = {name: np.zeros(port.shape, port.dtype) for name, port in runner.inputs.items()}
    return lambda: runner.run(sample)
