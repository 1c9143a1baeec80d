"""Strips of a map at several scales: from the whole body to its parts."""

import keras
from keras import ops

from tfgait.core.errors import ConfigError


@keras.saving.register_keras_serializable("tfgait")
class HorizontalPyramidPooling(keras.layers.Layer):
    """Cuts a map into horizontal strips at several scales; each strip gives its mean plus its maximum.

    Args:
        bins: numbers of strips, one a scale; each must divide the height.

    Input shape: (B, H, W, C), all but B known.
    Output shape: (B, sum(bins), C), scales in the order of `bins`, strips from the top down.

    Raises:
        ConfigError: a number of strips that does not divide the height.

    Reference: Fu et al., "Horizontal Pyramid Matching for Person Re-identification", AAAI 2019; sum of mean and
        maximum as in GaitSet and OpenGait, whose order is 16, 8, 4, 2, 1.
    """

    def __init__(self, bins=(16, 8, 4, 2, 1), **kwargs):
        super().__init__(**kwargs)
        self.bins = [int(b) for b in bins]
        if not self.bins or min(self.bins) < 1:
            raise ConfigError(f"bins must be whole numbers above 0, at least one. Received: bins={list(bins)}.")

    def build(self, input_shape):
        check_bins(self.bins, input_shape[1])

    def call(self, x):
        _, height, width, channels = x.shape
        strips = [ops.reshape(x, (-1, b, height // b * width, channels)) for b in self.bins]
        return ops.concatenate([ops.mean(s, axis=2) + ops.max(s, axis=2) for s in strips], axis=1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], sum(self.bins), input_shape[3])

    def get_config(self):
        return {**super().get_config(), "bins": self.bins}


def check_bins(bins, height):
    """Raise `ConfigError` unless every number of strips divides the height of the map."""
    wrong = [b for b in bins if height % b]
    if wrong:
        fitting = [b for b in range(height, 0, -1) if height % b == 0]
        raise ConfigError(
            f"bins must divide the height of the feature map, {height}: any of {fitting}. Received: bins={list(bins)}."
        )
