"""The networks on windows, for every kind of input they take."""

import keras
import numpy as np
import pytest
from contract import NetworkContract

from tfgait.core.errors import ConfigError
from tfgait.nets import NETWORKS, build
from tfgait.nets.window import MODALITIES
from tfgait.train.heads import SoftmaxHead

CHANNELS = {"flow": 2, "grey": 1, "rgb": 3, "depth": 1, "silhouettes": 1}
WINDOWED = [name for name in NETWORKS if name != "gaitset"]


class TestCNN2DOnColour(NetworkContract):
    preset = "cnn2d_tiny"
    changes = {"modality": "rgb"}


class TestCNN3DOnDepth(NetworkContract):
    preset = "cnn3d_tiny"
    changes = {"modality": "depth", "signature": "gray_code"}


class TestCNN2Plus1DOnGrey(NetworkContract):
    preset = "cnn2plus1d_tiny"
    changes = {"modality": "grey", "signature": "gray_code"}


class TestCNN2DWithoutItsLastLayer(NetworkContract):
    preset = "cnn2d_tiny"
    changes = {"signature": "code"}


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize(
    ("preset", "published", "of_each_channel"),
    [("cnn2d", 6_829_024, 25 * 7 * 7 * 96), ("cnn3d", 9_901_376, 3 * 5 * 5 * 64)],
)
def test_only_the_first_layer_depends_on_the_input(preset, published, of_each_channel, modality):
    network = build(preset, modality=modality)
    assert network.count_params() == published + (CHANNELS[modality] - 2) * of_each_channel
    assert network.modality == modality
    assert network.input[modality].shape == (None, 25, 60, 60, CHANNELS[modality])


@pytest.mark.parametrize(("preset", "classes", "total"), [("cnn2d", 150, 6_982_774), ("cnn3d", 150, 10_055_126)])
def test_has_the_published_size_with_its_classifier(preset, classes, total):
    network = build(preset)
    head = SoftmaxHead(*network.output["embedding"].shape[1:], classes)
    assert network.count_params() + head.count_params() == total


def test_gaitset_has_the_published_size_with_its_classifier():
    network = build("gaitset")
    head = SoftmaxHead(*network.output["embedding"].shape[1:], 74)
    assert (network.count_params(), head.count_params()) == (2_594_592, 15_872 * 74 + 74)


@pytest.mark.parametrize(
    ("modality", "stored", "seen"),
    [
        ("grey", [0, 255], [-0.5, 0.5]),
        ("rgb", [0, 51], [-0.5, -0.3]),
        ("silhouettes", [0, 255], [0.0, 1.0]),
        ("depth", [0, 4000], [-0.5, 0.5]),
        ("flow", [-3.25, 7.5], [-3.25, 7.5]),
    ],
)
def test_rescales_as_published(modality, stored, seen):
    network = build("cnn3d_tiny", modality=modality)
    first = keras.Model(network.input, network.get_layer("conv1").input)
    for value, expected in zip(stored, seen, strict=True):
        window = np.full((1, *network.inputs[0].shape[1:]), value, "float32")
        np.testing.assert_allclose(first({modality: window}), np.full_like(window, expected), atol=1e-6)


@pytest.mark.parametrize(("preset", "last"), [("cnn2d_tiny", "code"), ("cnn3d_tiny", "gray_code")])
def test_the_earlier_signature_is_what_the_last_layer_reads(preset, last):
    whole, short = build(preset), build(preset, signature=last)
    assert "code_1" not in {layer.name for layer in short.layers}
    for layer in short.layers:
        layer.set_weights(whole.get_layer(layer.name).get_weights())
    flow = {"flow": np.random.default_rng(0).normal(size=(2, *whole.inputs[0].shape[1:])).astype("float32")}
    kernel, bias = whole.get_layer("code_1").get_weights()
    np.testing.assert_allclose(
        np.asarray(short(flow)["embedding"]) @ kernel + bias, whole(flow)["embedding"], atol=1e-5
    )


@pytest.mark.parametrize("network", WINDOWED)
def test_names_the_nearest_kind_of_input(network):
    with pytest.raises(ConfigError, match="Received: modality=silhouete. Did you mean 'silhouettes'"):
        build(f"{network}_tiny", modality="silhouete")
    with pytest.raises(ConfigError, match="signature must be one of code_1"):
        build(f"{network}_tiny", signature="code_2")


def test_gaitset_takes_the_published_slope():
    steep, flat = build("gaitset_tiny", slope=0.3), build("gaitset_tiny", slope=0.0)
    steep.set_weights(flat.get_weights())
    frames = {"silhouettes": np.random.default_rng(0).uniform(0, 255, (2, 5, 16, 12, 1)).astype("float32")}
    assert np.abs(np.asarray(steep(frames)["embedding"]) - np.asarray(flat(frames)["embedding"])).max() > 1e-3
    acts = [layer for layer in steep.layers if isinstance(layer, keras.layers.LeakyReLU)]
    assert len(acts) == 10 and {layer.negative_slope for layer in acts} == {0.3}
    with pytest.raises(ConfigError, match="slope must lie in"):
        build("gaitset_tiny", slope=1.0)
