"""A model file in a process of its own, which runs it when told to: `python -m tfgait.runtime.bench_worker`."""

import json
import os
import sys
import time

import numpy as np

from tfgait.core.errors import DataError, UserError
from tfgait.core.modality import MODALITIES
from tfgait.runtime import open_runner
from tfgait.runtime.machine import memory_of
from tfgait.runtime.trial import MOST_NUMBERS


class Samples:
    """Batches that a model file takes, of noise that is always the same.

    Args:
        runner: `Runner`.

    Attributes:
        frames: of one sample.
    """

    def __init__(self, runner):
        self._runner, self._made = runner, {}
        shapes = [self._shape(port, 1) for port in runner.inputs.values()]
        self.frames = max(shape[1] if len(shape) == 5 else 1 for shape in shapes)

    def __call__(self, batch):
        """Return ``{input: array}`` of that many samples, made once."""
        if batch not in self._made:
            ports = self._runner.inputs.values()
            self._made[batch] = {port.name: self._noise(port, batch) for port in ports}
        return self._made[batch]

    def _shape(self, port, batch):
        free = [batch, MODALITIES[port.name].frames if port.name in MODALITIES else 1]
        shape = (batch, *(n or free[min(axis, 1)] for axis, n in enumerate(port.shape[1:], start=1)))
        if np.prod(shape, dtype=object) > MOST_NUMBERS:
            raise DataError(
                f"{self._runner.path} must take at most {MOST_NUMBERS} numbers. Received: an input of shape {shape}."
            )
        return shape

    def _noise(self, port, batch):
        bits = np.random.default_rng(0).integers(0, 2, self._shape(port, batch), np.uint8)
        if port.name not in MODALITIES:
            return bits
        modality = MODALITIES[port.name]
        return modality.to_network((255 * bits).astype(modality.dtype))


def repeat(run, batch, seconds=0.0):
    """Run a batch once, or again and again for some seconds; return what the last run took, and how many there were."""
    began, runs = time.perf_counter(), 0
    while not runs or time.perf_counter() - began < seconds:
        wall, cpu = time.perf_counter(), time.process_time()
        run(batch)
        cpu_ms, wall_ms = 1000 * (time.process_time() - cpu), 1000 * (time.perf_counter() - wall)
        runs += 1
    return {"runs": runs, "cpu_ms": cpu_ms, "wall_ms": wall_ms}


def main():
    """Load the file that the arguments name, answer, then run what each line of standard input asks for.

    Each answer is one line of JSON: ``error`` where the file cannot be run.
    """
    baseline, _ = memory_of()
    path, threads = sys.argv[1], int(sys.argv[2])
    # What an interpreter prints must not stand among the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    try:
        runner = open_runner(path, threads=threads)
        samples = Samples(runner)
        runner.run(samples(1))
        peak = memory_of()[1]
        modality, port = next(iter(runner.inputs.items()))
        ready = {
            "modality": modality,
            "frames": samples.frames,
            "fixed": port.shape[0],
            "baseline_bytes": baseline,
            "peak_bytes": peak,
        }
        print(json.dumps(ready), file=answers)
        for line in sys.stdin:
            asked = json.loads(line)
            taken = repeat(runner.run, samples(asked["batch"]), asked["seconds"])
            print(json.dumps(taken), file=answers)
    except UserError as error:
        print(json.dumps({"error": str(error)}), file=answers)


if __name__ == "__main__":
    main()
