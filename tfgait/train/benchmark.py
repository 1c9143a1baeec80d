"""What the training loop costs beside a bare step of the same network."""

import contextlib
import itertools
import statistics
import time

import keras
import numpy as np
import tensorflow as tf

from tfgait.losses import LOSSES
from tfgait.train.feed import feed
from tfgait.train.learner import Learner
from tfgait.train.loop import Trainer
from tfgait.train.objective import Objective, Term
from tfgait.train.optimizers import make_optimizer
from tfgait.train.strategy import make_strategy


def step_cost(make_network, shape, *, p=4, k=4, rounds=7):
    """Time a step as the loop does it against a bare `tf.function` step: triplet loss, SGD, interleaved.

    The loop's step contains fetching the batch, the statistics and their way back; the bare one is given a tensor.

    Args:
        make_network: function that returns a network; called twice.
        shape: (T, H, W, C) of a sequence, stored as bytes.
        p, k: people of a batch, and sequences of each.
        rounds: timed pairs after one warm-up; at least 1.

    Returns:
        {"loop_ms", "bare_ms", "ratio", "cpu_ratio", "rounds"}: median wall times, the median of their ratios a round,
        and that of the process's CPU time, which other programs disturb less.
    """
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(p, dtype=np.int32), k)
    batch = rng.integers(0, 256, (p * k, *shape), np.uint8)
    strategy = make_strategy()
    with strategy.scope():
        network = make_network()
        optimizer, _ = make_optimizer("sgd", 0.1)
    objective = Objective((Term("triplet", LOSSES["triplet_all"]()),))
    trainer = Trainer(Learner(network), objective, optimizer, strategy)
    bare = _bare(make_network(), batch, labels)
    times = {"loop": [], "bare": []}
    cpu = {"loop": [], "bare": []}
    with contextlib.closing(feed(itertools.repeat(({network.modality: batch}, labels)), strategy)) as fed:
        for _ in range(rounds + 1):
            for name, run in (("loop", lambda: trainer.run_step(next(fed))), ("bare", bare)):
                began, used = time.perf_counter(), time.process_time()
                run()
                times[name].append(1000 * (time.perf_counter() - began))
                cpu[name].append(time.process_time() - used)
    return {
        "loop_ms": statistics.median(times["loop"][1:]),
        "bare_ms": statistics.median(times["bare"][1:]),
        "ratio": _ratio(times),
        "cpu_ratio": _ratio(cpu),
        "rounds": rounds,
    }


def _ratio(values):
    """Return the median of loop / bare of a round; the first one warmed up."""
    return statistics.median(a / b for a, b in zip(values["loop"][1:], values["bare"][1:], strict=True))


def _bare(network, batch, labels):
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    optimizer.build(network.trainable_variables)
    loss, name = LOSSES["triplet_all"](), network.modality
    batch, labels = tf.constant(batch), tf.constant(labels)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            value = loss(labels, network({name: tf.cast(batch, tf.float32)}, training=True)["embedding"])
        gradients = tape.gradient(value, [v.value for v in network.trainable_variables])
        optimizer.apply(gradients, network.trainable_variables)
        return value

    return lambda: float(step())
