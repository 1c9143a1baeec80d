"""Layers whose weights have an axis a channel: the only ones that are cut."""

import numpy as np

from tfgait.graph.channels import Channels, NotUnderstood
from tfgait.graph.rules import channel_axis, expect_axis, rule
from tfgait.graph.rules.elementwise import zero_after


def read(channels, tracker, layer, variable, axis, wanted):
    """Let an axis of a weight read these channels; those that a silenced filter does not leave at zero must stay.

    Args:
        channels, tracker, layer, variable: which, and who.
        axis: of the weight.
        wanted: the axis of the tensor that the layer takes for channels. What is left alone anyway may lie elsewhere.
    """
    if channels.axis != wanted and tracker.is_frozen(channels.ids):
        return
    expect_axis(channels, wanted)
    if not channels.zero:
        tracker.freeze(channels.ids, f"a silenced filter would still reach {layer.name!r}")
    tracker.slice(layer, variable, axis, "in", channels.ids)


def make(tracker, layer, count, axis, weights, zero=True):
    """Return the channels a layer makes; `weights` are (variable, axis) pairs that are as long as they are many."""
    ids = tracker.produce(layer, count)
    for variable, weight_axis in weights:
        tracker.slice(layer, variable, weight_axis, "out", ids)
    return Channels(axis, ids, zero)


def bias_of(layer):
    """Return ``[(bias, 0)]``, or nothing where the layer has none."""
    return [(layer.bias, 0)] if layer.bias is not None else []


@rule("Conv1D", "Conv2D", "Conv3D")
def conv(step, channels, tracker):
    layer, (x,) = step.operation, channels
    axis = channel_axis(layer, len(step.inputs[0].shape))
    if layer.groups != 1:
        raise NotUnderstood(f"is a convolution in {layer.groups} groups")
    zero = zero_after(layer.activation, axis, len(step.outputs[0].shape))
    kernel = layer.kernel
    read(x, tracker, layer, kernel, len(kernel.shape) - 2, axis)
    return make(tracker, layer, layer.filters, axis, [(kernel, len(kernel.shape) - 1), *bias_of(layer)], zero)


@rule("DepthwiseConv1D", "DepthwiseConv2D")
def depthwise(step, channels, tracker):
    layer, (x,) = step.operation, channels
    expect_axis(x, channel_axis(layer, len(step.inputs[0].shape)))
    zero = zero_after(layer.activation, x.axis, len(step.outputs[0].shape))
    tracker.slice(layer, layer.kernel, len(layer.kernel.shape) - 2, "along", x.ids)
    ids = np.repeat(x.ids, layer.depth_multiplier)
    for variable, axis in bias_of(layer):
        tracker.slice(layer, variable, axis, "along", ids)
    return Channels(x.axis, ids, x.zero and zero)


@rule("SeparableConv1D", "SeparableConv2D")
def separable(step, channels, tracker):
    layer, (x,) = step.operation, channels
    axis = channel_axis(layer, len(step.inputs[0].shape))
    expect_axis(x, axis)
    zero = zero_after(layer.activation, axis, len(step.outputs[0].shape))
    depthwise_kernel, pointwise_kernel = layer.depthwise_kernel, layer.pointwise_kernel
    rank = len(depthwise_kernel.shape)
    tracker.slice(layer, depthwise_kernel, rank - 2, "along", x.ids)
    between = Channels(axis, np.repeat(x.ids, layer.depth_multiplier), x.zero)
    read(between, tracker, layer, pointwise_kernel, rank - 2, axis)
    return make(tracker, layer, layer.filters, axis, [(pointwise_kernel, rank - 1), *bias_of(layer)], zero)


@rule("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
def conv_transpose(step, channels, tracker):
    layer, (x,) = step.operation, channels
    axis = channel_axis(layer, len(step.inputs[0].shape))
    zero = zero_after(layer.activation, axis, len(step.outputs[0].shape))
    rank = len(layer.kernel.shape)
    read(x, tracker, layer, layer.kernel, rank - 1, axis)
    return make(tracker, layer, layer.filters, axis, [(layer.kernel, rank - 2), *bias_of(layer)], zero)


@rule("Dense")
def dense(step, channels, tracker):
    layer, (x,) = step.operation, channels
    axis = len(step.inputs[0].shape) - 1
    zero = zero_after(layer.activation, axis, axis + 1)
    read(x, tracker, layer, layer.kernel, 0, axis)
    return make(tracker, layer, layer.units, axis, [(layer.kernel, 1), *bias_of(layer)], zero)


@rule("SeparateDense", package="tfgait")
def separate_dense(step, channels, tracker):
    layer, (x,) = step.operation, channels
    read(x, tracker, layer, layer.kernel, 1, 2)
    return make(tracker, layer, layer.units, 2, [(layer.kernel, 2)])


@rule("BatchNormalization")
def batch_normalization(step, channels, tracker):
    layer, (x,) = step.operation, channels[:1]
    expect_axis(x, layer.axis % len(step.inputs[0].shape))
    for variable in layer.weights:
        tracker.slice(layer, variable, 0, "along", x.ids)
    # Silenced, its weights are zero: with a gamma nothing passes, without one only zero stays zero.
    return Channels(x.axis, x.ids, x.zero or layer.scale)


@rule("LayerNormalization", "RMSNormalization", "GroupNormalization")
def over_channels(step, channels, tracker):
    raise NotUnderstood("normalises over channels, so that each depends on how many there are")


@rule("PReLU")
def prelu(step, channels, tracker):
    layer, (x,) = step.operation, channels
    if x.axis is None:
        raise NotUnderstood("works on a tensor without channels")
    axis = x.axis - 1
    if layer.alpha.shape[axis] != 1:
        tracker.slice(layer, layer.alpha, axis, "along", x.ids)
    return x
