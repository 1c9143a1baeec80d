import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tiny_training as tiny

from tfgait.train.checkpoints import Checkpoints


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    run = tmp_path_factory.mktemp("whole")
    made, record = tiny.fit_stages(run)
    return run, made, record


def test_the_second_stage_is_its_own(whole):
    run, made, record = whole
    assert (record.stage, record.begun, record.epoch) == (2, 2, 4)
    assert [row["learning_rate"] for row in record.history] == pytest.approx([0.01, 0.01, 0.001, 0.001])
    assert ["val_score" in row for row in record.history] == [True, True, False, False]
    assert record.ranks["best"] == [[3], 4]
    # Nothing is measured in the second stage: what it ends with is published, whatever the first one scored.
    model = keras.saving.load_model(run / "model.keras", safe_mode=True)
    for a, b in zip(model.weights, made.learner.network.weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_steps_are_counted_within_their_stage(tmp_path):
    said = []
    tiny.fit_stages(tmp_path, progress=lambda *step: said.append(step))
    assert said[tiny.STEPS * 2 - 1] == (8, 8, "training") and said[8] == (1, 10, "training, stage 2")
    assert said[-1] == (10, 10, "training, stage 2")


@pytest.mark.parametrize(("step", "save_minutes"), [(6, 0), (8, 5), (9, 5), (15, 0)])
def test_cut_in_either_stage_resumes_to_the_same_end(whole, tmp_path, step, save_minutes):
    """Step 8 is the last of the first stage, step 9 the first of the second."""
    with pytest.raises(PowerCut):
        tiny.fit_stages(tmp_path, callbacks=[CutAt(step)], save_minutes=save_minutes)
    made, record = tiny.fit_stages(tmp_path)
    for a, b in zip(tiny.variables(made), tiny.variables(whole[1]), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5)
    assert (record.ranks, record.begun) == (whole[2].ranks, whole[2].begun)


class PowerCut(BaseException):
    pass


class CutAt(keras.callbacks.Callback):
    """Counts on through the stages, which share it."""

    def __init__(self, step):
        super().__init__()
        self._left = [step]

    def on_train_batch_end(self, batch, logs=None):
        self._left = [self._left[0] - 1]
        if self._left[0] == 0:
            raise PowerCut


def test_a_process_killed_in_the_second_stage_resumes_bit_equal(tmp_path):
    def sitting(run, *more):
        command = [sys.executable, str(Path(tiny.__file__)), str(run), "--stages", *more]
        return subprocess.run(command, capture_output=True, text=True)

    assert sitting(tmp_path / "cut", "--die_at", "15").returncode == -signal.SIGKILL
    for name in ("cut", "whole"):
        done = sitting(tmp_path / name)
        assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "cut/variables.npz") as a, np.load(tmp_path / "whole/variables.npz") as b:
        assert a.files == b.files
        for name in a.files:
            np.testing.assert_array_equal(a[name], b[name])


def test_a_stage_that_was_passed_returns_at_once(whole):
    run = whole[0]
    before = (run / "checkpoints/last.npz").read_bytes()

    def never(epoch, start):
        raise AssertionError("a batch was asked for")

    _, record = tiny.fit(run, tiny.trainer(rate=0.01), epochs=9, batches=never)
    assert record.stage == 2 and record.history == whole[2].history
    assert (run / "checkpoints/last.npz").read_bytes() == before


def test_an_early_end_is_forgotten_and_callbacks_begin_anew(tmp_path):
    def calls():
        return [
            keras.callbacks.ReduceLROnPlateau("learning_rate", mode="min", factor=0.5, patience=1),
            keras.callbacks.EarlyStopping("learning_rate", mode="max", patience=1),
        ]

    made = tiny.trainer(rate=0.01, ema=0.0)
    _, first = tiny.fit(tmp_path, made, epochs=9, callbacks=calls())
    assert first.stopped and first.epoch == 2
    # The first epoch of a fresh callback is always the best so far; one that remembered would end behind it.
    _, second = tiny.fit(tmp_path, made, epochs=9, stage=2, learning_rate=0.001, callbacks=calls())
    assert (second.begun, second.epoch) == (2, 4)
    assert Checkpoints(tmp_path).load_state()[1]["stage"] == 2
