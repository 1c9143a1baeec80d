"""Carry out a plan."""

from tfgait.compress.worth import network_hash, structure_hash
from tfgait.core.errors import ConfigError
from tfgait.graph.rebuild import rebuild


def cut(model, plan):
    """Return the network without the filters that the plan removes: the same class, other widths.

    Raises:
        ConfigError: the plan was made for another network.
        RebuildError: the rebuilt network does not fit; nothing is returned.
    """
    found = network_hash(model)
    if found != plan.network:
        alike = " of the same structure, with other weights" if structure_hash(model) == plan.structure else ""
        raise ConfigError(
            f"plan must be of this network, whose hash is {found}. Received: a plan of network {plan.network}{alike}."
        )
    return rebuild(model, plan.kept)
