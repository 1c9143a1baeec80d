"""Find the percentile that brings a network down to a share of what it costs."""

import dataclasses

from tfgait.compress.cut import cut
from tfgait.compress.plan import choose
from tfgait.core.errors import ConfigError


def plan_for(model, worth, what, asked, share, scope="", floor=0.25, round_to=0, step=0.1, progress=None):
    """Return the `Plan` of the least percentile that leaves at most a share; its `target` says what it reached.

    Found by bisection over the multiples of `step`; the same widths are measured once.

    Args:
        model: the network.
        worth: its `tfgait.compress.worth.Worth`.
        what: what is shared, for the plan and messages.
        asked: the share that may be left, in (0, 1).
        share: function of a cut network that returns what is left, as a share of the original.
        scope, floor, round_to: as of `tfgait.compress.plan.make_plan`, and checked.
        step: of the percentile; coarser where a measurement is dear or noisy.
        progress: called with (done, total, what).

    Raises:
        ConfigError: not even the highest percentile reaches it; the message says how far it gets.
    """
    known = {}

    def tried(number):
        plan = choose(worth, round(number * step, 6), scope, floor, round_to)
        widths = tuple(len(g.kept) for g in plan.groups.values())
        if widths not in known:
            known[widths] = share(cut(model, plan))
        if progress:
            progress(len(known), total, f"look for {what}")
        return plan, known[widths]

    high = round(100 / step) - 1
    total = high.bit_length() + 1
    plan, reached = tried(high)
    if reached > asked:
        raise ConfigError(
            f"target must be at least {what}={reached:.3f}, which floor={floor:g} and round_to={round_to} leave. "
            f"Received: {what}={asked:g}."
        )
    low = 0
    while low < high:
        middle = (low + high) // 2
        found, left = tried(middle)
        if left <= asked:
            plan, reached, high = found, left, middle
        else:
            low = middle + 1
    return dataclasses.replace(plan, target={"what": what, "asked": asked, "reached": float(reached)})
