import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny_training as tiny

from tfgait.core.errors import ConfigError
from tfgait.train.learner import Learner
from tfgait.train.objective import Objective, Term
from tfgait.train.optimizers import make_optimizer, moving_average
from tfgait.train.step import Step, to_network
from tfgait.train.strategy import make_strategy


class HalfSquares:
    def with_stats(self, labels, embedding):
        return 0.5 * keras.ops.mean(keras.ops.sum(embedding**2, axis=(1, 2))), {}


def linear(optimizer_name, *, weight_decay, clip_norm, ema=0.0):
    """Embedding = x W; loss = mean |x W|^2 / 2, whose gradient is x'xW / B."""
    keras.utils.set_random_seed(0)
    x = keras.Input((1, 1, 3, 1), name="silhouettes")
    out = keras.layers.Dense(2, use_bias=False)(keras.layers.Reshape((1, 3))(x))
    network = keras.Model({"silhouettes": x}, {"embedding": out})
    optimizer, decay = make_optimizer(optimizer_name, 0.1, momentum=0.9, weight_decay=weight_decay, ema=ema)
    optimizer.build(network.trainable_variables)
    objective = Objective((Term("squares", HalfSquares()),))
    step = Step(Learner(network), objective, optimizer, make_strategy("cpu"), decay, clip_norm)
    return step, network.weights[0], optimizer


X = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
LABELS = np.zeros(5, np.int32)


def inputs():
    return {"silhouettes": tf.constant(X.reshape(5, 1, 1, 3, 1))}


@pytest.mark.parametrize("clip_norm", [0.0, 0.05])
@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_momentum_coupled_decay_and_clipping_are_the_closed_form(weight_decay, clip_norm):
    step, weights, _ = linear("sgd", weight_decay=weight_decay, clip_norm=clip_norm)
    w = weights.numpy().astype(np.float64)
    velocity = np.zeros_like(w)
    for _ in range(4):
        logs = step(inputs(), LABELS)
        assert float(logs["loss"]) == pytest.approx(0.5 * np.mean(np.sum((X @ w) ** 2, axis=1)), rel=1e-5)
        gradient = X.T @ (X @ w) / 5
        norm = np.linalg.norm(gradient)
        assert float(logs["gradient_norm"]) == pytest.approx(norm, rel=1e-5)
        if clip_norm:
            gradient *= min(1, clip_norm / norm)
        velocity = 0.9 * velocity - 0.1 * (gradient + weight_decay * w)
        w = w + velocity
        np.testing.assert_allclose(weights, w, rtol=0, atol=1e-6)


def test_adamw_decays_apart_from_the_gradient_and_adam_within():
    after = {}
    for name in ("adam", "adamw"):
        step, weights, _ = linear(name, weight_decay=0.5, clip_norm=0.0)
        w = weights.numpy().astype(np.float64)
        step(inputs(), LABELS)
        gradient = X.T @ (X @ w) / 5
        if name == "adam":
            gradient = gradient + 0.5 * w
        # The first step of Adam is the sign of the gradient; AdamW first shrinks the weights.
        after[name] = w * (1 - 0.1 * 0.5 * (name == "adamw")) - 0.1 * gradient / (np.abs(gradient) + 1e-7)
        np.testing.assert_allclose(weights, after[name], rtol=0, atol=1e-4)
    assert np.abs(after["adam"] - after["adamw"]).max() > 1e-3


def test_moving_average_follows_every_step():
    step, weights, optimizer = linear("sgd", weight_decay=0.0, clip_norm=0.0, ema=0.8)
    average = None
    for _ in range(5):
        step(inputs(), LABELS)
        now = weights.numpy()
        average = now if average is None else 0.8 * average + 0.2 * now
        np.testing.assert_allclose(moving_average(optimizer)[0], average, rtol=0, atol=1e-6)


def test_stored_values_are_scaled_on_the_device():
    flow = np.array([[-150, 200]], np.int16)
    found = to_network({"flow": tf.constant(flow), "length": tf.constant([3])})
    np.testing.assert_allclose(found["flow"], [[-1.5, 2.0]], rtol=1e-6)
    assert found["length"].dtype == tf.int32
    assert to_network({"silhouettes": tf.constant([7], tf.uint8)})["silhouettes"].numpy().tolist() == [7.0]
    assert to_network({"flow": tf.constant([1.5])})["flow"].numpy().tolist() == [1.5]


def test_unused_weights_stay(tmp_path):
    keras.utils.set_random_seed(0)
    x = keras.Input((1, 1, 3, 1), name="silhouettes")
    used, idle = keras.layers.Dense(2, name="used"), keras.layers.Dense(2, name="idle")
    flat = keras.layers.Reshape((1, 3))(x)
    network = keras.Model({"silhouettes": x}, {"embedding": used(flat), "other": idle(flat)})
    optimizer, decay = make_optimizer("sgd", 0.1, weight_decay=0.1)
    optimizer.build(network.trainable_variables)
    before = idle.kernel.numpy()
    Step(Learner(network), Objective((Term("s", HalfSquares()),)), optimizer, make_strategy("cpu"), decay)(
        inputs(), LABELS
    )
    np.testing.assert_array_equal(idle.kernel, before)


@pytest.mark.parametrize("option", ["weight_decay", "clip_norm"])
def test_negative_options_are_refused(option):
    with pytest.raises(ConfigError, match=f"Received: {option}=-1"):
        linear("sgd", **{"weight_decay": 0.0, "clip_norm": 0.0, option: -1})


@pytest.mark.timeout(120)
def test_two_replicas_give_the_weights_of_one(tmp_path):
    done = subprocess.run(
        [sys.executable, str(Path(tiny.__file__)), str(tmp_path / "weights.npz"), "--two"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(tmp_path / "weights.npz") as file:
        arrays = [file[name] for name in file.files]
    half = len(arrays) // 2
    for two, one in zip(arrays[:half], arrays[half:], strict=True):
        np.testing.assert_allclose(two, one, rtol=0, atol=2e-5)
