"""A training small enough to be killed and repeated.

As a script: `tiny_training.py RUN [--die_at STEP] [--stages] [--two]`.
"""

import os
import signal
import sys

import keras
import numpy as np
import tensorflow as tf

from tfgait.losses import LOSSES
from tfgait.nets.network import Network
from tfgait.train.checkpoints import Checkpoints
from tfgait.train.heads import SoftmaxHead
from tfgait.train.learner import Learner
from tfgait.train.loop import Trainer
from tfgait.train.objective import Objective, Term
from tfgait.train.optimizers import make_optimizer, make_schedule
from tfgait.train.strategy import make_strategy

EPOCHS, STEPS = 3, 4


@keras.saving.register_keras_serializable("tests")
class TinyNetwork(Network):
    modality = "silhouettes"

    def __init__(self, dropout=0.3):
        silhouettes = keras.Input((2, 4, 3, 1), name="silhouettes")
        x = keras.layers.Rescaling(1 / 255)(silhouettes)
        x = keras.layers.Dense(12, activation="relu", name="hidden")(keras.layers.Flatten()(x))
        x = keras.layers.Dropout(dropout, name="drop")(x)
        embedding = keras.layers.Reshape((2, 3))(keras.layers.Dense(6, name="code")(x))
        super().__init__({"silhouettes": silhouettes}, {"embedding": embedding}, {"dropout": dropout}, "tiny")


def batches(epoch, start, steps=STEPS):
    for step in range(start, steps):
        labels = np.repeat(np.arange(4, dtype=np.int32), 2)
        frames = (
            np.random.default_rng([epoch, step]).integers(0, 256, (8, 2, 4, 3, 1)) // 2
            + 30 * labels[:, None, None, None, None]
        )
        yield {"silhouettes": frames.astype(np.uint8)}, labels


def trainer(strategy=None, dropout=0.3, optimizer="adam", ema=0.9, **options):
    keras.utils.set_random_seed(3)
    strategy = strategy or make_strategy("cpu")
    with strategy.scope():
        learner = Learner(TinyNetwork(dropout), SoftmaxHead(2, 3, 4))
        rate = options.pop("rate", None) or make_schedule("cosine", 0.01, steps=EPOCHS * STEPS, warmup=3)
        made, decay = make_optimizer(
            optimizer, rate, weight_decay=0.01, ema=ema, loss_scaling=options.pop("loss_scaling", False)
        )
    terms = Term("triplet", LOSSES["triplet_all"]()), Term("crossentropy", LOSSES["cross_entropy"](0.1, 1.0), "logits")
    return Trainer(learner, Objective(terms), made, strategy, weight_decay=decay, **{"clip_norm": 0.5, **options})


def validate(model, head=None):
    frames, _ = next(batches(99, 0))
    return {"score": float(np.sum(model({"silhouettes": frames["silhouettes"].astype(np.float32)})["embedding"] ** 2))}


def fit(run, made=None, **options):
    made = made or trainer()
    options = {"epochs": EPOCHS, "steps": STEPS, "validate": validate, "rank": lambda m: [m["score"]], **options}
    return made, made.fit(options.pop("batches", batches), Checkpoints(run), **options)


def fit_stages(run, made=None, callbacks=(), **options):
    """Two epochs that are validated, then two that are not, of one step more, at a tenth of the rate."""
    made = made or trainer(rate=0.01)
    options = {"made": made, "callbacks": callbacks, **options}
    fit(run, epochs=2, **options)
    second = {"batches": lambda epoch, start: batches(epoch, start, STEPS + 1), "steps": STEPS + 1, "validate": None}
    return fit(run, epochs=2, stage=2, learning_rate=0.001, **second, **options)


class DieAt(keras.callbacks.Callback):
    """Kill this process, as a power cut would, after so many steps."""

    def __init__(self, step):
        super().__init__()
        self._left = step

    def on_train_batch_end(self, batch, logs=None):
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def variables(made):
    return [v.numpy() for v in (*made.learner.variables, *made.optimizer.variables)]


if __name__ == "__main__":
    tf.config.experimental.enable_op_determinism()
    if "--two" in sys.argv:
        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
        np.savez(
            sys.argv[1],
            *[
                value
                for strategy in (
                    tf.distribute.MirroredStrategy(["/cpu:0", "/cpu:1"]),
                    tf.distribute.OneDeviceStrategy("/cpu:0"),
                )
                for value in variables(
                    fit(f"{sys.argv[1]}-{strategy.num_replicas_in_sync}", trainer(strategy, dropout=0.0))[0]
                )
            ],
        )
    else:
        calls = [DieAt(int(sys.argv[sys.argv.index("--die_at") + 1]))] if "--die_at" in sys.argv else []
        train = fit_stages if "--stages" in sys.argv else fit
        made, _ = train(sys.argv[1], callbacks=calls, save_minutes=0)
        np.savez(f"{sys.argv[1]}/variables.npz", *variables(made))
