import keras
import numpy as np
import pytest
from branching import Branching, stirred

from tfgait.core.errors import ConfigError
from tfgait.graph.folding import fold_batchnorm, folded_weights
from tfgait.nets import build

layers = keras.layers


def given(network, seed=0):
    rng = np.random.default_rng(seed)
    return {t.name: rng.normal(0, 1, (3, *t.shape[1:])).astype(np.float32) for t in network.inputs}


def closeness(network, folded):
    value = given(network)
    wanted, found = (np.asarray(keras.tree.flatten(m(value))[0]) for m in (network, folded))
    return np.abs(wanted - found).max() / np.abs(wanted).max()


def names(network):
    return [layer.name for layer in network.layers]


def test_branches_fold_where_a_norm_alone_reads_a_linear_layer():
    network = stirred(Branching())
    folded = fold_batchnorm(network)
    assert closeness(network, folded) < 1e-5
    # Before stem_bn lies a convolution alone; an activation lies before inner_bn, a flattening before flat_bn.
    assert [name for name in names(network) if name not in names(folded)] == ["stem_bn"]
    assert fold_batchnorm(folded) is folded


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize(
    "layer",
    [
        layers.Conv2D(5, 3, strides=2),
        layers.Conv2D(5, 1, use_bias=False),
        layers.DepthwiseConv2D(3, depth_multiplier=2),
        layers.DepthwiseConv2D((2, 3), use_bias=False),
        layers.Dense(7),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_each_kind_of_layer_folds_exactly(layer, scale, center):
    layer = type(layer).from_config({**layer.get_config(), "name": "layer"})
    inputs = keras.Input((6, 7, 4), name="x")
    norm = layers.BatchNormalization(scale=scale, center=center, epsilon=0.01, name="norm")
    network = stirred(keras.Model({"x": inputs}, {"embedding": norm(layer(inputs))}))
    folded = fold_batchnorm(network)
    assert "norm" not in names(folded) and folded.get_layer("layer").use_bias
    assert closeness(network, folded) < 1e-5


def test_conv3d_folds_and_its_weights_are_the_formula():
    inputs = keras.Input((4, 5, 5, 2), name="x")
    x = layers.BatchNormalization(epsilon=0.1, name="norm")(layers.Conv3D(3, 2, name="conv")(inputs))
    network = stirred(keras.Model({"x": inputs}, {"embedding": x}))
    assert closeness(network, fold_batchnorm(network)) < 1e-5
    kernel, bias = network.get_layer("conv").get_weights()
    gamma, beta, mean, variance = network.get_layer("norm").get_weights()
    found = [np.asarray(w) for w in folded_weights(network.get_layer("conv"), network.get_layer("norm"))]
    np.testing.assert_allclose(found[0], kernel * gamma / np.sqrt(variance + 0.1), rtol=1e-5)
    np.testing.assert_allclose(found[1], (bias - mean) * gamma / np.sqrt(variance + 0.1) + beta, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("case", ["read twice", "asked for", "called twice", "another axis"])
def test_what_would_change_the_result_stays(case):
    inputs = keras.Input((6, 6, 4), name="x")
    conv = layers.Conv2D(4, 3, padding="same", name="conv")
    norm = layers.BatchNormalization(axis=1 if case == "another axis" else -1, name="norm")
    x = conv(inputs)
    outputs = {"embedding": norm(x)}
    if case == "read twice":
        outputs["embedding"] = layers.Add()([outputs["embedding"], layers.ReLU()(x)])
    elif case == "asked for":
        outputs["raw"] = x
    elif case == "called twice":
        outputs["embedding"] = conv(outputs["embedding"])
    network = stirred(keras.Model({"x": inputs}, outputs))
    assert fold_batchnorm(network) is network


def test_a_network_without_norm_is_returned_as_it_is():
    network = build("cnn2d_tiny")
    assert fold_batchnorm(network) is network
    with pytest.raises(ConfigError, match="functional"):
        fold_batchnorm(keras.Sequential())
