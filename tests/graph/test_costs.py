import keras
import numpy as np
import pytest
from keras import layers

from tfgait.core.errors import ConfigError
from tfgait.graph.costs import costs, macs
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
