"""A set of frames into one map, whatever their order and number."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("tfgait")
class SetPooling(keras.layers.Layer):
    """Takes the maximum over time.

    Input shape: `x` (B, T, ...); optionally `length` (B,) whole numbers in 1..T, the frames of each sequence that
        count: the rest is padding and has no influence, on the value or on the gradient.
    Output shape: (B, ...).

    Reference: Chao et al., "GaitSet: Regarding Gait as a Set for Cross-View Gait Recognition", AAAI 2019
        (set pooling; the maximum is what its released network and OpenGait use).
    """

    def call(self, x, length=None):
        if length is not None:
            steps = ops.reshape(ops.arange(ops.shape(x)[1], dtype="int32"), (1, -1, *(1,) * (len(x.shape) - 2)))
            limit = ops.reshape(ops.cast(length, "int32"), (-1, *(1,) * (len(x.shape) - 1)))
            # The first frame always counts, so it may stand in for padding: no smallest number of each type is needed.
            x = ops.where(steps < limit, x, x[:, :1])
        return ops.max(x, axis=1)

    def compute_output_shape(self, x_shape, length_shape=None):
        return (x_shape[0], *x_shape[2:])
