"""The layers of tfgait as tf_keras layers: the same arithmetic, not written again."""

import tf_keras
from tensorflow_model_optimization.clustering.keras import ClusterableLayer
from tensorflow_model_optimization.sparsity.keras import PrunableLayer

from tfgait.layers.horizontal_pyramid import HorizontalPyramidPooling
from tfgait.layers.separate_dense import SeparateDense
from tfgait.layers.set_pooling import SetPooling
from tfgait.layers.time import FoldTime, FramesToChannels, UnfoldTime


def _counterpart(original, *arguments):
    """Return a tf_keras layer class that calls what a layer of Keras 3 calls, on its first input or on a list."""

    class Twin(tf_keras.layers.Layer):
        def __init__(self, **kwargs):
            given = {name: kwargs.pop(name) for name in arguments}
            super().__init__(**kwargs)
            self.given = given
            for name, value in given.items():
                setattr(self, name, value)

        def call(self, inputs):
            inputs = inputs if isinstance(inputs, (list, tuple)) else [inputs]
            return original.call(self, *inputs)

        def get_config(self):
            return {**super().get_config(), **self.given}

    Twin.__name__ = Twin.__qualname__ = f"Twin{original.__name__}"
    return Twin


class TwinSeparateDense(_counterpart(SeparateDense, "units"), PrunableLayer, ClusterableLayer):
    """`SeparateDense`, whose matrices can be made sparse and clustered."""

    def build(self, input_shape):
        shape = (input_shape[1], input_shape[2], self.units)
        self.kernel = self.add_weight(name="kernel", shape=shape, initializer="zeros")
        super().build(input_shape)  # marks it as built: else a stripped layer is built once more, all zeros

    def get_prunable_weights(self):
        return [self.kernel]

    def get_clusterable_weights(self):
        return [("kernel", self.kernel)]

    def get_clusterable_algorithm(self, weight_name):
        return None  # the usual one


COUNTERPARTS = {
    "FoldTime": _counterpart(FoldTime),
    "UnfoldTime": _counterpart(UnfoldTime),
    "FramesToChannels": _counterpart(FramesToChannels),
    "SetPooling": _counterpart(SetPooling),
    "HorizontalPyramidPooling": _counterpart(HorizontalPyramidPooling, "bins"),
    "SeparateDense": TwinSeparateDense,
}
