"""Channels as atoms that a network's additions and multiplications tie together."""

from dataclasses import dataclass, field

import numpy as np


class NotUnderstood(Exception):
    """A rule met a case it cannot follow; the channels it met are left alone. The message completes "... <message>"."""


@dataclass(frozen=True)
class Channels:
    """Where the channels of one tensor lie.

    Args:
        axis: the axis they lie on, batch included; None for a tensor without channels, such as lengths (B,).
        ids: (n,) atom of each position of that axis; a flattened map repeats each channel's atom.
        zero: whether a channel whose filter is silenced (kernel and bias zero) is zero here too.
    """

    axis: int | None
    ids: np.ndarray
    zero: bool

    def at(self, axis):
        """Return the same channels on another axis."""
        return Channels(axis, self.ids, self.zero)

    def holding(self, zero):
        """Return the same channels, that are zero where silenced only if they were and `zero` is true."""
        return Channels(self.axis, self.ids, bool(self.zero and zero))


NONE = Channels(None, np.empty(0, int), False)  # of a tensor without channels


@dataclass(frozen=True)
class Slice:
    """One axis of one weight that is as long as some tensor has channels.

    Args:
        layer, weight: name of the layer, index in `layer.weights`.
        axis: axis of the weight.
        role: "out" makes the channels, "in" reads them, "along" goes with them (BatchNorm, depthwise).
        ids: (n,) atom of each position.
    """

    layer: str
    weight: int
    axis: int
    role: str
    ids: np.ndarray


@dataclass
class Tracker:
    """Atoms, ties between them, and the weights they index, gathered while rules walk a graph."""

    parents: list = field(default_factory=list)
    reasons: dict = field(default_factory=dict)
    produced: dict = field(default_factory=dict)
    slices: dict = field(default_factory=dict)

    def atoms(self, count):
        """Return `count` new atoms."""
        start = len(self.parents)
        self.parents.extend(range(start, start + count))
        return np.arange(start, start + count)

    def produce(self, layer, count):
        """Return the atoms that a layer makes: the same at each of its calls."""
        if layer.name not in self.produced:
            self.produced[layer.name] = self.atoms(count)
        return self.produced[layer.name]

    def fixed(self, shape, reason):
        """Return the `Channels` of a tensor whose last axis must stay as it is."""
        if len(shape) < 2 or shape[-1] is None:
            return NONE
        ids = self.atoms(shape[-1])
        self.freeze(ids, reason)
        return Channels(len(shape) - 1, ids, False)

    def root(self, atom):
        """Return the atom that stands for all those tied to `atom`."""
        while self.parents[atom] != atom:
            self.parents[atom] = self.parents[self.parents[atom]]
            atom = self.parents[atom]
        return atom

    def tie(self, first, second):
        """Tie two equally long rows of atoms, position by position: both go or both stay."""
        if first is second:
            return
        for a, b in zip(first.tolist(), second.tolist(), strict=True):
            a, b = sorted((self.root(a), self.root(b)))
            self.parents[b] = a

    def freeze(self, ids, reason):
        """Leave these atoms, and whatever is tied to them, alone."""
        for atom in ids.tolist():
            self.reasons.setdefault(atom, reason)

    def is_frozen(self, ids):
        """Return whether each of these atoms is known to be left alone already."""
        return all(atom in self.reasons for atom in ids.tolist())

    def slice(self, layer, variable, axis, role, ids):
        """Note that an axis of a weight follows these atoms."""
        weight = next(i for i, w in enumerate(layer.weights) if w is variable)
        known = self.slices.setdefault((layer.name, weight, axis), Slice(layer.name, weight, axis, role, ids))
        if known.ids is not ids:
            self.tie(known.ids, ids)
