import keras
import numpy as np
import pytest

from tfgait.core.errors import ConfigError
from tfgait.graph.lowering import UnfoldedConv3D, lower
from tfgait.nets import build


def randomised(network, seed=0):
    rng = np.random.default_rng(seed)
    network.set_weights([rng.normal(0, 0.3, w.shape).astype(np.float32) for w in network.get_weights()])
    return network


def layer_network(**arguments):
    inputs = keras.Input((11, 9, 8, 2), name="flow")
    layer = keras.layers.Conv3D(4, **arguments)
    return randomised(keras.Model({"flow": inputs}, {"embedding": layer(inputs)}))


@pytest.mark.parametrize(
    "arguments",
    [
        {"kernel_size": 3},
        {"kernel_size": (3, 2, 1), "strides": (2, 1, 2), "activation": "relu"},
        {"kernel_size": 3, "strides": (3, 2, 2), "padding": "same", "use_bias": False},
        {"kernel_size": (4, 3, 3), "strides": (2, 2, 2), "padding": "same"},
        {"kernel_size": (3, 3, 2), "dilation_rate": (2, 1, 2)},
        {"kernel_size": (3, 3, 3), "dilation_rate": (4, 2, 1), "padding": "same"},
        {"kernel_size": 1},
        {"kernel_size": (11, 9, 8)},
    ],
)
def test_lowered_layer_equals_conv3d(arguments):
    network = layer_network(**arguments)
    lowered = lower(network)
    value = np.random.default_rng(1).normal(0, 1, (3, 11, 9, 8, 2)).astype(np.float32)
    wanted = network({"flow": value})["embedding"].numpy()
    found = lowered({"flow": value})["embedding"].numpy()
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, atol=1e-5 * max(1, np.abs(wanted).max()))


def test_lowered_cnn3d_equals_it_and_keeps_names():
    network = randomised(build("cnn3d_tiny"))
    lowered = lower(network)
    assert not any(type(layer) is keras.layers.Conv3D for layer in lowered.layers)
    assert sum(isinstance(layer, UnfoldedConv3D) for layer in lowered.layers) == 7
    assert [layer.name for layer in lowered.layers] == [layer.name for layer in network.layers]
    value = np.random.default_rng(1).normal(0, 1, (2, *network.input["flow"].shape[1:])).astype(np.float32)
    wanted = network({"flow": value})["embedding"].numpy()
    found = lowered({"flow": value})["embedding"].numpy()
    np.testing.assert_allclose(found, wanted, atol=1e-5 * max(1, np.abs(wanted).max()))


def test_network_without_conv3d_is_returned_as_it_is():
    network = build("gaitset_tiny")
    assert lower(network) is network


def test_groups_are_refused():
    inputs = keras.Input((5, 5, 5, 4), name="flow")
    network = keras.Model({"flow": inputs}, {"embedding": keras.layers.Conv3D(4, 3, groups=2, name="deep")(inputs)})
    with pytest.raises(ConfigError, match="layer=deep, groups=2"):
        lower(network)
