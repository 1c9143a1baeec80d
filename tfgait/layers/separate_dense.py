"""A matrix of its own for every part of the body."""

import math

import keras
from keras import ops


@keras.saving.register_keras_serializable("tfgait")
class SeparateDense(keras.layers.Layer):
    """Multiplies every part by its own matrix, without bias.

    Initial weights are uniform within sqrt(6 / ((Cin + P) * units)). That is what the published code gets from a
    Xavier rule applied to the whole (P, Cin, units) tensor, an order of magnitude below the bound of one matrix;
    its learning rates are tuned to it.

    Args:
        units: features a part after it.

    Input shape: (B, P, Cin), P and Cin known.
    Output shape: (B, P, units).

    Reference: the separate fully connected layers of GaitSet and OpenGait.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = int(units)

    def build(self, input_shape):
        _, parts, channels = input_shape
        limit = math.sqrt(6 / ((channels + parts) * self.units))
        self.kernel = self.add_weight(
            name="kernel",
            shape=(parts, channels, self.units),
            initializer=keras.initializers.RandomUniform(-limit, limit),
        )

    def call(self, x):
        # Two transposes around a batched product, not einsum: every converter knows these.
        return ops.transpose(ops.matmul(ops.transpose(x, (1, 0, 2)), self.kernel), (1, 0, 2))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:2], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units}
