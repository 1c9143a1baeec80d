import keras
import numpy as np
import pytest
from keras import layers

from tfgait.core.errors import ConfigError
from tfgait.graph.costs import costs, macs
from tfgait.graph.lowering import lower
from tfgait.nets import build


@pytest.mark.parametrize(
    ("preset", "millions", "params"),
    [("cnn2d", 1015, 6_829_024), ("cnn3d", 1342, 9_901_376), ("gaitset", 3262, 2_594_592)],
)
def test_published_networks_cost_what_is_published(preset, millions, params):
    model = build(preset)
    assert round(macs(model, 30) / 1e6) == millions
    assert sum(c.params for c in costs(model)) == params == model.count_params()


def test_frames_scale_what_is_done_a_frame():
    model = build("gaitset")
    cost = {frames: {c.name: c.macs for c in costs(model, frames)} for frames in (1, 7)}
    for name in cost[1]:
        assert cost[7][name] == cost[1][name] * (7 if name.startswith("frame") else 1)


def test_a_convolution_by_counting_its_products():
    given = keras.Input((7, 6, 3), name="x")
    x = layers.Conv2D(4, (3, 2), strides=2, padding="valid", name="conv")(given)
    x = layers.DepthwiseConv2D(2, depth_multiplier=3, name="depthwise")(x)
    model = keras.Model(given, layers.Dense(5, name="dense")(x))
    products = 0
    for _ in np.ndindex(3, 3, 4):  # positions and filters
        products += 3 * 2 * 3
    found = {c.name: c.macs for c in costs(model)}
    assert found == {"conv": products, "depthwise": 2 * 2 * 4 * 3 * 4, "dense": 2 * 2 * 12 * 5}


def test_a_layer_without_a_formula_says_so_and_one_used_twice_counts_twice():
    given = keras.Input((4, 3))
    shared = layers.Dense(3, name="shared")
    model = keras.Model(given, layers.LSTM(2, name="lstm")(shared(shared(given))))
    found = {c.name: c.macs for c in costs(model)}
    assert found == {"shared": 2 * 4 * 9, "lstm": None} and macs(model) == 72


def test_only_frames_may_be_free():
    given = keras.Input((4, None, 3))
    with pytest.raises(ConfigError, match="free"):
        macs(keras.Model(given, layers.ReLU()(given)))


def by_products(model):
    return {c.name: (c.filters, c.macs) for c in costs(model)}


def test_layers_of_two_kernels_and_transposed_ones_by_counting_their_products():
    given = keras.Input((4, 6, 3), name="x")
    x = layers.SeparableConv2D(5, 3, depth_multiplier=2, name="separable")(given)
    x = layers.Conv2DTranspose(7, 2, strides=3, name="transposed")(x)
    products = 0
    for _ in np.ndindex(2, 4):  # places
        products += 3 * 2 * 3 * 3 + 6 * 5  # each channel twice by 3 x 3, then all six by each filter
    spread = sum(5 * 7 * 2 * 2 for _ in np.ndindex(2, 4))  # each value given is spread by the whole kernel
    assert by_products(keras.Model(given, x)) == {"separable": (5, products), "transposed": (7, spread)}


@pytest.mark.parametrize(
    ("equation", "shape", "filters"),
    [
        ("abcd,cde->abe", (5, 7), 7),
        ("abcd,bde->abce", (5, 6, 7), 7),
        ("abcd,d->abcd", (5, 6, 4), 0),
        ("abcd,bs->ascd", (3, 6, 4), 3),
        ("...d,def->...ef", (2, 3), 6),
        ("ab...,be->ae...", 7, 7),
    ],
)
def test_an_einsum_by_counting_its_products(equation, shape, filters):
    given = keras.Input((5, 6, 4), name="x")
    layer = layers.EinsumDense(equation, shape, name="einsum")
    model = keras.Model(given, layer(given))
    whole = equation.replace("...", {"...d,def->...ef": "abc", "ab...,be->ae...": "cd"}.get(equation, ""))
    sizes = dict(zip(whole.split(",")[0], (1, 5, 6, 4), strict=True))
    sizes |= dict(zip(whole.split(",")[1].split("->")[0], layer.kernel.shape, strict=True))
    products = sum(1 for _ in np.ndindex(*sizes.values()))
    assert by_products(model) == {"einsum": (filters, products)}


def test_what_treats_channels_makes_none_and_what_normalises_costs_nothing():
    given = keras.Input((4, 6, 3), name="x")
    x = layers.DepthwiseConv2D(3, name="depthwise")(given)
    x = layers.RMSNormalization(name="rms")(layers.GroupNormalization(3, name="group")(x))
    assert by_products(keras.Model(given, x)) == {"depthwise": (0, 2 * 4 * 3 * 9), "group": (0, 0), "rms": (0, 0)}


def test_a_lowered_network_costs_what_it_cost():
    model = build("cnn3d_tiny")
    assert macs(lower(model)) == macs(model)
