"""Carry out a plan."""

from tfgait.compress.plan import network_hash
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
        raise ConfigError(
            f"plan must be of this network, whose hash is {found}. Received: a plan of network {plan.network}."
        )
    return rebuild(model, plan.kept)
