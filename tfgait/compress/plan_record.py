"""Which filters go: a record that can be kept, read, and carried out later."""

import operator
from dataclasses import asdict, dataclass, field

import numpy as np

from tfgait.compress.settings import check_scope, check_settings
from tfgait.core.errors import ConfigError, DataError
from tfgait.core.files import read_json, write_json

FORMAT = 2


@dataclass(frozen=True)
class GroupPlan:
    """What happens to one coupled group.

    Args:
        layers: the layers that make its channels.
        size: channels before.
        kept: indices of those that stay, ascending.
        threshold: score of the least channel that stays by the percentile alone; that of the network in its scope.
        below: channels that go by the percentile alone; the floor or the rounding may let some of them stay.
        floored: channels that only the floor keeps.
    """

    layers: tuple
    size: int
    kept: tuple
    threshold: float
    below: int
    floored: int


@dataclass(frozen=True)
class Plan:
    """Which filters of a network go.

    Args:
        network, structure: `network_hash` and `structure_hash` of the network it was made for.
        criterion, percentile, scope, floor, round_to: what it was made with; with an absolute threshold `percentile` is
            the share of the filters that it is above.
        threshold: score below which filters go, in the scope of the network; None: each group has its own.
        below: filters that go by the percentile alone, before coupling, floor and rounding.
        groups: ``{group: GroupPlan}`` of all that can be pruned.
        absolute: whether the threshold was given, and not found by the percentile.
        target: what the percentile was found for: ``{"what", "asked", "reached"}``; empty where it was given. It does
            not make plans differ, since a latency is never measured twice alike.
        left_alone: ``{group: why}`` of all others.
        unknown: ``{layer: why}`` of the layers that no rule could follow.
    """

    network: str
    structure: str
    criterion: str
    percentile: float
    scope: str
    floor: float
    round_to: int
    threshold: float | None
    below: int
    groups: dict
    absolute: bool = False
    target: dict = field(default_factory=dict, compare=False)
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
        if plan.absolute:
            check_settings(0.0, plan.floor, plan.round_to, plan.threshold)
        else:
            check_settings(plan.percentile, plan.floor, plan.round_to)
        check_scope(plan.scope)
        return plan
    except (AttributeError, KeyError, TypeError, ValueError, ConfigError) as error:
        raise DataError(f"{path} is a damaged pruning plan: {error}.") from error


def _read_group(name, layers, size, kept, threshold, below, floored):
    kept = tuple(map(operator.index, kept))
    if not kept or list(kept) != sorted(set(kept)) or not 0 <= kept[0] <= kept[-1] < size:
        raise ValueError(f"group {name!r} keeps {kept} of {size} channels")
    return GroupPlan(tuple(map(str, layers)), size, kept, float(threshold), below, floored)
