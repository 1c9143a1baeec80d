"""What filters are worth, by criteria behind one interface.

A criterion is a function of the network and its coupled groups that returns ``{layer: (filters,) float64}`` for every
layer that makes channels of these groups; the least go first. `tfgait.compress.CRITERIA` lists them. What a coupled
channel is worth is the mean over its layers (`channel_scores`).
"""

from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import DataError


@dataclass(frozen=True)
class Criterion:
    """A way to score filters.

    Args:
        score: function of (network, groups) as above.
        alone: whether the percentile is taken over filters one by one, as published, instead of over coupled channels.
    """

    score: object
    alone: bool = False


def l1_raw(model, groups):
    """Return the sum of each filter's absolute weights, bias not counted: Embedded-Gait's criterion.

    Raises:
        DataError: a weight is not finite.
    """
    return {name: np.abs(rows).sum(1) for name, rows in filter_rows(model, groups).items()}


def l1(model, groups):
    """Return the mean of each filter's absolute weights: the sum divided by its fan-in, fair to small kernels.

    Raises:
        DataError: a weight is not finite.
    """
    return {name: np.abs(rows).mean(1) for name, rows in filter_rows(model, groups).items()}


L1, L1_RAW = Criterion(l1), Criterion(l1_raw, alone=True)


def filter_rows(model, groups):
    """Return ``{layer: (filters, fan-in) float64}``: the kernel of each layer that makes channels, a row a filter.

    Raises:
        DataError: a weight is not finite.
    """
    rows = {}
    for member in (m for g in groups for m in g.members if m.role == "out"):
        weight = model.get_layer(member.layer).weights[member.weight]
        if member.layer in rows or len(weight.shape) < 2:
            continue
        kernel = np.asarray(weight, np.float64)
        if not np.isfinite(kernel).all():
            raise DataError(f"the weights of layer {member.layer!r} are not all finite: this network cannot be scored.")
        rows[member.layer] = np.moveaxis(kernel, member.axis, 0).reshape(kernel.shape[member.axis], -1)
    return rows


def channel_scores(group, scores):
    """Return (size,): the mean score of the filters that make each channel of a group."""
    total, count = np.zeros(group.size), np.zeros(group.size)
    for layer, positions in filter_positions(group).items():
        own = positions >= 0
        np.add.at(total, positions[own], scores[layer][own])
        np.add.at(count, positions[own], 1)
    return total / count


def filter_positions(group):
    """Return ``{layer: (filters,) channel of the group that each filter makes, -1 for another group's}``."""
    return {m.layer: m.positions for m in group.members if m.role == "out"}
