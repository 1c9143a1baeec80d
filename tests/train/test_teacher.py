"""A teacher beside the network that trains."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tiny_training as tiny

from tfgait.losses.distillation import ActivationBoundary, SoftenedLogits
from tfgait.train.heads import SoftmaxHead
from tfgait.train.learner import Learner
from tfgait.train.loop import Trainer
from tfgait.train.objective import Objective, Term
from tfgait.train.optimizers import make_optimizer
from tfgait.train.strategy import make_strategy


def taught(strategy=None, dropout=0.0, optimizer="sgd", rate=0.01, loss_scaling=False):
    """A trainer that minimises the two losses of a teacher alone, and the teacher."""
    strategy = strategy or make_strategy("cpu")
    with strategy.scope():
        keras.utils.set_random_seed(3)
        learner = Learner(tiny.TinyNetwork(dropout), SoftmaxHead(2, 3, 4))
        keras.utils.set_random_seed(4)
        teacher = Learner(tiny.TinyNetwork(0.5), SoftmaxHead(2, 3, 4))
        teacher.trainable = False
        made, _ = make_optimizer(optimizer, rate, loss_scaling=loss_scaling)
    terms = (
        Term("distill_logits", SoftenedLogits(4.0, 1.0), "logits", 1.0, distils=True),
        Term("distill_embedding", ActivationBoundary(), "embedding", 0.5, distils=True),
    )
    return Trainer(learner, Objective(terms), made, strategy, teacher=teacher), teacher


def test_the_terms_are_those_of_the_teacher_as_in_inference():
    trainer, teacher = taught()
    frames, labels = next(tiny.batches(0, 0))
    seen = {"silhouettes": frames["silhouettes"].astype(np.float32)}
    wanted, found = teacher(seen, training=False), trainer.learner(seen, training=False)
    logits = float(SoftenedLogits(4.0, 1.0)(wanted["logits"], found["logits"]))
    side = float(ActivationBoundary()(wanted["embedding"], found["embedding"]))
    before = [w.copy() for w in teacher.get_weights()]
    logs = trainer.run_step((frames, labels))
    assert logs["distill_logits"] == pytest.approx(logits, rel=1e-4)
    assert logs["distill_embedding"] == pytest.approx(side, rel=1e-4)
    assert logs["loss"] == pytest.approx(logits + 0.5 * side, rel=1e-4)
    for a, b in zip(before, teacher.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_student_comes_nearer_and_the_teacher_is_not_saved(tmp_path):
    trainer, teacher = taught(optimizer="adam", rate=0.03)
    record = trainer.fit(tiny.batches, _checkpoints(tmp_path), epochs=10, steps=tiny.STEPS)
    assert record.history[-1]["distill_logits"] < 0.5 * record.history[0]["distill_logits"]
    with np.load(tmp_path / "checkpoints" / "last.npz") as state:
        saved = [k for k in state.files if k.startswith("learner/")]
    assert len(saved) == len(trainer.learner.variables)
    assert not {id(v) for v in teacher.variables} & {id(v) for v in trainer.learner.variables}


def test_killed_and_gone_on_with_is_the_same(tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise RuntimeError("killed")

    whole, _ = taught(dropout=0.3)
    whole.fit(tiny.batches, _checkpoints(tmp_path / "whole"), epochs=2, steps=tiny.STEPS)
    part, _ = taught(dropout=0.3)
    part.fit(tiny.batches, _checkpoints(tmp_path / "part"), epochs=1, steps=tiny.STEPS)
    again, _ = taught(dropout=0.3)
    with pytest.raises(RuntimeError, match="killed"):
        again.fit(tiny.batches, _checkpoints(tmp_path / "part"), epochs=2, steps=tiny.STEPS, callbacks=[Stop()])
    last, _ = taught(dropout=0.3)
    last.fit(tiny.batches, _checkpoints(tmp_path / "part"), epochs=2, steps=tiny.STEPS)
    for a, b in zip(tiny.variables(whole), tiny.variables(last), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_loss_scaling_keeps_the_loss():
    plain, scaled = taught()[0], taught(loss_scaling=True)[0]
    batch = next(tiny.batches(0, 0))
    assert plain.run_step(batch)["loss"] == pytest.approx(scaled.run_step(batch)["loss"], rel=1e-5)


def test_two_replicas_learn_what_one_does(tmp_path):
    done = subprocess.run([sys.executable, __file__, tmp_path / "two.npz"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    with np.load(tmp_path / "two.npz") as file:
        values = [file[name] for name in file.files]
    two, one = values[: len(values) // 2], values[len(values) // 2 :]
    for a, b in zip(two, one, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def _checkpoints(run):
    from tfgait.train.checkpoints import Checkpoints

    return Checkpoints(run)


if __name__ == "__main__":
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    found = []
    for strategy in (tf.distribute.MirroredStrategy(["/cpu:0", "/cpu:1"]), tf.distribute.OneDeviceStrategy("/cpu:0")):
        trainer, _ = taught(strategy)
        trainer.fit(tiny.batches, _checkpoints(f"{sys.argv[1]}-{strategy.num_replicas_in_sync}"), epochs=1, steps=4)
        found += [w.copy() for w in trainer.learner.get_weights()]
    np.savez(sys.argv[1], *found)
