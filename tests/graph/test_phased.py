"""Narrow convolutions that take two columns at a time."""

import keras
import numpy as np
import pytest

from tfgait.graph.lowering import lower
from tfgait.graph.phased import PhasedConv2D

layers = keras.layers


def alone(shape, **arguments):
    inputs = keras.Input(shape, name="x")
    conv = layers.Conv2D(4, name="conv", **{"padding": "same", **arguments})
    network = keras.Model({"x": inputs}, {"embedding": conv(inputs)})
    rng = np.random.default_rng(0)
    network.set_weights([rng.normal(0, 1, w.shape).astype(np.float32) for w in network.get_weights()])
    return network


@pytest.mark.parametrize("taps", [3, 5, 7, (2, 3), (4, 9)])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("how", [{"activation": "relu"}, {"use_bias": False}])
def test_it_equals_the_convolution(taps, channels, how):
    network = alone((7, 10, channels), kernel_size=taps, **how)
    lowered = lower(network, int8=True)
    assert type(lowered.get_layer("conv")) is PhasedConv2D
    value = {"x": np.random.default_rng(1).normal(0, 1, (3, 7, 10, channels)).astype(np.float32)}
    wanted, found = (np.asarray(model(value)["embedding"]) for model in (network, lowered))
    np.testing.assert_allclose(found, wanted, atol=1e-5 * np.abs(wanted).max())


@pytest.mark.parametrize(
    ("shape", "arguments"),
    [
        ((6, 9, 1), {"kernel_size": 3}),
        ((6, 8, 3), {"kernel_size": 3}),
        ((6, 8, 1), {"kernel_size": 1}),
        ((6, 8, 1), {"kernel_size": (3, 4)}),
        ((6, 8, 1), {"kernel_size": 3, "padding": "valid"}),
        ((6, 8, 1), {"kernel_size": 3, "strides": 2}),
        ((6, 8, 2), {"kernel_size": 3, "groups": 2}),
        ((6, None, 1), {"kernel_size": 3}),
    ],
)
def test_others_stay_convolutions(shape, arguments):
    network = alone(shape, **arguments)
    assert lower(network, int8=True) is network


def test_float_stays_as_it_is():
    network = alone((6, 8, 1), kernel_size=3)
    assert lower(network) is network
