import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tiny_training as tiny

from tfgait.core.errors import DataError
from tfgait.train.callbacks import EpochLog, TensorBoardScalars
from tfgait.train.checkpoints import Checkpoints
from tfgait.train.loop import NotANumber


class PowerCut(BaseException):
    pass


class CutAt(keras.callbacks.Callback):
    def __init__(self, step, how):
        super().__init__()
        self._left, self._how = step, how

    def on_train_batch_end(self, batch, logs=None):
        self._left -= 1
        if self._left == 0:
            self._how()


def cut():
    raise PowerCut


def rows(run):
    with open(run / "history.csv") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    run = tmp_path_factory.mktemp("whole")
    made, record = tiny.fit(run)
    return run, made, record


@pytest.mark.parametrize(("step", "save_minutes"), [(1, 5), (4, 0), (6, 5), (6, 0), (11, 0)])
def test_cut_anywhere_resumes_to_the_same_end(whole, tmp_path, step, save_minutes):
    with pytest.raises(PowerCut):
        tiny.fit(tmp_path, callbacks=[CutAt(step, cut)], save_minutes=save_minutes)
    made, record = tiny.fit(tmp_path, save_minutes=save_minutes)
    for a, b in zip(tiny.variables(made), tiny.variables(whole[1]), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5)
    assert rows(tmp_path) == rows(whole[0])
    assert record.ranks == whole[2].ranks and record.published == whole[2].published


@pytest.mark.timeout(120)
def test_killed_processes_resume_bit_equal(tmp_path):
    def sitting(run, *more):
        script = str(Path(tiny.__file__))
        return subprocess.run([sys.executable, script, str(run), *more], capture_output=True, text=True)

    assert sitting(tmp_path / "cut", "--die_at", "6").returncode == -signal.SIGKILL
    for name in ("cut", "whole"):
        done = sitting(tmp_path / name)
        assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "cut/variables.npz") as a, np.load(tmp_path / "whole/variables.npz") as b:
        assert a.files == b.files
        for name in a.files:
            np.testing.assert_array_equal(a[name], b[name])


def test_what_moves_is_in_the_state(whole):
    made = whole[1]
    seeds = [v for v in made.learner.variables if "seed" in v.path]
    assert seeds and any(v.numpy().any() for v in seeds)
    groups, _ = Checkpoints(whole[0]).load_state()
    assert len(groups["learner"]) == len(made.learner.variables)
    # Adam: iterations, rate, two moments and the moving average of 6 weights (the rate is a schedule here).
    assert len(groups["optimizer"]) == len(made.optimizer.variables) >= 1 + 3 * 6


def test_the_step_is_traced_once(whole):
    assert whole[1].step.traces == 1


