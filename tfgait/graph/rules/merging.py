"""Layers that join tensors: sums and products tie channels, concatenation lays them side by side."""

import numpy as np

from tfgait.graph.channels import NONE, Channels, NotUnderstood
from tfgait.graph.rules import rule


def tie_aligned(step, channels, tracker):
    """Tie the channels of all inputs that have as many as the output; return its axis, atoms, and whether all do.

    Where no input has channels, so it is with the output.

    Axes are aligned from the right, as broadcasting does. An input that is 1 wide there (a mask, a gate a frame)
    acts on all channels alike; its own channel, if any, stays.
    """
    rank = len(step.outputs[0].shape)
    axes = [
        None if x.axis is None else x.axis + rank - len(t.shape) for x, t in zip(channels, step.inputs, strict=True)
    ]
    wide = {axis for x, axis in zip(channels, axes, strict=True) if axis is not None and len(x.ids) > 1}
    if len(wide) > 1:
        raise NotUnderstood(f"joins tensors whose channels lie on different axes, {sorted(wide)}")
    axis = wide.pop() if wide else next((a for a in axes if a is not None), None)
    if axis is None:
        return None, NONE.ids, False
    size, ids, everyone = step.outputs[0].shape[axis], None, True
    for x, tensor, own in zip(channels, step.inputs, axes, strict=True):
        position = axis - rank + len(tensor.shape)
        if own == axis and len(x.ids) == size:
            ids = x.ids if ids is None else ids
            tracker.tie(ids, x.ids)
            continue
        if position >= 0 and tensor.shape[position] != 1:
            raise NotUnderstood("joins channels with values that follow no channels")
        tracker.freeze(x.ids, f"it acts on all channels alike in {step.operation.name!r}")
        everyone = False
    return axis, ids, everyone


def constants(step):
    """Return the numbers a `keras.ops` operation was given beside its tensors.

    Raises:
        NotUnderstood: an array, which may hold a number a channel.
    """
    given = [*step.arguments.args, *step.arguments.kwargs.values()]
    flat = [v for item in given for v in (item if isinstance(item, (list, tuple)) else [item])]
    values = [v for v in flat if not any(v is t for t in step.inputs)]
    if not all(np.isscalar(v) for v in values):
        raise NotUnderstood("joins channels with an array of constants")
    return values


@rule("Add", "Subtract", "Average", "Maximum", "Minimum")
def add(step, channels, tracker):
    axis, ids, everyone = tie_aligned(step, channels, tracker)
    zero = everyone and all(x.zero for x in channels) and all(value == 0 for value in constants(step))
    return Channels(axis, ids, zero)


@rule("Multiply")
def multiply(step, channels, tracker):
    constants(step)
    axis, ids, _ = tie_aligned(step, channels, tracker)
    return Channels(axis, ids, any(x.zero for x in channels if len(x.ids) == len(ids)))


@rule("Divide", "TrueDivide")
def divide(step, channels, tracker):
    if len(channels) != 1 or step.arguments.args[:1] != (step.inputs[0],):
        raise NotUnderstood("divides by something other than a number")
    constants(step)
    return channels[0]


@rule("Concatenate")
def concatenate(step, channels, tracker):
    axes = {x.axis for x in channels}
    if len(axes) != 1 or None in axes:
        raise NotUnderstood("joins tensors whose channels lie on different axes")
    (axis,) = axes
    zero = all(x.zero for x in channels)
    if step.operation.axis % len(step.outputs[0].shape) == axis:
        return Channels(axis, np.concatenate([x.ids for x in channels]), zero)
    for x in channels[1:]:
        tracker.tie(channels[0].ids, x.ids)
    return Channels(axis, channels[0].ids, zero)


@rule("Stack")
def stack(step, channels, tracker):
    if len({x.axis for x in channels}) != 1 or channels[0].axis is None:
        raise NotUnderstood("joins tensors whose channels lie on different axes")
    for x in channels[1:]:
        tracker.tie(channels[0].ids, x.ids)
    axis, new = channels[0].axis, step.operation.axis % len(step.outputs[0].shape)
    return Channels(axis + (new <= axis), channels[0].ids, all(x.zero for x in channels))
