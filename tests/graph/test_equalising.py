"""Channels of one range: the same network, and less that int8 loses."""

import keras
import numpy as np
import pytest

from tfgait.graph.equalising import equalised
from tfgait.nets import build

layers = keras.layers
TINY = ["gaitset_tiny", "cnn2d_tiny", "cnn3d_tiny", "cnn2plus1d_tiny"]


def uneven(network, seed=0):
    """Return a network whose filters differ by a factor of up to a hundred, and inputs of it."""
    rng = np.random.default_rng(seed)
    for weight in network.trainable_weights:
        spread = 10 ** rng.uniform(-2, 0, weight.shape[-1]) if len(weight.shape) > 2 else 1
        weight.assign(rng.normal(0, 0.3, weight.shape) * spread)
    shapes = {name: (2, *(n or 5 for n in tensor.shape[1:])) for name, tensor in network.input.items()}
    return network, [{name: rng.normal(0, 50, shape).astype(np.float32) for name, shape in shapes.items()}] * 2


def outputs(network, value):
    return np.asarray(network(value, training=False)["embedding"], np.float64)


def chain(activation, last=4):
    inputs = keras.Input((6, 6, 2), name="x")
    x = activation(layers.Conv2D(5, 3, name="first")(inputs))
    x = layers.Conv2D(last, 3, name="second")(x)
    return keras.Model({"x": inputs}, {"embedding": layers.Flatten()(x)})


def largest(network, layer, value):
    probe = keras.Model(network.inputs, network.get_layer(layer).output)
    return np.abs(np.asarray(probe(value))).reshape(-1, probe.output.shape[-1]).max(0)


@pytest.mark.parametrize("preset", TINY)
def test_every_network_stays_the_same_and_its_channels_come_closer(preset):
    network, batches = uneven(build(preset))
    found = equalised(network, batches)
    wanted = outputs(network, batches[0])
    np.testing.assert_allclose(outputs(found, batches[0]), wanted, atol=1e-5 * np.abs(wanted).max())
    name = next(layer.name for layer in network.layers if hasattr(layer, "filters"))
    before, after = (largest(model, name, batches[0]) for model in (network, found))
    alive = before > 0
    assert before.max() / before[alive].min() > 3
    np.testing.assert_allclose(after[alive], np.sqrt(before * before.max())[alive], rtol=1e-4)


def test_the_factor_is_the_root_of_the_range_against_the_widest():
    network, batches = uneven(chain(layers.ReLU()))
    found = equalised(network, batches)
    value = np.asarray(keras.Model(network.inputs, network.get_layer("first").output)(batches[0]))
    ranges = np.array([np.abs(value[..., c]).max() for c in range(5)])
    for channel, factor in enumerate(np.sqrt(ranges.max() / ranges)):
        for layer, part in (("first", np.s_[..., channel]), ("second", np.s_[:, :, channel])):
            old, new = (np.asarray(model.get_layer(layer).kernel)[part] for model in (network, found))
            np.testing.assert_allclose(new, old * factor if layer == "first" else old / factor, rtol=1e-5)
    np.testing.assert_array_equal(found.get_layer("second").bias, network.get_layer("second").bias)


def test_a_silent_channel_stays_as_it_is_up_to_a_bound():
    network, batches = uneven(chain(layers.ReLU()))
    kernel, bias = network.get_layer("first").get_weights()
    kernel[..., 1], bias[1] = 0, 0
    network.get_layer("first").set_weights([kernel, bias])
    found = equalised(network, batches)
    assert all(np.isfinite(weight).all() for weight in found.get_weights())
    np.testing.assert_allclose(outputs(found, batches[0]), outputs(network, batches[0]), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("activation", [layers.Activation("gelu"), layers.Activation("tanh"), layers.ReLU(6.0)])
def test_what_lets_no_factor_through_is_left_alone(activation):
    network, batches = uneven(chain(activation))
    assert equalised(network, batches) is network


def test_without_data_or_channels_the_network_is_left_alone():
    network, batches = uneven(chain(layers.ReLU()))
    assert equalised(network, []) is network
    inputs = keras.Input((4,), name="x")
    single = keras.Model({"x": inputs}, {"embedding": layers.Dense(3)(inputs)})
    assert equalised(single, [{"x": np.ones((1, 4), np.float32)}]) is single
