"""CNN2Plus1D against a closed form and a slow loop."""

import keras
import numpy as np
import pytest
from contract import NetworkContract

from tfgait.core.errors import ConfigError
from tfgait.nets import build
from tfgait.nets.cnn3d import KERNELS, STRIDES

FILTERS = (64, 128, 256, 512, 512, 512)


class TestCNN2Plus1D(NetworkContract):
    preset = "cnn2plus1d_tiny"


def closed_form(channels, embedding=1024):
    """Return how many weights twelve 2D convolutions and two dense layers have."""
    total = 0
    for (taps, height, width), filters in zip(KERNELS.values(), FILTERS, strict=True):
        total += height * width * channels * filters + filters
        total += taps * filters * filters + filters
        channels = filters
    return total + channels * embedding + embedding + embedding * embedding + embedding


@pytest.mark.parametrize(("modality", "channels"), [("flow", 2), ("rgb", 3), ("depth", 1)])
def test_has_the_published_layers(modality, channels):
    network = build("cnn2plus1d", modality=modality)
    assert network.count_params() == closed_form(channels)
    head = keras.layers.Dense(150, name="probs")(network.output["embedding"])
    assert keras.Model(network.inputs, head).count_params() == closed_form(channels) + 1024 * 150 + 150
    shapes = [tuple(network.get_layer(f"conv{i}_time_map").output.shape[1:]) for i in range(1, 7)]
    assert shapes == [
        (23, 28, 28, 64),
        (21, 13, 13, 128),
        (10, 6, 6, 256),
        (4, 2, 2, 512),
        (2, 1, 1, 512),
        (1, 1, 1, 512),
    ]


def test_equals_a_loop_over_frames_and_pixels():
    network = build("cnn2plus1d_tiny")
    random = np.random.default_rng(0)
    network.set_weights([random.normal(0, 0.3, w.shape) for w in network.weights])
    x = flow = random.normal(size=(2, *network.inputs[0].shape[1:])).astype("float32")
    for name in KERNELS:
        space, time = (network.get_layer(f"{name}_{part}") for part in ("space", "time"))
        (taps, *_), (stride, step, _) = KERNELS[name], STRIDES[name]
        frames = [keras.ops.conv(x[:, t], space.kernel, step) + space.bias for t in range(x.shape[1])]
        frames = np.maximum(np.stack(frames, axis=1), 0)
        starts = range(0, x.shape[1] - taps + 1, stride)
        kernel = np.asarray(time.kernel)[:, 0]
        x = np.stack([sum(frames[:, t + i] @ kernel[i] for i in range(taps)) for t in starts], axis=1)
        x = np.maximum(x + np.asarray(time.bias), 0)
    x = x.reshape(2, -1)
    for name in ("gray_code", "code_1"):
        kernel, bias = network.get_layer(name).get_weights()
        x = x @ kernel + bias
    out = np.asarray(network({"flow": flow})["embedding"])[:, 0]
    np.testing.assert_allclose(out, x, atol=1e-5 * np.abs(x).max())


def test_smallest_input_is_told_and_right():
    network = build("cnn2plus1d_tiny", height=49, width=49, frames=23)
    assert network.get_layer("conv6_time_map").output.shape[1:4] == (1, 1, 1)
    with pytest.raises(ConfigError, match="frames must be at least 23"):
        build("cnn2plus1d_tiny", frames=22)
