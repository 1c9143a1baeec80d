"""Layers that cut tensors into pieces, or fill them up and repeat them."""

import numpy as np

from tfgait.graph.channels import Channels, NotUnderstood
from tfgait.graph.rules import expect_axis, rule

# Stands for an axis of unknown length where only its place matters.
UNKNOWN = 1 << 20


@rule("Split")
def split(step, channels, tracker):
    (x,), operation = channels, step.operation
    if operation.axis % len(step.inputs[0].shape) != x.axis:
        return [x] * len(step.outputs)
    if not isinstance(operation.indices_or_sections, int):
        raise NotUnderstood("cuts the channels at fixed positions")
    # Equal pieces stay equal only if each of them loses the same positions.
    first, *others = np.split(x.ids, operation.indices_or_sections)
    for piece in others:
        tracker.tie(first, piece)
    return [Channels(x.axis, ids, x.zero) for ids in (first, *others)]


@rule("Unstack")
def unstack(step, channels, tracker):
    (x,) = channels
    axis = step.operation.axis % len(step.inputs[0].shape)
    if axis == x.axis:
        raise NotUnderstood("takes each channel apart")
    return [x if x.axis is None else x.at(x.axis - (axis < x.axis))] * len(step.outputs)


@rule("GetItem")
def get_item(step, channels, tracker):
    x, shape = channels[0], step.inputs[0].shape
    _, key = (*step.arguments.args, *step.arguments.kwargs.values())
    key = tuple(key) if isinstance(key, (list, tuple)) else (key,)
    if not all(part is None or part is Ellipsis or isinstance(part, (int, slice)) for part in key):
        raise NotUnderstood("picks by an index that is computed")
    if x.axis is None:
        return x
    # A view whose elements differ along the channels alone: numpy's own rules of indexing say where these come to lie.
    along = [1] * len(shape)
    along[x.axis] = -1
    probe = np.broadcast_to(np.arange(len(x.ids)).reshape(along), [UNKNOWN if n is None else n for n in shape])[key]
    axis = next((a for a, stride in enumerate(probe.strides) if stride), None)
    if axis is None or probe.shape[axis] != len(x.ids):
        raise NotUnderstood("picks some of the channels")
    if probe.strides[axis] < 0:
        raise NotUnderstood("turns the order of the channels")
    return x.at(axis)


@rule("Flip")
def flip(step, channels, tracker):
    axes = step.operation.axis
    axes = axes if isinstance(axes, (list, tuple)) else [axes]
    if None in axes or channels[0].axis in {a % len(step.inputs[0].shape) for a in axes}:
        raise NotUnderstood("turns the order of the channels")
    return channels[0]


@rule("Pad")
def pad(step, channels, tracker):
    (x,), widths = channels, step.operation.pad_width
    if len(widths) == 1 or x.axis is None or tuple(widths[x.axis]) != (0, 0):
        raise NotUnderstood("adds channels that no filter makes")
    value = [*step.arguments.args, *step.arguments.kwargs.values()][1:]
    return x.holding(step.operation.mode != "constant" or not any(v is not None and v != 0 for v in value))


@rule("Tile")
def tile(step, channels, tracker):
    (x,), repeats, rank = channels, step.operation.repeats, len(step.inputs[0].shape)
    repeats = list(repeats) if isinstance(repeats, (list, tuple)) else [repeats]
    if x.axis is None or len(repeats) > rank:
        raise NotUnderstood("adds axes")
    repeats = [1] * (rank - len(repeats)) + repeats
    return Channels(x.axis, np.tile(x.ids, repeats[x.axis]), x.zero)


@rule("Repeat")
def repeat(step, channels, tracker):
    (x,), operation = channels, step.operation
    if operation.axis is None or not isinstance(operation.repeats, int):
        raise NotUnderstood("repeats each position as often as a list says")
    along = operation.axis % len(step.inputs[0].shape) == x.axis
    return Channels(x.axis, np.repeat(x.ids, operation.repeats) if along else x.ids, x.zero)


@rule("RepeatVector")
def repeat_vector(step, channels, tracker):
    expect_axis(channels[0], 1)
    return channels[0].at(2)
