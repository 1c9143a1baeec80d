"""Decide which filters of a network go."""

import math

import numpy as np

from tfgait.compress import CRITERIA
from tfgait.compress.plan_record import GroupPlan, Plan, read_plan, write_plan
from tfgait.compress.settings import check_scope, check_settings
from tfgait.compress.worth import weigh

__all__ = ["GroupPlan", "Plan", "choose", "make_plan", "read_plan", "write_plan"]


def make_plan(
    model,
    percentile=10.0,
    criterion="l1",
    scope="",
    floor=0.25,
    round_to=0,
    leave=(),
    threshold=None,
    examples=None,
    seed=0,
):
    """Plan to remove the filters that are worth least.

    Args:
        model: a functional network with a `widths` argument.
        percentile: share of filters that go, in [0, 100).
        criterion: a name in `tfgait.compress.CRITERIA`.
        scope: ``"layer"``: that share of each coupled group goes, rounded to whole channels, ties stay; ``"network"``:
            those strictly below the percentile of all filters of the network; empty: the criterion's own, which is the
            layer for all but the published `l1_raw`. A threshold over the network takes most from the late layers,
            whose weights are smaller, and leaves the early ones, which take the time.
        floor: share of the channels of each group that stay in any case, in [0, 1]; one stays always.
        round_to: round the channels that stay to a multiple of this, the nearest, ties up; 0 or 1: do not.
        leave: names of layers whose channels all stay.
        threshold: remove those that score strictly below this number instead, above 0, in all layers alike; 29.4 of
            ``l1_raw`` is that of Embedded-Gait's structural pruning.
        examples: of ``taylor``, as of `tfgait.compress.taylor.taylor`.
        seed: of ``random``, at least 0.

    Raises:
        ConfigError: an argument out of its range, a network without a filter that can be pruned.
        DataError: weights or gradients that are not finite.
    """
    check_settings(percentile, floor, round_to, threshold, seed)
    check_scope(scope, threshold)
    worth = weigh(model, criterion, leave, examples, seed)
    return choose(worth, percentile, scope, floor, round_to, threshold)


def choose(worth, percentile, scope="", floor=0.25, round_to=0, threshold=None, sizes=None):
    """Return the `Plan` of a network that has been weighed; arguments as of `make_plan`, and checked.

    Args:
        sizes: ``{group: channels}`` of the network before earlier cuts: percentile and floor are then shares of these.
    """
    absolute = threshold is not None
    scope = "network" if absolute else scope or CRITERIA[worth.criterion].scope
    if scope == "network":
        share = _share_of_rest(worth, percentile, sizes) if sizes else percentile
        threshold = float(threshold if absolute else np.percentile(worth.values, share))
        below = int((worth.values < threshold).sum())
        percentile = round(100 * below / len(worth.values), 2) if absolute else percentile
    how = (percentile, threshold, floor, round_to)
    whole = sizes or {g.name: g.size for g in worth.groups}
    plans = {g.name: _plan_group(g, whole[g.name], worth.channels[g.name], *how) for g in worth.groups}
    if scope == "layer":
        below = sum(plans[g.name].below * len(g.layers) for g in worth.groups)
    return Plan(
        network=worth.network,
        structure=worth.structure,
        criterion=worth.criterion,
        percentile=float(percentile),
        scope=scope,
        floor=float(floor),
        round_to=int(round_to),
        threshold=threshold,
        below=below,
        groups=plans,
        absolute=absolute,
        left_alone=worth.left_alone,
        unknown=worth.unknown,
    )


def _share_of_rest(worth, percentile, sizes):
    """Return the percentile of the filters there are that leaves the same as `percentile` of those there were."""
    there_were = sum(sizes[g.name] * len(g.layers) for g in worth.groups)
    return max(0.0, 100 - (100 - percentile) * there_were / sum(g.filters for g in worth.groups))


def _plan_group(group, size, worth, percentile, threshold, floor, round_to):
    # The least worth goes first; among equals the later channel, so that the same network gives the same plan.
    order = np.lexsort((-np.arange(group.size), worth))
    if threshold is None:
        below = max(0, group.size - math.floor(size * (100 - percentile) / 100 + 0.5))
        threshold = float(worth[order[min(below, group.size - 1)]])
    else:
        below = int((worth < threshold).sum())
    least = min(group.size, max(1, math.ceil(floor * size)))
    stay = max(group.size - below, least)
    floored = stay - (group.size - below)
    if round_to > 1:
        rounded = math.floor(stay / round_to + 0.5) * round_to
        stay = min(group.size, max(rounded, math.ceil(least / round_to) * round_to))
    kept = np.sort(order[group.size - stay :])
    return GroupPlan(group.layers, group.size, tuple(kept.tolist()), threshold, below, floored)
