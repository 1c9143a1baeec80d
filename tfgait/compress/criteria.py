"""Criteria that need the network alone; `tfgait.compress.taylor` needs data as well."""

import zlib

import numpy as np

from tfgait.compress.importance import Criterion, filter_rows, filter_scores, finite


def l1_raw(model, groups):
    """Return the sum of each filter's absolute weights, bias not counted: Embedded-Gait's criterion."""
    return {name: np.abs(rows).sum(1) for name, rows in filter_rows(model, groups).items()}


def l1(model, groups):
    """Return the mean of each filter's absolute weights: the sum divided by its fan-in, fair to small kernels."""
    return {name: np.abs(rows).mean(1) for name, rows in filter_rows(model, groups).items()}


def l2(model, groups):
    """Return the root of the mean of each filter's squared weights: the norm divided by the root of its fan-in."""
    return {name: np.sqrt((rows**2).mean(1)) for name, rows in filter_rows(model, groups).items()}


def geometric_median(model, groups):
    """Return the mean distance of each filter to the others of its layer, divided by the root of its fan-in.

    The filter nearest to the geometric median of its layer is the one that the others can stand in for. The order in a
    layer is that of the published sum of distances; the divisors make layers comparable.

    Reference: He et al., "Filter Pruning via Geometric Median for Deep Convolutional Neural Networks Acceleration"
        (2019).
    """
    scores = {}
    for name, rows in filter_rows(model, groups).items():
        squares = (rows**2).sum(1)
        distance = np.sqrt(np.maximum(squares[:, None] + squares - 2 * rows @ rows.T, 0))
        np.fill_diagonal(distance, 0)
        scores[name] = distance.sum(1) / (max(len(rows) - 1, 1) * np.sqrt(rows.shape[1]))
    return scores


def bn_scale(model, groups):
    """Return, for each filter, the absolute scale (gamma) of the BatchNormalization that its channel passes.

    The mean where it passes several; NaN where it passes none that has a scale.

    Reference: Liu et al., "Learning Efficient Convolutional Networks through Network Slimming" (2017).
    """
    import keras

    worth = {}
    for group in groups:
        total, count = np.zeros(group.size), np.zeros(group.size)
        for member in (m for m in group.members if m.role == "along"):
            layer = model.get_layer(member.layer)
            if not isinstance(layer, keras.layers.BatchNormalization):
                continue
            if layer.weights[member.weight] is layer.gamma:
                own = member.positions >= 0
                np.add.at(total, member.positions[own], np.abs(finite(layer.gamma, layer.name))[own])
                np.add.at(count, member.positions[own], 1)
        worth[group.name] = np.divide(total, count, where=count > 0, out=np.full(group.size, np.nan))
    return filter_scores(groups, worth)


def random(model, groups, seed):
    """Return a number in [0, 1) for each channel, drawn by the seed and its group's name: the baseline.

    Reference: Mittal et al., "Recovering from Random Pruning" (2018), where it comes close to every criterion.
    """
    drawn = {g.name: np.random.default_rng([seed, zlib.crc32(g.name.encode())]).random(g.size) for g in groups}
    return filter_scores(groups, drawn)


L1 = Criterion(l1, "mean of its absolute weights")
L1_RAW = Criterion(l1_raw, "sum of its absolute weights, as Embedded-Gait", scope="network", alone=True)
L2 = Criterion(l2, "root of the mean of its squared weights")
GEOMETRIC_MEDIAN = Criterion(geometric_median, "mean distance to the other filters of its layer")
BN_SCALE = Criterion(
    bn_scale,
    "scale of the BatchNormalization after it",
    missing="no BatchNormalization with a scale follows it",
)
RANDOM = Criterion(random, "random number, the baseline", needs=("seed",))
