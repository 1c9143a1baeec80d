import keras
import numpy as np
import pytest

from tfgait.compress.fake_quant import ActivationRange, RoundedKernel, rounded_kernel
from tfgait.compress.fake_quantised import FakeQuantised
from tfgait.compress.proof import random_inputs
from tfgait.core.errors import ConfigError
from tfgait.nets import build

layers = keras.layers
TINY = ["gaitset_tiny", "cnn2d_tiny", "cnn3d_tiny", "cnn2plus1d_tiny"]


def cosine(a, b):
    a, b = (np.asarray(x, np.float64).reshape(len(x), -1) for x in (a, b))
    return ((a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)).min()


def branch(*more, activation=None):
    """A small network with a BatchNorm to fold; `more` layers follow it."""
    inputs = keras.Input((5, 6, 3), name="x")
    x = layers.Conv2D(4, 3, use_bias=False, activation=activation, name="conv")(inputs)
    for layer in (layers.BatchNormalization(name="norm"), *more):
        x = layer(x)
    return keras.Model({"x": inputs}, {"embedding": layers.Flatten(name="flat")(x)})


@pytest.mark.parametrize("preset", TINY)
def test_every_network_rounds_and_stays_near_the_plain_one(preset):
    keras.utils.set_random_seed(1)
    network = build(preset)
    quantised = FakeQuantised(network)
    value = random_inputs(network, 3, 0)
    quantised(value, training=True)
    wanted, found = (np.asarray(m(value)["embedding"]) for m in (network, quantised))
    assert 0.99 < cosine(wanted, found) < 1 - 1e-7
    low, high = list(quantised.ranges.values())[-1]
    steps = found / ((high - low) / 255)
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-3)
    kernels = [w for layer in network.layers for w in layer.trainable_weights]
    assert {id(w) for w in quantised.trainable_weights} == {id(w) for w in kernels}


def test_kernels_have_one_scale_an_output_and_dense_ones_one_in_all():
    kernel = np.random.default_rng(0).normal(0, 1, (3, 3, 2, 4)).astype(np.float32) * [1, 10, 0.1, 5]
    kernel = kernel.astype(np.float32)
    conv, deep, dense = layers.Conv2D(4, 3), layers.DepthwiseConv2D(3, depth_multiplier=4), layers.Dense(4)
    for layer, shape in ((conv, (1, 9, 9, 2)), (deep, (1, 9, 9, 2)), (dense, (1, 6))):
        layer.build(shape)
    for layer, value, axes in (
        (conv, kernel, (0, 1, 2)),
        (deep, kernel, (0, 1)),
        (dense, kernel[0].reshape(6, 4), None),
    ):
        scale = np.abs(value).max(axis=axes, keepdims=True) / 127
        expected = np.array([round(v) for v in (value / scale).ravel()]).reshape(value.shape) * scale
        np.testing.assert_allclose(rounded_kernel(layer, value), expected, rtol=1e-5, atol=1e-7)
    assert not np.asarray(rounded_kernel(conv, np.zeros((3, 3, 2, 4), np.float32))).any()


def test_gradients_pass_the_rounding_unchanged():
    import tensorflow as tf

    dense = layers.Dense(3, use_bias=False)
    dense.build((None, 4))
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(RoundedKernel(dense)(x, training=True))
    found = tape.gradient(loss, dense.kernel.value)
    np.testing.assert_allclose(found, np.repeat(x.sum(0)[:, None], 3, axis=1), rtol=1e-6)


def test_ranges_start_with_the_first_batch_move_slowly_and_stand_still_in_inference():
    place = ActivationRange()
    place(np.array([-2.0, 6.0], np.float32), training=True)
    assert (float(place.low), float(place.high)) == (-2, 6)
    place(np.array([1.0, 16.0], np.float32), training=True)
    np.testing.assert_allclose((place.low, place.high), (-1.98, 6.1), rtol=1e-6)
    found = place(np.array([-9.0, 0.0, 3.3, 99.0], np.float32))
    np.testing.assert_allclose((place.low, place.high), (-1.98, 6.1), rtol=1e-6)
    step = 8.08 / 255
    assert found[1] == 0
    np.testing.assert_allclose(found, [-1.98, 0, round(3.3 / step) * step, 6.1], atol=step / 2)


def test_a_norm_is_folded_with_its_statistics_and_still_trains():
    keras.utils.set_random_seed(0)
    network = branch(layers.ReLU(name="act"))
    norm = network.get_layer("norm")
    norm.set_weights([np.array([2, 0.5, 1, 3.0]), np.array([1, -1, 0, 2.0]), np.full(4, 0.3), np.full(4, 4.0)])
    quantised = FakeQuantised(network)
    value = {"x": np.random.default_rng(0).normal(0, 1, (8, 5, 6, 3)).astype(np.float32)}
    quantised(value, training=True)
    np.testing.assert_array_equal(norm.moving_mean, np.full(4, 0.3, np.float32))
    assert cosine(network(value)["embedding"], quantised(value)["embedding"]) > 0.999
    assert any(w is norm.gamma for w in quantised.trainable_weights)
    assert list(quantised.ranges) == ["x", "conv", "act"]


def test_the_config_builds_it_again_with_the_same_order_of_weights():
    quantised = FakeQuantised(build("gaitset_tiny"))
    again = FakeQuantised.from_config(quantised.get_config())
    assert [w.shape for w in again.weights] == [w.shape for w in quantised.weights]
    again.set_weights(quantised.get_weights())
    for a, b in zip(again.plain.get_weights(), quantised.plain.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert again.ranges.keys() == quantised.ranges.keys() and again.metric == "parts"


def test_a_shared_layer_has_a_range_for_each_call():
    inputs = keras.Input((4,), name="x")
    dense = layers.Dense(4, name="twice")
    quantised = FakeQuantised(keras.Model({"x": inputs}, {"embedding": dense(dense(inputs))}))
    assert list(quantised.ranges) == ["x", "twice", "twice@2"]


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (lambda: branch(layers.GaussianNoise(0.1, name="noise")), "layer noise .* GaussianNoise is none"),
        (lambda: branch(activation="relu"), "layer norm .* cannot be folded"),
        (lambda: branch(layers.Dense(3, activation="gelu", name="late")), "layer late .* before gelu"),
        (lambda: FakeQuantised(build("cnn2d_tiny")), "already"),
        (lambda: build("gaitset_tiny", variable_length=True), "without `length`"),
        (keras.Sequential, "functional"),
    ],
)
def test_what_cannot_be_trained_is_named(network, message):
    with pytest.raises(ConfigError, match=message):
        FakeQuantised(network())


def test_ranges_that_are_none_are_refused():
    quantised = FakeQuantised(build("cnn2d_tiny"))
    good = dict.fromkeys(quantised.ranges, (-1.0, 2.0))
    quantised.ranges = good
    assert quantised.ranges == good
    for bad in ((float("nan"), 1.0), (0.0, float("inf")), (0.5, 1.0), (-2.0, -1.0), (0.0, 0.0)):
        with pytest.raises(ConfigError, match="code: "):
            quantised.ranges = {**good, "code": bad}
    with pytest.raises(ConfigError, match="other"):
        quantised.ranges = {**good, "other": (0.0, 1.0)}
    assert quantised.ranges == good
