"""3D layers that compute with 2D ones: same arguments, weights and result as those of Keras, to rounding."""

import keras
from keras import ops


def over_time(x, taps, stride, dilation=1):
    """Return `taps` tensors (B, T', H, W, C): number t holds frame t * dilation of every window of (B, T, H, W, C).

    Windows lie within the frames, which must be known.
    """
    _, frames, height, width, channels = x.shape
    reach = (taps - 1) * dilation
    count = (frames - reach - 1) // stride + 1
    if stride == 1:
        return [x[:, t * dilation : t * dilation + count] for t in range(taps)]
    # XNNPACK takes no slice with a stride: frames of one stride lie below one another, and are cut apart as rows.
    blocks = count + reach // stride
    missing = max(blocks * stride - frames, 0)
    x = ops.pad(x, ((0, 0), (0, missing), (0, 0), (0, 0), (0, 0))) if missing else x[:, : blocks * stride]
    x = ops.reshape(x, (-1, blocks, stride * height, width, channels))
    places = [divmod(t * dilation, stride) for t in range(taps)]
    return [x[:, block : block + count, row * height : (row + 1) * height] for block, row in places]


@keras.saving.register_keras_serializable("tfgait")
class UnfoldedConv3D(keras.layers.Conv3D):
    """A Conv3D that computes one 2D convolution over its time taps, concatenated on the channels.

    Frames must be known. TFLite has no int8 Conv3D; the concatenation keeps one accumulator, so int8 loses nothing to
    sums.
    """

    def call(self, inputs):
        """Return (B, T', H', W', filters) of (B, T, H, W, C)."""
        taps, rows, columns = self.kernel_size
        stride, *step = self.strides
        dilation, *spread = self.dilation_rate
        if self.padding == "same":
            frames = inputs.shape[1]
            wanted = -(-frames // stride)
            missing = max((wanted - 1) * stride + (taps - 1) * dilation + 1 - frames, 0)
            inputs = ops.pad(inputs, ((0, 0), (missing // 2, missing - missing // 2), (0, 0), (0, 0), (0, 0)))
        parts = over_time(inputs, taps, stride, dilation)
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


@keras.saving.register_keras_serializable("tfgait")
class UnfoldedMaxPooling3D(keras.layers.MaxPooling3D):
    """A MaxPooling3D that takes the maximum within the frames, then over time; frames must be known."""

    def call(self, inputs):
        """Return (B, T', H', W', C) of (B, T, H, W, C)."""
        return _pooled(inputs, self, ops.max_pool)


@keras.saving.register_keras_serializable("tfgait")
class UnfoldedAveragePooling3D(keras.layers.AveragePooling3D):
    """An AveragePooling3D that averages within the frames, then over time; frames must be known."""

    def call(self, inputs):
        """Return (B, T', H', W', C) of (B, T, H, W, C)."""
        return _pooled(inputs, self, average)


@keras.saving.register_keras_serializable("tfgait")
class ConvolvedAveragePooling2D(keras.layers.AveragePooling2D):
    """An AveragePooling2D that is a depthwise convolution: XNNPACK averages no int8, but convolves it."""

    def call(self, inputs):
        """Return (B, H', W', C) of (B, H, W, C)."""
        return average(inputs, self.pool_size, self.strides, self.padding)


def average(x, size, strides, padding):
    """Return the averages of (B, H, W, C) over squares; with padding they count what lies within the borders alone."""
    if padding == "same":
        return ops.average_pool(x, size, strides, padding)
    kernel = ops.full((*size, x.shape[-1], 1), 1 / (size[0] * size[1]), dtype=x.dtype)
    return ops.depthwise_conv(x, kernel, strides, padding)


def _pooled(x, layer, pool):
    (taps, *size), (stride, *step) = layer.pool_size, layer.strides
    _, frames, height, width, channels = x.shape
    x = pool(ops.reshape(x, (-1, height, width, channels)), tuple(size), tuple(step), layer.padding)
    _, height, width, _ = x.shape
    x = ops.reshape(x, (-1, frames, height * width, channels))
    x = pool(x, (taps, 1), (stride, 1), layer.padding)
    return ops.reshape(x, (-1, x.shape[1], height, width, channels))
