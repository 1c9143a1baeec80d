"""Convolutions of one or two channels, written for kernels that multiply four and more at a time."""

import keras
from keras import ops

PHASES = 2
NARROW = 2  # channels up to which it pays


@keras.saving.register_keras_serializable("tfgait")
class PhasedConv2D(keras.layers.Conv2D):
    """A Conv2D that takes two neighbouring columns as channels, and makes them so.

    Same arguments, weights and result as `keras.layers.Conv2D`, in int8 to the bit: every output keeps its own scale.
    Int8 kernels fill the channels of an input up to four or more, which a kernel of one channel pays for at every tap;
    here half as many taps of twice the channels make twice the filters at half the places.
    """

    def call(self, inputs):
        """Return (B, H, W, filters) of (B, H, W, C)."""
        _, height, width, channels = inputs.shape
        rows, taps = self.kernel_size
        before = (taps - 1) // 2
        # Of the pair that an output lies in, the first and the last pair it looks at.
        first, last = -before // PHASES, (PHASES - 1 + taps - 1 - before) // PHASES
        reach = (last - first + 1) * PHASES
        starts = [phase - before - first * PHASES for phase in range(PHASES)]
        shifted = [ops.pad(self.kernel, ((0, 0), (s, reach - taps - s), (0, 0), (0, 0))) for s in starts]
        kernel = ops.reshape(
            ops.concatenate(shifted, axis=-1), (rows, reach // PHASES, PHASES * channels, PHASES * self.filters)
        )
        paired = ops.reshape(inputs, (-1, height, width // PHASES, PHASES * channels))
        found = ops.conv(paired, kernel, padding="same")
        found = ops.reshape(found, (-1, height, width, self.filters))
        if self.use_bias:
            found = ops.add(found, self.bias)
        return self.activation(found)


def is_narrow(layer):
    """Return whether a layer is a Conv2D that gains as a `PhasedConv2D`: few channels, odd taps, an even width kept."""
    if type(layer) is not keras.layers.Conv2D or layer.padding != "same" or layer.data_format != "channels_last":
        return False
    (_, _, width, channels), taps = layer.input.shape, layer.kernel_size[1]
    plain = layer.groups == 1 and layer.strides == (1, 1) and layer.dilation_rate == (1, 1)
    return plain and channels <= NARROW and taps > 1 and taps % 2 == 1 and width is not None and width % PHASES == 0
