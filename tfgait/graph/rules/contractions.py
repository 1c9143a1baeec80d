"""Products that sum over an axis: layers by their equation, and the product of two tensors."""

from tfgait.graph.channels import Channels, NotUnderstood
from tfgait.graph.rules import rule
from tfgait.graph.rules.elementwise import zero_after
from tfgait.graph.rules.weighted import make, read


def labels(equation, rank):
    """Return the labels of input, weight and output of an `EinsumDense`, a letter an axis of tensors of that rank.

    An ellipsis becomes capital letters that the equation does not hold.

    Raises:
        NotUnderstood: an axis is named twice in one of them.
    """
    given, result = equation.replace(" ", "").split("->")
    source, weight = given.split(",")
    spare = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in equation]
    elided = "".join(spare[: rank - len(source.replace("...", ""))])
    found = [part.replace("...", elided) for part in (source, weight, result)]
    if any(len(set(part)) < len(part) for part in found):
        raise NotUnderstood(f"takes a diagonal, {equation}")
    return found


@rule("EinsumDense")
def einsum_dense(step, channels, tracker):
    layer, (x,) = step.operation, channels
    if x.axis is None:
        raise NotUnderstood("works on a tensor without channels")
    source, weight, result = labels(layer.equation, len(step.inputs[0].shape))
    own = source[x.axis]
    new = [label for label in result if label not in source]
    if own in weight and own not in result:
        if len(new) != 1:
            raise NotUnderstood(f"makes channels on {len(new)} axes, {layer.equation}")
        read(x, tracker, layer, layer.kernel, weight.index(own), x.axis)
        axis, made, role, zero = result.index(new[0]), weight.index(new[0]), "out", True
        out = make(tracker, layer, layer.kernel.shape[made], axis, [(layer.kernel, made)])
    elif own in result:
        axis, role, zero = result.index(own), "along", x.zero
        if own in weight:
            tracker.slice(layer, layer.kernel, weight.index(own), "along", x.ids)
        out = x.at(axis)
    else:
        raise NotUnderstood(f"sums over the channels, {layer.equation}")
    if layer.bias is not None:
        place = axis - len(result) + len(layer.bias.shape)
        if place >= 0 and layer.bias.shape[place] == len(out.ids):
            tracker.slice(layer, layer.bias, place, role, out.ids)
        else:
            zero = False
    return Channels(axis, out.ids, zero).holding(zero_after(layer.activation, axis, len(result)))


@rule("Matmul")
def matmul(step, channels, tracker):
    """Follow the one factor whose channels may go, along an axis that the product keeps."""
    shape = step.outputs[0].shape
    if min(len(t.shape) for t in step.inputs) < 2 or len(channels) != 2:
        raise NotUnderstood("multiplies by a vector or by constants")
    live = [i for i, x in enumerate(channels) if x.axis is not None and not tracker.is_frozen(x.ids)]
    if not live:
        return tracker.fixed(shape, f"{step.operation.name!r} mixes what is left alone")
    (x, tensor), (_, other) = ((channels[i], step.inputs[i]) for i in (live[0], 1 - live[0]))
    place = x.axis - len(tensor.shape)
    if len(live) > 1 or place == (-1 if live[0] == 0 else -2):
        raise NotUnderstood("multiplies channels by channels")
    if place < -2 and -place <= len(other.shape) and other.shape[place] != 1:
        raise NotUnderstood("multiplies each channel by a matrix of its own")
    return x.at(len(shape) + place)