def test_ctrl_c_saves_and_resumes(whole, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        tiny.fit(tmp_path, callbacks=[CutAt(6, lambda: os.kill(os.getpid(), signal.SIGINT))])
    _, record = Checkpoints(tmp_path).load_state()
    assert (record["epoch"], record["step"]) == (1, 2)
    made, _ = tiny.fit(tmp_path)
    for a, b in zip(tiny.variables(made), tiny.variables(whole[1]), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_keras_callbacks_resume_their_state(tmp_path):
    scores = iter([1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3])

    def calls():
        return [
            keras.callbacks.ReduceLROnPlateau("val_score", mode="max", factor=0.5, patience=2),
            keras.callbacks.EarlyStopping("val_score", mode="max", patience=4),
        ]

    def sitting(*more):
        made = tiny.trainer(rate=0.01, ema=0.0)
        options = {
            "epochs": 50,
            "validate": lambda model, head: {"score": next(scores)},
            "callbacks": [*calls(), *more],
        }
        return tiny.fit(tmp_path, made, **options)

    with pytest.raises(PowerCut):
        sitting(CutAt(2 * tiny.STEPS + 1, cut))
    made, record = sitting()
    # Epochs 2 and 3 are no better, so the rate halves behind the third; epochs 4 and 5 neither, and the fifth ends it.
    assert [row["learning_rate"] for row in record.history] == pytest.approx([0.01, 0.01, 0.01, 0.005, 0.005])
    assert float(made.optimizer.learning_rate) == pytest.approx(0.0025)
    assert record.stopped and record.epoch == 5
    assert tiny.fit(tmp_path, tiny.trainer(rate=0.01, ema=0.0), epochs=50, callbacks=calls())[1].epoch == 5


def test_nan_ends_with_its_place(tmp_path):
    def spoilt(epoch, start):
        for step, (inputs, labels) in enumerate(tiny.batches(epoch, start), start):
            frames = inputs["silhouettes"].astype(np.float32)
            yield {"silhouettes": frames * np.nan if (epoch, step) == (1, 2) else frames}, labels

    with pytest.raises(NotANumber, match="became nan in epoch 2, step 3"):
        tiny.fit(tmp_path, batches=spoilt)
    assert len(rows(tmp_path)) == 1


def test_best_last_and_their_averages(whole):
    run, made, record = whole
    scores = {
        "best": [row["val_score"] for row in record.history],
        "best_ema": [row["val_ema_score"] for row in record.history],
    }
    for name, values in scores.items():
        assert record.ranks[name] == [[max(values)], values.index(max(values)) + 1]
        model = keras.saving.load_model(run / f"checkpoints/{name}.keras", safe_mode=True)
        assert tiny.validate(model)["score"] == pytest.approx(max(values), rel=1e-6)
    assert record.published == max(scores, key=lambda name: max(scores[name]))
    model = keras.saving.load_model(run / "model.keras", safe_mode=True)
    assert tiny.validate(model)["score"] == pytest.approx(max(map(max, scores.values())), rel=1e-6)
    last = keras.saving.load_model(run / "checkpoints/last.keras", safe_mode=True)
    for a, b in zip(last.weights, made.learner.network.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    assert keras.saving.load_model(run / "head.keras", safe_mode=True).output_shape == (None, 1, 4)


def test_without_validation_the_last_epoch_is_the_best(tmp_path):
    made, record = tiny.fit(tmp_path, tiny.trainer(ema=0.0), validate=None)
    model = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(model.weights[0], made.learner.network.weights[0])
    assert record.ranks == {"best": [[2], 3]}
    assert not any(name.startswith("val") for name in record.history[0])


def test_another_network_is_refused(whole, tmp_path):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints/last.npz").write_bytes((whole[0] / "checkpoints/last.npz").read_bytes())
    with pytest.raises(DataError, match="another network or optimizer"):
        tiny.fit(tmp_path, tiny.trainer(optimizer="sgd"))


def test_too_few_batches_are_an_error(tmp_path):
    with pytest.raises(ValueError, match="must have 5 batches. Received: 4"):
        tiny.fit(tmp_path, steps=5)


def test_float16_with_loss_scaling_skips_what_overflows(tmp_path):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        made = tiny.trainer(loss_scaling=True, rate=0.01)
    finally:
        keras.config.set_dtype_policy(before)
    made.optimizer.dynamic_scale.assign(1e30)
    start = [w.numpy() for w in made.learner.trainable_variables]
    made.run_step(next(placed(made)))
    for a, b in zip(start, made.learner.trainable_variables, strict=True):
        np.testing.assert_array_equal(a, b)
    assert float(made.optimizer.dynamic_scale) < 1e30
    made.optimizer.dynamic_scale.assign(2.0**10)
    _, record = tiny.fit(tmp_path, made)
    assert record.history[-1]["loss"] < record.history[0]["loss"]
    assert keras.saving.load_model(tmp_path / "model.keras").layers[-1].compute_dtype == "float32"


def placed(made):
    from tfgait.train.feed import feed

    return feed(tiny.batches(0, 0), made.strategy)


def test_tensorboard_and_log(tmp_path, caplog):
    import logging

    from tensorflow.python.summary.summary_iterator import summary_iterator

    caplog.set_level(logging.INFO)
    tiny.fit(tmp_path, callbacks=[TensorBoardScalars(tmp_path / "tb"), EpochLog(logging.getLogger("tfgait.test"))])
    (file,) = (tmp_path / "tb").iterdir()
    seen = {(e.step, v.tag) for e in summary_iterator(str(file)) for v in e.summary.value}
    assert {(epoch, name) for epoch in (1, 2, 3) for name in ("loss", "val_score")} <= seen
    said = [r.getMessage() for r in caplog.records if r.name == "tfgait.test"]
    assert [m.partition(":")[0] for m in said] == ["epoch 1", "epoch 2", "epoch 3"]
