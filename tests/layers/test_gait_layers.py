"""Layers against loops in numpy."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgait.core.errors import ConfigError
from tfgait.layers.horizontal_pyramid import HorizontalPyramidPooling
from tfgait.layers.separate_dense import SeparateDense
from tfgait.layers.set_pooling import SetPooling
from tfgait.layers.time import FoldTime, FramesToChannels, UnfoldTime


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.mark.parametrize(
    "layer",
    [
        FoldTime(),
        FramesToChannels(),
        SetPooling(),
        HorizontalPyramidPooling([4, 2, 1]),
        SeparateDense(7),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_shapes_are_told_and_configs_kept(layer):
    shape = {HorizontalPyramidPooling: (2, 8, 3, 5), SeparateDense: (2, 3, 5)}.get(type(layer), (2, 3, 8, 6, 5))
    x = normal(*shape)
    out = np.asarray(layer(x))
    assert layer.compute_output_shape(shape) == out.shape
    free = (None, *shape[1:])
    assert layer.compute_output_shape(free) == (None, *out.shape[1:])
    assert tuple(layer(keras.Input(shape[1:])).shape) == (None, *out.shape[1:])
    record = keras.saving.serialize_keras_object(layer)
    assert record["registered_name"] == f"tfgait>{type(layer).__name__}"
    again = keras.saving.deserialize_keras_object(record, safe_mode=True)
    assert again.get_config() == layer.get_config()
    again(x)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(x), out)


@pytest.mark.parametrize("known", [(2, 3), (None, 3), (2, None), (None, None)], ids=str)
def test_unfolding_undoes_folding(known):
    x = normal(2, 3, 4, 5, 6)

    @tf.function(input_signature=[tf.TensorSpec((*known, 4, 5, 6))])
    def there_and_back(x):
        folded = FoldTime()(x)
        return folded, UnfoldTime()(folded[..., :2], x)

    folded, back = there_and_back(x)
    np.testing.assert_array_equal(folded, x.reshape(6, 4, 5, 6))
    np.testing.assert_array_equal(back, x[..., :2])
    assert UnfoldTime().compute_output_shape((None, 9, 2), (*known, 4, 5, 6)) == (*known, 9, 2)


def test_set_pooling_is_the_maximum_of_the_frames_that_count():
    x = normal(3, 5, 4, 2) - 10
    np.testing.assert_array_equal(SetPooling()(x), x.max(axis=1))
    length = np.array([1, 5, 3], "int32")
    expected = [x[i, :t].max(axis=0) for i, t in enumerate(length)]
    for kind in ("int32", "int64", "uint8", "float32"):
        np.testing.assert_array_equal(SetPooling()(x, length.astype(kind)), expected)


@pytest.mark.parametrize("padding", [np.inf, np.nan, 1e30])
def test_set_pooling_never_lets_padding_through(padding):
    x = normal(2, 4, 3)
    x[0, 2:] = padding
    out = np.asarray(SetPooling()(x, np.array([2, 4])))
    np.testing.assert_array_equal(out, [x[0, :2].max(axis=0), x[1].max(axis=0)])


def test_set_pooling_in_half_precision():
    x = normal(2, 4, 3).astype("float16")
    out = np.asarray(SetPooling(dtype="float16")(x, np.array([2, 4])))
    np.testing.assert_array_equal(out, [x[0, :2].max(axis=0), x[1].max(axis=0)])


def test_pyramid_is_mean_plus_maximum_of_strips():
    x = normal(2, 8, 3, 4)
    expected = []
    for bins in (8, 2, 1):
        for strip in np.split(x, bins, axis=1):
            expected.append(strip.mean(axis=(1, 2)) + strip.max(axis=(1, 2)))
    np.testing.assert_allclose(HorizontalPyramidPooling([8, 2, 1])(x), np.stack(expected, 1), atol=1e-6)


@pytest.mark.parametrize("bins", [[3], [16], [0], [-1], []])
def test_pyramid_refuses_strips_that_do_not_divide(bins):
    with pytest.raises(ConfigError, match="bins must .* Received: bins"):
        HorizontalPyramidPooling(bins)(normal(2, 8, 3, 4))


def test_each_part_has_its_own_matrix():
    layer = SeparateDense(5)
    x = normal(4, 3, 6)
    out = np.asarray(layer(x))
    kernel = np.asarray(layer.kernel)
    assert kernel.shape == (3, 6, 5)
    expected = np.stack([x[:, p] @ kernel[p] for p in range(3)], axis=1)
    np.testing.assert_allclose(out, expected, atol=1e-5)


@pytest.mark.parametrize(("parts", "channels", "units"), [(16, 512, 256), (62, 128, 256)])
def test_starts_within_the_published_bound(parts, channels, units):
    keras.utils.set_random_seed(0)
    layer = SeparateDense(units)
    layer.build((None, parts, channels))
    bound = math.sqrt(6 / ((channels + parts) * units))
    weights = np.asarray(layer.kernel)
    assert 0.999 * bound < np.abs(weights).max() <= bound
    assert weights.std() == pytest.approx(bound / math.sqrt(3), rel=0.01)


def test_frames_to_channels_keeps_every_value_once():
    x = np.arange(2 * 3 * 4 * 5 * 2, dtype="float32").reshape(2, 3, 4, 5, 2)
    out = np.asarray(FramesToChannels()(x))
    assert out.shape == (2, 4, 5, 6)
    for index in np.ndindex(x.shape):
        b, t, h, w, c = index
        assert out[b, h, w, 2 * t + c] == x[index]
