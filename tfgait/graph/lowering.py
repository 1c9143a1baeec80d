"""Layers written as those that small targets have, run fast and hold in int8, exactly."""

import keras
from keras import ops

from tfgait.core.errors import ConfigError
from tfgait.graph.unfolded import (
    ConvolvedAveragePooling2D,
    UnfoldedAveragePooling3D,
    UnfoldedConv3D,
    UnfoldedMaxPooling3D,
)
from tfgait.layers.separate_dense import SeparateDense


@keras.saving.register_keras_serializable("tfgait")
class GroupedDense(SeparateDense):
    """A `SeparateDense` that is one convolution of as many groups as there are parts.

    LiteRT multiplies stacks of int8 matrices outside XNNPACK and with one scale for all of them; the convolution takes
    a third of the time and has a scale for every feature of every part.
    """

    def call(self, x):
        """Return (B, P, units) of (B, P, Cin)."""
        _, parts, channels = x.shape
        kernel = ops.reshape(ops.transpose(self.kernel, (1, 0, 2)), (1, 1, channels, parts * self.units))
        found = ops.conv(ops.reshape(x, (-1, 1, 1, parts * channels)), kernel)
        return ops.reshape(found, (-1, parts, self.units))


LOWERED = {
    keras.layers.Conv3D: UnfoldedConv3D,
    keras.layers.MaxPooling3D: UnfoldedMaxPooling3D,
    keras.layers.AveragePooling3D: UnfoldedAveragePooling3D,
}
# What int8 alone gains from.
LOWERED_INT8 = {keras.layers.AveragePooling2D: ConvolvedAveragePooling2D, SeparateDense: GroupedDense}


def lower(network, int8=False):
    """Return a functional model equal to `network` in which 3D convolutions and pooling are written as 2D ones.

    Args:
        network: a functional Keras model with fixed frames, channels last.
        int8: also write as convolutions what LiteRT averages and multiplies in int8 outside XNNPACK: `AveragePooling2D`
            and `SeparateDense`.

    Returns:
        A model with the same names of layers, inputs and outputs and copies of the weights;
        `network` itself where there is nothing to write otherwise.

    Raises:
        ConfigError: such a layer has channels first, or a Conv3D has groups (a depthwise one is written with
            DepthwiseConv2D from the start).
    """
    kinds = LOWERED | (LOWERED_INT8 if int8 else {})
    found = [layer for layer in network.layers if type(layer) in kinds]
    for layer in found:
        groups, order = getattr(layer, "groups", 1), getattr(layer, "data_format", "channels_last")
        if groups != 1 or order != "channels_last":
            raise ConfigError(
                f"{type(layer).__name__} can be lowered with groups=1 and data_format=channels_last. "
                f"Received: layer={layer.name}, groups={groups}, data_format={order}."
            )
    if not found:
        return network
    lowered = keras.models.clone_model(
        network, clone_function=lambda layer: kinds.get(type(layer), type(layer)).from_config(layer.get_config())
    )
    lowered.set_weights(network.get_weights())
    return lowered
