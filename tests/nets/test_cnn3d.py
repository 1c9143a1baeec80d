"""CNN3D against its published numbers."""

import keras
from contract import NetworkContract

from tfgait.nets import build


class TestCNN3D(NetworkContract):
    preset = "cnn3d_tiny"


def test_has_the_published_size():
    network = build("cnn3d")
    head = keras.layers.Dense(150, name="probs")(network.output["embedding"])
    assert keras.Model(network.inputs, head).count_params() == 10_055_126
    assert network.output["embedding"].shape == (None, 1, 1024)
    names = ("conv1", "conv2", "conv3", "conv4", "conv5", "conv6", "gray_code")
    sizes = [9_664, 221_312, 884_992, 3_539_456, 3_146_240, 524_800, 525_312]
    assert [network.get_layer(name).count_params() for name in names] == sizes
    shapes = [tuple(network.get_layer(name).output.shape[1:]) for name in names]
    assert shapes == [
        (23, 28, 28, 64),
        (21, 13, 13, 128),
        (10, 6, 6, 256),
        (4, 2, 2, 512),
        (2, 1, 1, 512),
        (1, 1, 1, 512),
        (1, 1, 1, 1024),
    ]


def test_smallest_input_is_told_and_right():
    assert build("cnn3d_tiny", height=49, width=49, frames=23).get_layer("conv6").output.shape[1:4] == (1, 1, 1)
