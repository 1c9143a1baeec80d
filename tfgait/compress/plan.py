"""Which filters go: a record that can be kept, read, and carried out later."""

import hashlib
import json
import math
import operator
from dataclasses import asdict, dataclass, field

import numpy as np

from tfgait.compress import CRITERIA
from tfgait.compress.importance import channel_scores, filter_positions
from tfgait.compress.settings import check_settings
from tfgait.core.errors import ConfigError, DataError, check_choice
from tfgait.core.files import read_json, write_json
from tfgait.graph.groups import groups

FORMAT = 1


@dataclass(frozen=True)
class GroupPlan:
    """What happens to one coupled group.

    Args:
        layers: the layers that make its channels.
        size: channels before.
        kept: indices of those that stay, ascending.
        below: channels that scored below the threshold; the floor or the rounding may let some of them stay.
        floored: channels that only the floor keeps.
    """

    layers: tuple
    size: int
    kept: tuple
    below: int
    floored: int


@dataclass(frozen=True)
class Plan:
    """Which filters of a network go.

    Args:
        network: `network_hash` of the network it was made for.
        criterion, percentile, floor, round_to: what it was made with; with an absolute threshold `percentile` is the
            share of the filters that it is above.
        threshold: score below which filters go.
        below: filters below it, before coupling, floor and rounding.
        absolute: whether the threshold was given, and not found by the percentile.
        groups: ``{group: GroupPlan}`` of all that can be pruned.
        left_alone: ``{group: why}`` of all others.
        unknown: ``{layer: why}`` of the layers that no rule could follow.
    """

    network: str
    criterion: str
    percentile: float
    floor: float
    round_to: int
    threshold: float
    below: int
    groups: dict
    absolute: bool = False
    left_alone: dict = field(default_factory=dict)
    unknown: dict = field(default_factory=dict)

    @property
    def kept(self):
        """``{group: indices that stay}``."""
        return {name: np.asarray(g.kept) for name, g in self.groups.items()}

    @property
    def filters_before(self):
        """Filters that could be pruned."""
        return sum(g.size * len(g.layers) for g in self.groups.values())

    @property
    def filters_after(self):
        """Those of them that stay."""
        return sum(len(g.kept) * len(g.layers) for g in self.groups.values())


def make_plan(model, percentile=10.0, criterion="l1", floor=0.25, round_to=0, leave=(), threshold=None):
    """Plan to remove the filters that score strictly below a percentile of all filters of the network.

    Args:
        model: a functional network with a `widths` argument.
        percentile: share of filters that go, in [0, 100).
        criterion: a name in `tfgait.compress.CRITERIA`.
        floor: share of the channels of each group that stay in any case, in [0, 1]; one stays always.
        round_to: round the channels that stay to a multiple of this, the nearest, ties up; 0 or 1: do not.
        leave: names of layers whose channels all stay.
        threshold: remove those that score strictly below this number instead, above 0; 29.4 of ``l1_raw`` is that of
            Embedded-Gait's structural pruning.

    Raises:
        ConfigError: an argument out of its range, a network without a filter that can be pruned.
        DataError: weights that are not finite.
    """
    check_settings(percentile, floor, round_to, threshold)
    absolute = threshold is not None
    chosen = CRITERIA[criterion]
    coupling = groups(model)
    left_alone = {**coupling.left_alone, **_left(coupling, leave)}
    open_groups = [g for g in coupling.groups if g.name not in left_alone]
    if not open_groups:
        why = "; ".join(f"{n}: {reason}" for n, reason in left_alone.items()) or "it has no convolution"
        raise ConfigError(f"the network has no filters that can be pruned ({why}).")
    scores = chosen.score(model, open_groups)
    worth = {g.name: channel_scores(g, scores) for g in open_groups}
    if chosen.alone:
        values = [scores[n][p >= 0] for g in open_groups for n, p in filter_positions(g).items()]
    else:
        values = [np.repeat(worth[g.name], len(g.layers)) for g in open_groups]
    values = np.concatenate(values)
    threshold = float(threshold if absolute else np.percentile(values, percentile))
    plans = {g.name: _plan_group(g, worth[g.name], threshold, floor, round_to) for g in open_groups}
    below = int((values < threshold).sum())
    if absolute:
        percentile = round(100 * below / len(values), 2)
    return Plan(
        network=network_hash(model),
        criterion=criterion,
        percentile=float(percentile),
        floor=float(floor),
        round_to=int(round_to),
        threshold=threshold,
        below=below,
        groups=plans,
        absolute=absolute,
        left_alone=left_alone,
        unknown=coupling.unknown,
    )


def network_hash(model):
    """Return a hash (16 digits) of a network's class, config and weights."""
    digest = hashlib.sha256(json.dumps([type(model).__name__, model.get_config()], default=str).encode())
    for layer in model.layers:
        for weight in layer.weights:
            value = np.ascontiguousarray(weight)
            digest.update(f"{layer.name}{value.shape}{value.dtype}".encode())
            digest.update(value)
    return digest.hexdigest()[:16]


def write_plan(path, plan):
    """Write a plan as JSON, whole or not at all."""
    write_json(path, {"format": FORMAT, **asdict(plan)})


def read_plan(path):
    """Read a plan that `write_plan` wrote.

    Raises:
        DataError: the file is no such plan.
    """
    record = read_json(path)
    if not isinstance(record, dict) or record.pop("format", None) != FORMAT:
        raise DataError(f"{path} must be a pruning plan of format {FORMAT}.")
    try:
        read = {name: _read_group(name, **g) for name, g in record.pop("groups").items()}
        plan = Plan(**record, groups=read)
        check_settings(0.0 if plan.absolute else plan.percentile, plan.floor, plan.round_to)
        return plan
    except (AttributeError, KeyError, TypeError, ValueError, ConfigError) as error:
        raise DataError(f"{path} is a damaged pruning plan: {error}.") from error


def _read_group(name, layers, size, kept, below, floored):
    kept = tuple(map(operator.index, kept))
    if not kept or list(kept) != sorted(set(kept)) or not 0 <= kept[0] <= kept[-1] < size:
        raise ValueError(f"group {name!r} keeps {kept} of {size} channels")
    return GroupPlan(tuple(map(str, layers)), size, kept, below, floored)


def _left(coupling, leave):
    makers = {layer: g.name for g in coupling.groups for layer in g.layers}
    for name in leave:
        check_choice("a layer to leave alone", name, list(makers))
    return {makers[name]: "left alone as asked" for name in leave}


def _plan_group(group, worth, threshold, floor, round_to):
    # The least worth goes first; among equals the later channel, so that the same network gives the same plan.
    order = np.lexsort((-np.arange(group.size), worth))
    below = int((worth < threshold).sum())
    least = max(1, math.ceil(floor * group.size))
    stay = max(group.size - below, least)
    floored = stay - (group.size - below)
    if round_to > 1:
        rounded = math.floor(stay / round_to + 0.5) * round_to
        stay = min(group.size, max(rounded, math.ceil(least / round_to) * round_to))
    kept = np.sort(order[group.size - stay :])
    return GroupPlan(group.layers, group.size, tuple(kept.tolist()), below, floored)
