"""What is left of a network's costs after a cut, as a share of the original."""


def share_left(network, what):
    """Return a function of a cut network that returns what is left of the original.

    Args:
        network: the original.
        what: ``"params"``, trainable; ``"macs"``, multiply-accumulates of a sample; or ``"latency"``, CPU time of one
            sample in LiteRT, float32, one thread: medians of runs interleaved with those of the original.
    """
    if what == "latency":
        return lambda small: _latency_left(network, small)
    whole = _count(network, what)
    return lambda small: _count(small, what) / whole


def _count(network, what):
    from tfgait.graph.costs import costs

    return sum(getattr(cost, what) or 0 for cost in costs(network))


def _latency_left(network, small):
    from tfgait.workflows.litert_speed import litert_speeds

    speeds = litert_speeds({"before": network, "after": small}, ("fp32",))
    return speeds["after", "fp32"].ms / speeds["before", "fp32"].ms
