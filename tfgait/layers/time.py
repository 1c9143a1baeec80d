"""Time folded into the batch and back: frame-wise layers see ordinary images, and converters see plain reshapes."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("tfgait")
class FoldTime(keras.layers.Layer):
    """Makes every frame an item of the batch.

    Input shape: (B, T, ...); all axes after T must be known.
    Output shape: (B * T, ...).
    """

    def call(self, x):
        return ops.reshape(x, (-1, *x.shape[2:]))

    def compute_output_shape(self, input_shape):
        batch, frames = input_shape[:2]
        return (None if batch is None or frames is None else batch * frames, *input_shape[2:])


@keras.saving.register_keras_serializable("tfgait")
class UnfoldTime(keras.layers.Layer):
    """Gives the frames back to their sequences: the inverse of `FoldTime`.

    With a known number of frames it is one reshape by constants; only with a free one is the number read at run time.

    Input shape: `x` (B * T, ...) and `like` (B, T, ...), the tensor that was folded, of which only the shape is read.
    Output shape: (B, T, ...) with the last axes of `x`.
    """

    def call(self, x, like):
        batch, frames = like.shape[:2]
        if frames is not None:
            batch = -1
        elif batch is not None:
            frames = -1
        else:
            batch, frames = -1, ops.shape(like)[1]
        return ops.reshape(x, (batch, frames, *x.shape[1:]))

    def compute_output_shape(self, x_shape, like_shape):
        return (*like_shape[:2], *x_shape[1:])


@keras.saving.register_keras_serializable("tfgait")
class FramesToChannels(keras.layers.Layer):
    """Lays the frames behind one another as channels, for 2D networks that see a whole window at once.

    Input shape: (B, T, H, W, C), all but B known.
    Output shape: (B, H, W, T * C); channel t * C + c is channel c of frame t.

    Reference: Castro et al., "Multimodal feature fusion for CNN-based gait recognition" (2020), whose flow
        networks interleave x and y: channel 2t + {0: x, 1: y}.
    """

    def call(self, x):
        _, frames, height, width, channels = x.shape
        return ops.reshape(ops.transpose(x, (0, 2, 3, 1, 4)), (-1, height, width, frames * channels))

    def compute_output_shape(self, input_shape):
        batch, frames, height, width, channels = input_shape
        return (batch, height, width, frames * channels)
