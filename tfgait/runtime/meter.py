"""How long a call takes: medians of interleaved runs, in CPU time."""

import time
from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import ConfigError


@dataclass(frozen=True)
class Latency:
    """What one call takes.

    Args:
        cpu_ms: median CPU time of the process, ms; the figure to compare, for one thread.
        wall_ms: median of the clock, ms; the 50th percentile.
        p95_ms: 95th percentile of the clock, ms.
        rounds: how often it was measured.
    """

    cpu_ms: float
    wall_ms: float
    p95_ms: float
    rounds: int

    @classmethod
    def of(cls, cpu_ms, wall_ms):
        """Return that of measured runs, two sequences of equal length."""
        return cls(
            cpu_ms=float(np.median(cpu_ms)),
            wall_ms=float(np.median(wall_ms)),
            p95_ms=float(np.percentile(wall_ms, 95)),
            rounds=len(wall_ms),
        )


def measure(calls, rounds=15, warmup=2):
    """Return ``{name: Latency}`` of functions without arguments, run in turn so that drift meets all alike.

    Args:
        calls: ``{name: function}``.
        rounds: measured runs of each, at least 1.
        warmup: runs of each before that, not measured.
    """
    if rounds < 1 or warmup < 0:
        raise ConfigError(f"rounds must be at least 1, warmup at least 0. Received: rounds={rounds}, warmup={warmup}.")
    cpu, wall = {name: [] for name in calls}, {name: [] for name in calls}
    for round_number in range(warmup + rounds):
        for name, call in calls.items():
            wall_start, cpu_start = time.perf_counter(), time.process_time()
            call()
            cpu_taken, wall_taken = time.process_time() - cpu_start, time.perf_counter() - wall_start
            if round_number >= warmup:
                cpu[name].append(1000 * cpu_taken)
                wall[name].append(1000 * wall_taken)
    return {name: Latency.of(cpu[name], wall[name]) for name in calls}
