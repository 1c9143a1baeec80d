"""A network whose filters have been weighed: all that a plan needs to know of it."""

import hashlib
import json
from dataclasses import dataclass

import numpy as np

from tfgait.compress import CRITERIA
from tfgait.compress.importance import channel_scores, filter_positions
from tfgait.core.errors import ConfigError, check_choice
from tfgait.graph.groups import groups


@dataclass(frozen=True)
class Worth:
    """What the channels of a network are worth by a criterion.

    Args:
        network: `network_hash` of it.
        structure: `structure_hash` of it.
        criterion: name in `tfgait.compress.CRITERIA`.
        groups: the coupled groups that can be pruned.
        channels: ``{group: (size,) score of each channel}``.
        values: scores over which the percentile of the whole network is taken: of each filter its channel's, or its own
            where the criterion takes filters one by one.
        left_alone: ``{group: why}`` of all other groups.
        unknown: ``{layer: why}`` of the layers that no rule could follow.
    """

    network: str
    structure: str
    criterion: str
    groups: tuple
    channels: dict
    values: np.ndarray
    left_alone: dict
    unknown: dict


def weigh(model, criterion="l1", leave=(), examples=None, seed=0):
    """Return the `Worth` of a network; arguments as of `tfgait.compress.plan.make_plan`."""
    chosen = CRITERIA[criterion]
    coupling = groups(model)
    left_alone = {**coupling.left_alone, **_left(coupling, leave)}
    found = [g for g in coupling.groups if g.name not in left_alone]
    scores = chosen.scores(model, found, examples=examples, seed=seed) if found else {}
    channels = {g.name: channel_scores(g, scores) for g in found}
    left_alone |= {name: chosen.missing for name, worth in channels.items() if np.isnan(worth).any()}
    found = tuple(g for g in found if g.name not in left_alone)
    if not found:
        raise ConfigError(f"the network has no filters that can be pruned ({_reasons(left_alone)}).")
    if chosen.alone:
        values = [scores[n][p >= 0] for g in found for n, p in filter_positions(g).items()]
    else:
        values = [np.repeat(channels[g.name], len(g.layers)) for g in found]
    return Worth(
        network=network_hash(model),
        structure=structure_hash(model),
        criterion=criterion,
        groups=found,
        channels={g.name: channels[g.name] for g in found},
        values=np.concatenate(values),
        left_alone=left_alone,
        unknown=coupling.unknown,
    )


def structure_hash(model):
    """Return a hash (16 digits) of a network's class and config."""
    return _structure(model).hexdigest()[:16]


def network_hash(model):
    """Return a hash (16 digits) of a network's class, config and weights."""
    digest = _structure(model)
    for layer in model.layers:
        for weight in layer.weights:
            value = np.ascontiguousarray(weight)
            digest.update(f"{layer.name}{value.shape}{value.dtype}".encode())
            digest.update(value)
    return digest.hexdigest()[:16]


def _structure(model):
    return hashlib.sha256(json.dumps([type(model).__name__, model.get_config()], default=str).encode())


def _left(coupling, leave):
    makers = {layer: g.name for g in coupling.groups for layer in g.layers}
    for name in leave:
        check_choice("a layer to leave alone", name, list(makers))
    return {makers[name]: "left alone as asked" for name in leave}


def _reasons(left_alone):
    named = {}
    for name, reason in left_alone.items():
        named.setdefault(reason, []).append(name)
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in named.items()) or "it has no convolution"
