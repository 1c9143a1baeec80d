"""Conv3D written as 2D convolutions, exactly: what small targets can quantise and run fast."""

import keras
from keras import ops

from tfgait.core.errors import ConfigError


@keras.saving.register_keras_serializable("tfgait")
class UnfoldedConv3D(keras.layers.Conv3D):
    """A Conv3D that computes one 2D convolution over its time taps, concatenated on the channels.

    Same arguments, weights and result as `keras.layers.Conv3D` (to rounding); frames must be known.
    TFLite has no int8 Conv3D; the concatenation keeps one accumulator, so int8 loses nothing to sums.
    """

    def call(self, inputs):
        """Return (B, T', H', W', filters) of (B, T, H, W, C)."""
        taps, rows, columns = self.kernel_size
        stride, *step = self.strides
        dilation, *spread = self.dilation_rate
        frames = inputs.shape[1]
        if self.padding == "same":
            wanted = -(-frames // stride)
            missing = max((wanted - 1) * stride + (taps - 1) * dilation + 1 - frames, 0)
            inputs = ops.pad(inputs, ((0, 0), (missing // 2, missing - missing // 2), (0, 0), (0, 0), (0, 0)))
            frames += missing
        reach = (frames - (taps - 1) * dilation - 1) // stride * stride + 1
        parts = [inputs[:, t * dilation : t * dilation + reach : stride] for t in range(taps)]
        stacked = ops.concatenate(parts, axis=-1) if taps > 1 else parts[0]
        _, times, height, width, channels = stacked.shape
        kernel = ops.transpose(self.kernel, (1, 2, 0, 3, 4))
        kernel = ops.reshape(kernel, (rows, columns, channels, self.filters))
        flat = ops.reshape(stacked, (-1, height, width, channels))
        # TensorFlow refuses stride and dilation together, as Keras does for Conv3D itself.
        found = ops.conv(flat, kernel, strides=step, padding=self.padding, dilation_rate=spread)
        if self.use_bias:
            found = ops.add(found, self.bias)
        found = self.activation(found)
        return ops.reshape(found, (-1, times, *found.shape[1:]))


def lower(network):
    """Return a functional model equal to `network` in which every Conv3D is an `UnfoldedConv3D`.

    Args:
        network: a functional Keras model with fixed frames, channels last.

    Returns:
        A model with the same names of layers, inputs and outputs and copies of the weights;
        `network` itself where it has no Conv3D.

    Raises:
        ConfigError: a Conv3D has groups (a depthwise one is written with DepthwiseConv2D from the start),
            or channels first.
    """
    found = [layer for layer in network.layers if type(layer) is keras.layers.Conv3D]
    for layer in found:
        if layer.groups != 1 or layer.data_format != "channels_last":
            raise ConfigError(
                "Conv3D can be lowered with groups=1 and data_format=channels_last. "
                f"Received: layer={layer.name}, groups={layer.groups}, data_format={layer.data_format}."
            )
    if not found:
        return network
    lowered = keras.models.clone_model(network, clone_function=_lowered_layer)
    lowered.set_weights(network.get_weights())
    return lowered


def _lowered_layer(layer):
    kind = UnfoldedConv3D if type(layer) is keras.layers.Conv3D else type(layer)
    return kind.from_config(layer.get_config())
