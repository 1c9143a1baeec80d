"""The same network with fewer channels: its own class, other widths, sliced weights."""

import numpy as np

from tfgait.core.errors import ConfigError, nearest
from tfgait.graph.groups import groups, widths_of


class RebuildError(RuntimeError):
    """The rebuilt network does not fit the old one's weights: the graph was misread, or its names are not stable."""


def rebuild(model, kept, coupling=None):
    """Return a network of the same class that has only the kept channels.

    Args:
        model: a network with a `widths` argument.
        kept: ``{group: indices of the channels to keep}``, ascending; groups not named stay whole.
        coupling: what `groups(model)` returned, where it is at hand.

    Raises:
        ConfigError: a group that is unknown or must be left alone, or indices that are empty, doubled or outside.
        RebuildError: a layer or weight is left over or has another shape than expected.
    """
    coupling = coupling or groups(model)
    chosen = _check(coupling, kept)
    takes = axis_positions(coupling, chosen)
    config = model.get_config()
    new = type(model).from_config({**config, "widths": _new_widths(model, coupling, chosen)})
    old_layers, new_layers = ({layer.name: layer for layer in m.layers if layer.weights} for m in (model, new))
    if old_layers.keys() != new_layers.keys():
        odd = sorted(old_layers.keys() ^ new_layers.keys())
        raise RebuildError(f"The rebuilt {type(model).__name__} has other layers with weights: {', '.join(odd)}.")
    for name, layer in old_layers.items():
        _copy(layer, new_layers[name], takes)
    return new


def reconfigured(network, **arguments):
    """Return a network of the same class and weights with other arguments, of those it has; itself where none differs.

    Args:
        network: a network whose config is its arguments.
        arguments: such as `frames`, on which no weight's shape depends.
    """
    config = network.get_config()
    changed = {key: value for key, value in arguments.items() if key in config and config[key] != value}
    if not changed:
        return network
    rebuilt = type(network).from_config({**config, **changed})
    rebuilt.set_weights(network.get_weights())
    return rebuilt


def axis_positions(coupling, kept):
    """Return ``{(layer, weight, axis): positions that stay}`` for every weight axis that loses some."""
    stays = {}
    for group in coupling.groups:
        if group.name not in kept or len(kept[group.name]) == group.size:
            continue
        alive = np.zeros(group.size + 1, bool)
        alive[kept[group.name]] = True
        alive[-1] = True  # position -1: another group's
        for m in group.members:
            key = (m.layer, m.weight, m.axis)
            stays[key] = stays.get(key, True) & alive[m.positions]
    return {key: np.flatnonzero(mask) for key, mask in stays.items()}


def _check(coupling, kept):
    known = {g.name: g for g in coupling.groups}
    chosen = {}
    for name, indices in kept.items():
        if name not in known:
            raise ConfigError(f"kept must name groups of the network. Received: {name!r}.{nearest(name, known)}")
        indices, size = np.asarray(indices), known[name].size
        if indices.ndim != 1 or not len(indices) or indices.dtype.kind not in "iu":
            raise ConfigError(f"kept[{name!r}] must be a list of whole numbers, at least one. Received: {indices!r}.")
        if indices[0] < 0 or indices[-1] >= size or (np.diff(indices) <= 0).any():
            raise ConfigError(f"kept[{name!r}] must ascend within 0..{size - 1}. Received: {indices!r}.")
        if known[name].reason and len(indices) < size:
            raise ConfigError(f"group {name!r} must stay whole: {known[name].reason}.")
        chosen[name] = indices
    return chosen


def _new_widths(model, coupling, kept):
    widths = widths_of(model)
    for group in coupling.groups:
        gone = group.size - len(kept.get(group.name, range(group.size)))
        for layer in group.layers:
            if layer in widths:
                widths[layer] -= gone
    return widths


def _copy(old, new, takes):
    if len(old.weights) != len(new.weights):
        raise RebuildError(f"Layer {old.name!r} had {len(old.weights)} weights, rebuilt it has {len(new.weights)}.")
    values = []
    for index, (source, target) in enumerate(zip(old.weights, new.weights, strict=True)):
        value = np.asarray(source)
        for axis in range(value.ndim):
            if (old.name, index, axis) in takes:
                value = np.take(value, takes[old.name, index, axis], axis)
        if value.shape != tuple(target.shape):
            raise RebuildError(
                f"Weight {source.path!r} is {value.shape} after the cut, but the rebuilt layer needs "
                f"{tuple(target.shape)}: the graph was misread, or `widths` is not used as its names say."
            )
        values.append(value)
    new.set_weights(values)
    new.trainable = old.trainable
