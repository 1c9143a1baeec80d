import itertools
import time

import numpy as np
import pytest

from tfgait.train.feed import feed
from tfgait.train.optimizers import make_optimizer
from tfgait.train.strategy import make_strategy
from tfgait.workflows import figures_flow as module


def test_a_record_of_every_network(monkeypatch):
    for name, value in {"BATCH": 6, "WINDOWS": 12, "BATCHES": 2, "STEPS": 1, "PRESETS": ("cnn2d_small",)}.items():
        monkeypatch.setattr(module, name, value)
    found = module.figures_flow()
    assert found["cnn2d_small_ratio"] == pytest.approx(found["input_ms"] / found["cnn2d_small_step_ms"], rel=0.2)
    assert 0 <= found["cnn2d_small_waited"] < 1 and found["batch"] == 6


def test_the_wait_for_a_slow_batch_is_told():
    def slow():
        for _ in range(3):
            time.sleep(0.2)
            yield {"flow": np.zeros((1, 1, 2, 2, 2), np.int16)}, np.zeros(1, np.int32)

    waits = []
    assert len(list(itertools.islice(feed(slow(), make_strategy("cpu"), waited=waits.append), 2))) == 2
    assert len(waits) == 2 and min(waits) > 0.1


def test_amsgrad_is_adam_that_never_forgets():
    assert make_optimizer("amsgrad", 0.1)[0].amsgrad and not make_optimizer("adam", 0.1)[0].amsgrad
