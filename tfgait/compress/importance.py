"""What every criterion of a filter's worth shares: its interface, the weights it looks at, the score of a channel.

A criterion is a function of the network and its coupled groups that returns ``{layer: (filters,) float64}`` for every
layer that makes channels of these groups; the least go first, NaN is a filter it cannot score.
`tfgait.compress.CRITERIA` lists them.

What a coupled channel is worth is the plain mean over the filters that make it (`channel_scores`): every criterion but
the published `l1_raw` counts in a unit that is the same in all layers (an average weight, a factor of a normalised
activation, the change of the loss), so that no layer needs to be scaled to be heard, and the one that adds more to a
sum counts more.
"""

from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import ConfigError, DataError


@dataclass(frozen=True)
class Criterion:
    """A way to score filters.

    Args:
        score: function of (network, groups, **needs) as above.
        what: what it takes a filter to be worth, in a few words.
        needs: what else it is given, of ``"examples"`` and ``"seed"``.
        scope: over what the percentile is taken where nothing is said, one of `tfgait.compress.SCOPES`.
        alone: whether, in the scope of the network, it is taken over filters one by one, as published, instead of over
            coupled channels.
        missing: what a group lacks whose filters it cannot score.
    """

    score: object
    what: str
    needs: tuple = ()
    scope: str = "layer"
    alone: bool = False
    missing: str = ""

    def scores(self, model, groups, **given):
        """Return the scores of all filters; `given` holds all that a criterion may need.

        Raises:
            ConfigError: something that it needs is None.
            DataError: a weight or a gradient is not finite.
        """
        for name in self.needs:
            if given[name] is None:
                raise ConfigError(f"{name} must be given: this criterion is the {self.what}. Received: {name}=None.")
        return self.score(model, groups, **{name: given[name] for name in self.needs})


def filter_rows(model, groups):
    """Return ``{layer: (filters, fan-in) float64}``: the kernel of each layer that makes channels, a row a filter.

    Raises:
        DataError: a weight is not finite.
    """
    rows = {}
    for member in (m for g in groups for m in g.members if m.role == "out"):
        weight = model.get_layer(member.layer).weights[member.weight]
        if member.layer not in rows and len(weight.shape) > 1:
            rows[member.layer] = rows_along(finite(weight, member.layer), member.axis)
    return rows


def finite(weight, layer):
    """Return a weight as float64; `DataError` where it is not all finite."""
    value = np.asarray(weight, np.float64)
    if not np.isfinite(value).all():
        raise DataError(f"the weights of layer {layer!r} are not all finite: this network cannot be scored.")
    return value


def rows_along(value, axis):
    """Return (length of the axis, rest): an array with one of its axes first."""
    return np.moveaxis(value, axis, 0).reshape(value.shape[axis], -1)


def channel_scores(group, scores):
    """Return (size,): the mean score of the filters that make each channel of a group."""
    total, count = np.zeros(group.size), np.zeros(group.size)
    for layer, positions in filter_positions(group).items():
        own = positions >= 0
        np.add.at(total, positions[own], scores[layer][own])
        np.add.at(count, positions[own], 1)
    return total / count


def filter_scores(groups, worth):
    """Return ``{layer: (filters,)}`` that give every filter what its channel is worth, ``{group: (size,)}``."""
    scores = {}
    for group in groups:
        for layer, positions in filter_positions(group).items():
            own = positions >= 0
            scores.setdefault(layer, np.full(len(positions), np.nan))[own] = worth[group.name][positions[own]]
    return scores


def filter_positions(group):
    """Return ``{layer: (filters,) channel of the group that each filter makes, -1 for another group's}``."""
    return {m.layer: m.positions for m in group.members if m.role == "out"}
