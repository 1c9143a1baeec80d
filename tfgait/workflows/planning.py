"""How a network is to be pruned: by a plan given, by a percentile, or by what may be left of it."""

from tfgait.compress import CRITERIA
from tfgait.compress.settings import parse_target

# Steps of the percentile in a search: a latency is measured for seconds, and not to a tenth of a percent.
STEPS = {"params": 0.1, "macs": 0.1, "latency": 5}
SPEED = 8  # channels that a target of latency rounds to: kernels work on so many at once


def planned(network, parent, options, progress=None, sizes=None):
    """Return the `Plan` of a network.

    Args:
        network: the network.
        parent: its `ModelRef`.
        options: `PruneOptions`, checked.
        progress: called with (done, total, what).
        sizes: as of `tfgait.compress.plan.choose`, of a network that was cut before.

    Raises:
        ConfigError: nothing can be pruned, or the target cannot be reached.
        DataError: the plan is damaged, weights are not finite, or the data a criterion needs cannot be used.
    """
    from tfgait.compress.plan import choose, read_plan
    from tfgait.compress.target import plan_for
    from tfgait.compress.worth import weigh
    from tfgait.workflows.shares import share_left

    if options.plan:
        return read_plan(options.plan)
    examples = None
    if "examples" in CRITERIA[options.criterion].needs:
        from tfgait.workflows.examples import examples_of

        examples = examples_of(network, parent, options, progress)
    worth = weigh(network, options.criterion, options.leave, examples, options.seed)
    how = {"scope": options.scope, "floor": options.floor, "round_to": options.round_to}
    if not options.target:
        return choose(worth, options.percentile, threshold=options.threshold or None, sizes=sizes, **how)
    what, asked = parse_target(options.target)
    if what == "latency":
        how["round_to"] = options.round_to or SPEED
    return plan_for(network, worth, what, asked, share_left(network, what), step=STEPS[what], progress=progress, **how)
