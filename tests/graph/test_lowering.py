import keras
import numpy as np
import pytest

from tfgait.core.errors import ConfigError
from tfgait.graph.lowering import lower
from tfgait.graph.unfolded import UnfoldedConv3D
from tfgait.layers.separate_dense import SeparateDense
from tfgait.nets import build

layers = keras.layers


def randomised(network, seed=0):
    rng = np.random.default_rng(seed)
    network.set_weights([rng.normal(0, 0.3, w.shape).astype(np.float32) for w in network.get_weights()])
    return network


def alone(layer, shape):
    inputs = keras.Input(shape, name="x")
    return randomised(keras.Model({"x": inputs}, {"embedding": layer(inputs)}))


def check_equal(network, lowered):
    (name, given), *_ = network.input.items()
    value = np.random.default_rng(1).normal(0, 1, (3, *given.shape[1:])).astype(np.float32)
    wanted, found = (np.asarray(model({name: value})["embedding"]) for model in (network, lowered))
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, atol=1e-5 * max(1, np.abs(wanted).max()))


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
    network = alone(layers.Conv3D(4, **arguments), (11, 9, 8, 2))
    check_equal(network, lower(network))


@pytest.mark.parametrize("kind", [layers.MaxPooling3D, layers.AveragePooling3D])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("size", "strides"), [(2, None), ((3, 2, 1), (2, 1, 2)), ((1, 3, 3), 2), ((3, 1, 1), 1), (4, 3)]
)
def test_lowered_pooling_equals_the_pooling_of_keras(kind, size, strides, padding):
    network = alone(kind(size, strides, padding), (11, 9, 8, 2))
    lowered = lower(network)
    assert type(lowered.layers[1]) is not kind
    check_equal(network, lowered)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (layers.AveragePooling2D(2), (9, 8, 3)),
        (layers.AveragePooling2D((3, 2), (1, 2)), (9, 8, 3)),
        (layers.AveragePooling2D(3, 2, "same"), (9, 8, 3)),
        (SeparateDense(5), (7, 4)),
    ],
    ids=["average", "average-unequal", "average-padded", "matrices"],
)
def test_what_int8_alone_gains_from_is_left_alone_elsewhere(layer, shape):
    network = alone(type(layer).from_config(layer.get_config()), shape)
    assert lower(network) is network
    lowered = lower(network, int8=True)
    assert type(lowered.layers[1]) is not type(layer)
    check_equal(network, lowered)


@pytest.mark.parametrize("preset", ["cnn3d_tiny", "gaitset_tiny"])
def test_lowered_network_equals_it_and_keeps_names(preset):
    network = build(preset, **({"frames": 6, "reduce": 2, "bins": [2]} if preset == "gaitset_tiny" else {}))
    lowered = lower(randomised(network), int8=True)
    assert not {type(layer) for layer in lowered.layers} & {layers.Conv3D, layers.AveragePooling2D, SeparateDense}
    assert sum(isinstance(layer, UnfoldedConv3D) for layer in lowered.layers) == (7 if preset == "cnn3d_tiny" else 0)
    assert [layer.name for layer in lowered.layers] == [layer.name for layer in network.layers]
    check_equal(network, lowered)


def test_network_with_nothing_to_lower_is_returned_as_it_is():
    network = build("gaitset_tiny")
    assert lower(network) is network


def test_groups_are_refused():
    inputs = keras.Input((5, 5, 5, 4), name="flow")
    network = keras.Model({"flow": inputs}, {"embedding": keras.layers.Conv3D(4, 3, groups=2, name="deep")(inputs)})
    with pytest.raises(ConfigError, match="layer=deep, groups=2"):
        lower(network)
