"""Proof that a cut network is the original with those filters silenced.

Silenced: kernel, bias and BatchNorm weights of a filter are zero, so that nothing of it reaches anything. This follows
the filters alone and not the layers that read them, so a channel that was read in a wrong place shows.
"""

import keras
import numpy as np

from tfgait.core.modality import MODALITIES
from tfgait.graph.groups import groups

TOLERANCE = 1e-5


class ProofFailed(RuntimeError):
    """A cut network is not the silenced original. Its weights must not be used."""


def prove(model, small, kept, samples=2, seed=0, tolerance=TOLERANCE):
    """Return the largest difference between a cut network and the silenced original on random input.

    Outputs are compared scaled so that their largest value is 1: float32 keeps seven digits, not seven decimals, and
    a network whose outputs are tiny must not pass for that.

    Args:
        model: the network before.
        small: the one after.
        kept: ``{group: indices that stayed}``.
        samples: how many random inputs.
        seed: of the inputs.
        tolerance: the largest difference that passes.

    Raises:
        ProofFailed: the difference is larger or not finite, or the output is zero all over, which proves nothing.
    """
    inputs = random_inputs(model, samples, seed)
    expected = keras.tree.flatten(silenced(model, kept)(inputs))
    found = keras.tree.flatten(small(inputs))
    worst = 0.0
    for reference, output in zip(expected, found, strict=True):
        reference, output = np.asarray(reference, np.float64), np.asarray(output, np.float64)
        if reference.shape != output.shape:
            raise ProofFailed(f"The cut network returns {output.shape} instead of {reference.shape}.")
        size = np.abs(reference).max()
        if size == 0:
            raise ProofFailed("The silenced network returns only zeros, so that nothing can be proven by it.")
        error = float(np.abs(reference - output).max() / size)
        if not error <= tolerance:  # not: a NaN fails as well
            raise ProofFailed(
                f"The cut network differs from the silenced original by {error:.2g}, more than {tolerance:g}."
            )
        worst = max(worst, error)
    return worst


def silenced(model, kept):
    """Return a copy of the network in which the filters that are not kept make nothing."""
    copy = type(model).from_config(model.get_config())
    copy.set_weights(model.get_weights())
    for group in groups(model).groups:
        gone = np.setdiff1d(np.arange(group.size), kept.get(group.name, np.arange(group.size)))
        if not len(gone):
            continue
        for member in group.members:
            if member.role == "in":
                continue
            weight = copy.get_layer(member.layer).weights[member.weight]
            value = np.moveaxis(np.array(weight), member.axis, 0)
            value[np.isin(member.positions, gone)] = 0
            weight.assign(np.moveaxis(value, 0, member.axis))
    return copy


def random_inputs(model, samples, seed):
    """Return ``{input: random array}`` for a network: bytes for pictures, a few pixels for flow, true lengths."""
    generator = np.random.default_rng(seed)
    frames = next((t.shape[1] for t in model.inputs if len(t.shape) > 2 and t.shape[1]), 30)
    found = {}
    for tensor in model.inputs:
        shape = [samples, *tensor.shape[1:]]
        if len(shape) > 1 and shape[1] is None:
            shape[1] = frames
        known = MODALITIES.get(tensor.name)
        if tensor.dtype.startswith("int"):
            value = generator.integers(1, frames + 1, shape)
        elif known and known.dtype.startswith("uint"):
            value = generator.integers(0, np.iinfo(known.dtype).max + 1, shape)
        else:
            value = generator.normal(0, 3, shape)
        found[tensor.name] = value.astype(tensor.dtype)
    return found
