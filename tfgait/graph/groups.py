"""Coupled channel groups: which filters of which layers can only go together."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from tfgait.graph.channels import NotUnderstood, Tracker
from tfgait.graph.rules import apply
from tfgait.graph.trace import trace

NO_WIDTH = "the network has no width argument for it"


@dataclass(frozen=True)
class Member:
    """One axis of one weight, and which of its positions belong to a group.

    Args:
        layer, weight, axis: name of the layer, index in `layer.weights`, axis of that weight.
        role: "out" makes the channels, "in" reads them, "along" goes with them.
        positions: (n,) the channel of the group at each position of the axis; -1: of another group.
    """

    layer: str
    weight: int
    axis: int
    role: str
    positions: np.ndarray


@dataclass(frozen=True)
class Group:
    """Channels that the same layers make, so that each of them goes in all those layers or in none.

    Args:
        name: the one of its layers that the network's `widths` name, where there is one.
        size: channels.
        layers: names of the layers that make them; one that makes each of them twice is named twice.
        members: every weight axis that follows them.
        reason: why they are left alone; empty where they can be pruned.
    """

    name: str
    size: int
    layers: tuple
    members: tuple
    reason: str = ""

    @property
    def filters(self):
        """Filters of all its layers together."""
        return self.size * len(self.layers)


@dataclass(frozen=True)
class Coupling:
    """Everything known about the channels of a network.

    Args:
        groups: all groups, in the order of their first layers.
        unknown: ``{operation: why}`` of the layers that no rule could follow; channels that meet them are left alone.
    """

    groups: tuple
    unknown: dict

    @property
    def prunable(self):
        """The groups that can be pruned."""
        return tuple(g for g in self.groups if not g.reason)

    @property
    def scalable(self):
        """The groups whose channels may be scaled: those that can be pruned, and those that only lack an argument."""
        return tuple(g for g in self.groups if g.reason in ("", NO_WIDTH))

    @property
    def left_alone(self):
        """``{group: why}`` of those that cannot."""
        return {g.name: g.reason for g in self.groups if g.reason}


def groups(model):
    """Return the `Coupling` of a functional model.

    Raises:
        ConfigError: it is no functional Keras model.
    """
    graph, tracker, unknown = trace(model), Tracker(), {}
    channels = {id(t): tracker.fixed(t.shape, "it is an input of the network") for t in graph.inputs}
    for step in graph.steps:
        inputs = [channels[id(t)] for t in step.inputs]
        try:
            outputs = apply(step, inputs, tracker)
        except NotUnderstood as error:
            reason = f"{step.operation.name!r} {error}"
            unknown[step.operation.name] = str(error)
            for x in inputs:
                tracker.freeze(x.ids, reason)
            outputs = [tracker.fixed(t.shape, reason) for t in step.outputs]
        channels.update({id(t): x for t, x in zip(step.outputs, outputs, strict=True)})
    for tensor in graph.outputs:
        tracker.freeze(channels[id(tensor)].ids, "it is an output of the network")
    return Coupling(_collect(tracker, widths_of(model)), unknown)


def widths_of(model):
    """Return the network's ``{layer: filters}``, empty for a model that has no such argument."""
    return dict(model.get_config().get("widths") or {})


def _collect(tracker, widths):
    roots = np.array([tracker.root(a) for a in range(len(tracker.parents))], int)
    reasons = {int(roots[a]): why for a, why in reversed(tracker.reasons.items())}
    makers = {}
    for layer, ids in tracker.produced.items():
        for channel in roots[ids].tolist():
            makers.setdefault(channel, []).append(layer)
    blocks = {}
    for channel, layers in makers.items():
        blocks.setdefault((tuple(layers), reasons.get(channel, "")), []).append(channel)
    shares = Counter(layer for layers, _ in blocks for layer in set(layers))
    found, names = [], set()
    for (layers, reason), channels in blocks.items():
        # Of the layers that `widths` name, one that makes no other group's channels names this one best.
        named = sorted((n for n in layers if n in widths), key=shares.get)
        name = next((n for n in [*named, *layers] if n not in names), f"{layers[0]}@{len(names)}")
        names.add(name)
        if not reason and not named:
            reason = NO_WIDTH
        found.append(Group(name, len(channels), layers, _members(tracker, roots, channels), reason))
    return tuple(found)


def _members(tracker, roots, channels):
    local = np.full(len(roots), -1)
    local[channels] = np.arange(len(channels))
    members = []
    for s in tracker.slices.values():
        positions = local[roots[s.ids]]
        if (positions >= 0).any():
            members.append(Member(s.layer, s.weight, s.axis, s.role, positions))
    return tuple(members)
