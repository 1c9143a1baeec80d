"""Channels of one range: what a network needs before the activations of a layer share one int8 scale."""

import itertools

import keras
import numpy as np
from keras import ops

from tfgait.graph.groups import groups
from tfgait.graph.trace import trace

QUIETEST = 1e-4  # of the loudest channel: what never shows is not blown up
# Rounded by one scale for the whole kernel in LiteRT or ONNX: inputs of unlike weight would cost more than they gain.
WHOLE = ("Dense", "SeparateDense")
TOLERANCE = 1e-4  # of the largest output: beyond it the network is another one


def equalised(network, batches):
    """Return an equal network whose channels differ less in range, so that int8 rounds the quiet ones less.

    A channel is multiplied by a number where a layer makes it and divided by it where one reads it: exact behind
    anything that lets a positive factor through, as ReLU, LeakyReLU, sums, means and maxima do. The number is the root
    of the largest value of the group's loudest channel over that of its own: half way to one range for all, since what
    activations gain the kernels behind them lose.

    Args:
        network: a functional Keras model.
        batches: iterable of inputs of it, which the largest values are taken from.

    Returns:
        A network of the same layers, inputs and outputs; `network` itself where there is nothing to equalise, or where
        something in it lets no factor through.

    Reference: Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", ICCV 2019, whose
        factors come from the weights alone.
    """
    found = [group for group in groups(network).scalable if _gains(network, group)]
    batches = iter(batches)
    first = next(batches, None)
    if not found or first is None:
        return network
    largest = _largest(network, {layer for group in found for layer in group.layers}, itertools.chain([first], batches))
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    for group in found:
        _scale(copy, group, _factors(group, largest))
    return copy if _equal(network, copy, first) else network


def _gains(network, group):
    """Return whether all that a group meets are kernels with a scale for each output."""
    kinds = {type(network.get_layer(member.layer)).__name__ for member in group.members if member.role == "in"}
    return not kinds & set(WHOLE) and all(member.role != "along" for member in group.members)


def _largest(network, layers, batches):
    """Return ``{layer: (filters,) largest absolute value of each channel}`` of layers over all batches."""
    made = {}
    for step in trace(network).steps:
        if step.operation.name in layers:
            made.setdefault(step.operation.name, []).extend(step.outputs)
    probe = keras.Model(network.inputs, made)
    largest = {}
    for batch in batches:
        for name, tensors in probe(batch, training=False).items():
            for tensor in tensors:
                value = np.asarray(ops.max(ops.abs(tensor), axis=tuple(range(len(tensor.shape) - 1))))
                largest[name] = np.maximum(largest.get(name, 0), value)
    return largest


def _factors(group, largest):
    """Return (size,), what the channels of a group are multiplied by."""
    value = np.zeros(group.size)
    for member in group.members:
        if member.role == "out":
            own = member.positions >= 0
            np.maximum.at(value, member.positions[own], largest[member.layer][own])
    top = value.max()
    return np.sqrt(top / np.maximum(value, QUIETEST * top)) if top > 0 else np.ones(group.size)


def _scale(network, group, factors):
    for member in group.members:
        weight = network.get_layer(member.layer).weights[member.weight]
        factor = np.append(factors, 1.0)[member.positions]
        value = np.moveaxis(np.asarray(weight, np.float64), member.axis, -1)
        value = value / factor if member.role == "in" else value * factor
        weight.assign(np.moveaxis(value, -1, member.axis))


def _equal(network, copy, batch):
    pairs = zip(*(keras.tree.flatten(model(batch, training=False)) for model in (network, copy)), strict=True)
    return all(float(ops.max(ops.abs(old - new))) <= TOLERANCE * float(ops.max(ops.abs(old))) for old, new in pairs)
