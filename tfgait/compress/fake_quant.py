"""Int8 simulated in float32: the layers of quantisation-aware training."""

import keras
from keras import ops

from tfgait.graph.folding import folded_weights, output_shape
from tfgait.graph.unfolded import UnfoldedConv3D

LARGEST = 127
MOMENTUM = 0.99
NARROWEST = 1e-6
# LiteRT files have one scale for the whole kernel of these, and one for each output of the others.
WHOLE = ("Dense", "SeparateDense")


class RoundedKernel(keras.layers.Layer):
    """A layer called with its kernel rounded to int8: symmetric, a scale for each output channel or for the whole.

    The gradient passes the rounding unchanged. A Conv3D trains as one and is written unfolded.

    Args:
        layer: one that has a kernel, built; its variables stay its own.
        norm: a BatchNorm behind it that is folded into the kernel with its present statistics, or None.

    Reference: Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
        Inference", CVPR 2018; the straight-through estimator is that of Bengio et al., 2013.
    """

    def __init__(self, layer, norm=None):
        super().__init__(name=f"{layer.name}_rounded", dtype=layer.dtype_policy)
        self.layer, self.norm = layer, norm
        self.built = True

    def call(self, x, training=False):
        layer, kernel, bias = self.layer, ops.convert_to_tensor(self.layer.kernel), None
        if self.norm is not None:
            kernel, bias = folded_weights(layer, self.norm)
        rounded = rounded_kernel(layer, kernel)
        if training:
            rounded = kernel + ops.stop_gradient(rounded - kernel)
        values = [(layer.kernel, rounded)]
        if bias is not None and layer.use_bias:
            values.append((layer.bias, bias))
        unfolded = type(layer) is keras.layers.Conv3D and not training
        call = UnfoldedConv3D.call if unfolded else type(layer).call
        with keras.StatelessScope(state_mapping=values):
            found = call(layer, x)
        return found if bias is None or layer.use_bias else found + ops.cast(bias, found.dtype)

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)


class ActivationRange(keras.layers.Layer):
    """Rounds a tensor to 256 steps of its range, which training follows by a moving average of batch extremes.

    Zero lies always in the range. Until a first batch has been seen in training the range is empty.

    Input shape: any. Output shape: the same, float32.
    """

    def __init__(self, **kwargs):
        super().__init__(dtype="float32", **kwargs)

    def build(self, _):
        how = {"shape": (), "initializer": "zeros", "trainable": False, "aggregation": "mean"}
        self.low, self.high = (self.add_weight(name=name, **how) for name in ("low", "high"))

    def call(self, x, training=False):
        if training:
            unseen = ops.equal(self.low, self.high)
            for end, value in ((self.low, ops.minimum(ops.min(x), 0.0)), (self.high, ops.maximum(ops.max(x), 0.0))):
                end.assign(ops.where(unseen, value, MOMENTUM * end + (1 - MOMENTUM) * value))
        high = ops.maximum(self.high, self.low + NARROWEST)
        return keras.quantizers.fake_quant_with_min_max_vars(x, self.low, high)

    def compute_output_shape(self, input_shape):
        return input_shape


def rounded_kernel(layer, kernel):
    """Return a kernel of a layer with every value at a whole multiple, -127 to 127, of its scale."""
    whole = type(layer).__name__ in WHOLE
    axes = None if whole else tuple(axis for axis, size in enumerate(output_shape(layer)) if size == 1)
    largest = ops.max(ops.abs(kernel), axis=axes, keepdims=True)
    scale = ops.maximum(largest / LARGEST, NARROWEST / LARGEST)
    return ops.clip(ops.round(kernel / scale), -LARGEST, LARGEST) * scale
