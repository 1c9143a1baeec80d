import time

import numpy as np
import pytest

from tfgait.core.errors import ConfigError
from tfgait.runtime.meter import measure


def test_runs_in_turn_after_the_warm_up():
    order = []
    found = measure({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, rounds=3, warmup=1)
    assert order == ["a", "b"] * 4
    assert found["a"].rounds == 3


def test_medians_of_known_times(monkeypatch):
    clock, steps = [0.0], iter([5.0, 0.001, 0.004, 0.002])
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(time, "process_time", lambda: clock[0] / 2)

    def call():
        clock[0] += next(steps)

    found = measure({"x": call}, rounds=3, warmup=1)["x"]
    np.testing.assert_allclose([found.wall_ms, found.cpu_ms, found.p95_ms], [2, 1, 3.8])


def test_rounds_must_be_positive():
    with pytest.raises(ConfigError, match="rounds=0"):
        measure({}, rounds=0)
