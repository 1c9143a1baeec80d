"""Layers that move, merge, drop or pool axes."""

import math

import numpy as np

from tfgait.graph.channels import NONE, Channels, NotUnderstood
from tfgait.graph.rules import channel_axis, expect_axis, rule


def reshaped(x, old, new, tracker):
    """Return `Channels` after a reshape from `old` to `new`, shapes with None where unknown.

    The shortest run of last axes that holds the channels and is cut out by the reshape as well is filled with atoms,
    reshaped, and searched for the one axis along which they vary. So (H, W, C) -> (H*W*C) repeats every channel H*W
    times, and the way back finds them again.

    Where the channel axis alone is cut into several, C -> (2, C / 2), the last of them holds the channels, and what
    lies above one another is tied: a column goes or stays, whatever its row. An operation that takes another of these
    axes for the channels is not understood then, so nothing is guessed.

    Raises:
        NotUnderstood: the channels come to lie on axes with other things, or behind an unknown one.
    """
    if x.axis is None:
        return x
    for start in range(x.axis, 0, -1):
        block = old[start:]
        ends = [] if None in block else [j for j in range(len(new)) if _size(new[j:]) == math.prod(block)]
        if ends:
            break
    else:
        raise NotUnderstood(f"reshapes {old} to {new}, where the channels cannot be followed")
    along = [1] * len(block)
    along[x.axis - start] = -1
    atoms = np.broadcast_to(x.ids.reshape(along), block).reshape(new[ends[-1] :])
    for axis in reversed(range(atoms.ndim)):
        ids = np.moveaxis(atoms, axis, 0).reshape(atoms.shape[axis], -1)
        if (ids == ids[:, :1]).all():
            return Channels(ends[-1] + axis, ids[:, 0], x.zero)
    if len(block) == 1:
        first, *others = atoms.reshape(-1, atoms.shape[-1])
        for row in others:
            tracker.tie(first, row)
        return Channels(len(new) - 1, first, x.zero)
    raise NotUnderstood(f"reshapes {old} to {new}, which spreads the channels over several axes")


def _size(shape):
    return None if None in shape else math.prod(shape)


@rule("Reshape", "Flatten")
@rule("FoldTime", "UnfoldTime", package="tfgait")
def reshape(step, channels, tracker):
    if getattr(step.operation, "data_format", None) == "channels_first":
        raise NotUnderstood("flattens channels-first")
    return reshaped(channels[0], step.inputs[0].shape, step.outputs[0].shape, tracker)


@rule("FramesToChannels", package="tfgait")
def frames_to_channels(step, channels, tracker):
    expect_axis(channels[0], 4)
    return Channels(3, np.tile(channels[0].ids, step.inputs[0].shape[1]), channels[0].zero)


@rule("Permute", "Transpose", "Moveaxis", "Swapaxes")
def transpose(step, channels, tracker):
    (x,), operation, rank = channels, step.operation, len(step.inputs[0].shape)
    order = np.arange(rank)
    if hasattr(operation, "dims"):
        order = [0, *operation.dims]
    elif hasattr(operation, "axes"):
        order = [a % rank for a in operation.axes] if operation.axes is not None else order[::-1]
    elif hasattr(operation, "source"):
        order = np.moveaxis(np.empty(range(rank)), operation.source, operation.destination).shape
    else:
        order = np.swapaxes(np.empty(range(rank)), operation.axis1, operation.axis2).shape
    return x if x.axis is None else x.at(list(order).index(x.axis))


@rule("ExpandDims", "Squeeze")
def unit_axes(step, channels, tracker):
    (x,), axes = channels, step.operation.axis
    if axes is None:
        raise NotUnderstood("drops axes that are not named")
    if x.axis is None:
        return x
    axes = axes if isinstance(axes, (list, tuple)) else [axes]
    if type(step.operation).__name__ == "ExpandDims":
        new = {a % len(step.outputs[0].shape) for a in axes}
        return x.at([a for a in range(len(step.outputs[0].shape)) if a not in new][x.axis])
    return _without(x, {a % len(step.inputs[0].shape) for a in axes})


@rule("Max", "Min", "Mean", "Sum", "Amax", "Amin", "Var", "Std")
def reduce(step, channels, tracker):
    (x,), operation = channels, step.operation
    if operation.axis is None:
        raise NotUnderstood("reduces all axes")
    axes = operation.axis if isinstance(operation.axis, (list, tuple)) else [operation.axis]
    axes = {a % len(step.inputs[0].shape) for a in axes}
    if getattr(operation, "initial", None) is not None:
        raise NotUnderstood("reduces from an initial value")
    if x.axis in axes and x.zero and type(operation).__name__ == "Sum":
        return NONE  # what is zero adds nothing
    return _without(x, axes, operation.keepdims)


def _without(x, axes, keepdims=False):
    if x.axis is None:
        return x
    if x.axis in axes:
        raise NotUnderstood("drops the channel axis")
    return x if keepdims else x.at(x.axis - sum(a < x.axis for a in axes))


@rule("MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "AveragePooling1D", "AveragePooling2D", "AveragePooling3D")
@rule("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D", "Cropping1D", "Cropping2D", "Cropping3D")
@rule("UpSampling1D", "UpSampling2D", "UpSampling3D")
@rule("AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D")
@rule("AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D", "AdaptiveAveragePooling3D")
def over_space(step, channels, tracker):
    expect_axis(channels[0], channel_axis(step.operation, len(step.inputs[0].shape)))
    return channels[0]


@rule("GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D")
@rule("GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D")
def over_all_space(step, channels, tracker):
    (x,) = channels[:1]
    expect_axis(x, channel_axis(step.operation, len(step.inputs[0].shape)))
    return x if step.operation.keepdims or x.axis == 1 else x.at(1)


@rule("SetPooling", package="tfgait")
def over_time(step, channels, tracker):
    return _without(channels[0], {1})


@rule("HorizontalPyramidPooling", package="tfgait")
def horizontal_pyramid(step, channels, tracker):
    expect_axis(channels[0], 3)
    return channels[0].at(2)
