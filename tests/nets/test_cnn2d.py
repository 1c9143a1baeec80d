"""CNN2D against its published numbers."""

import keras
import numpy as np
from contract import NetworkContract

from tfgait.layers.time import FramesToChannels
from tfgait.nets import build


class TestCNN2D(NetworkContract):
    preset = "cnn2d_tiny"


def test_has_the_published_size():
    network = build("cnn2d")
    head = keras.layers.Dense(150, name="probs")(network.output["embedding"])
    assert keras.Model(network.inputs, head).count_params() == 6_982_774
    assert network.output["embedding"].shape == (None, 1, 1024)
    sizes = {name: network.get_layer(name).count_params() for name in ("conv1", "conv2", "conv3", "conv4")}
    assert sizes == {"conv1": 235_296, "conv2": 460_992, "conv3": 885_248, "conv4": 1_049_088}
    assert [network.get_layer(n).count_params() for n in ("dense", "code", "code_1")] == [
        1_050_624,
        2_098_176,
        1_049_600,
    ]


def test_channel_2t_is_x_and_the_next_is_y():
    flow = np.random.default_rng(0).normal(size=(2, 5, 4, 3, 2)).astype("float32")
    stacked = np.asarray(FramesToChannels()(flow))
    for t in range(5):
        np.testing.assert_array_equal(stacked[..., 2 * t], flow[:, t, :, :, 0])
        np.testing.assert_array_equal(stacked[..., 2 * t + 1], flow[:, t, :, :, 1])


def test_drops_only_in_training():
    network = build("cnn2d_tiny", dropout=0.9)
    flow = {"flow": np.random.default_rng(0).normal(size=(2, *network.inputs[0].shape[1:])).astype("float32")}
    still = [np.asarray(network(flow)["embedding"]) for _ in range(2)]
    np.testing.assert_array_equal(*still)
    assert np.abs(np.asarray(network(flow, training=True)["embedding"]) - still[0]).max() > 1e-3
