"""What pruning takes and what it gives back: seconds of planning and cutting, size and time of what is left."""

from tfgait.runtime.meter import measure
from tfgait.workflows.litert_speed import litert_speeds

NETWORKS = ("gaitset", "cnn2d", "cnn3d", "cnn2plus1d")
CUTS = {"10 %": (10.0, 0), "10 % to 8": (10.0, 8), "50 % to 8": (50.0, 8)}  # percentile, rounding
ROUNDS = 5


def figures_surgery(progress=None):
    """Measure surgery on the published networks and the speed of what is left of the first of them.

    Args:
        progress: called with (done, total, what).

    Returns:
        Seconds (clock, and CPU time) of plan and cut together at 50 %, and of the proof, medians of rounds in turn,
        for each network; then what is left of the first network after each cut: multiply-accumulates, bytes and
        1-thread time as LiteRT float32 and int8 files, as shares of the unpruned, measured in turn.
    """
    from tfgait.nets import build

    networks = {name: build(name) for name in NETWORKS}
    say = progress or (lambda done, total, what: None)
    say(0, 2, "plan, cut, proof")
    record = _seconds(networks)
    say(1, 2, "LiteRT files")
    record |= _left(networks[NETWORKS[0]])
    say(2, 2, "LiteRT files")
    return record


def _seconds(networks):
    """Return ``{what: seconds}`` of each network, and of the slowest plan and cut."""
    from tfgait.compress.proof import prove

    done = {name: _cut(network, 50.0, 0) for name, network in networks.items()}
    calls = {(name, "plan and cut"): lambda n=network: _cut(n, 50.0, 0) for name, network in networks.items()}
    calls |= {
        (name, "proof"): lambda n=networks[name], plan=plan, small=small: prove(n, small, plan.kept)
        for name, (plan, small) in done.items()
    }
    taken = measure(calls, ROUNDS, warmup=1)
    record = {}
    for (name, what), latency in taken.items():
        record[f"{name}, {what}, s"] = round(latency.wall_ms / 1000, 3)
        record[f"{name}, {what}, CPU s"] = round(latency.cpu_ms / 1000, 3)
    record["slowest plan and cut, s"] = max(record[f"{name}, plan and cut, s"] for name in networks)
    return record


def _left(network):
    """Return ``{what: share of the unpruned}`` after each of `CUTS`."""
    from tfgait.graph.costs import macs

    small = {name: _cut(network, *how)[1] for name, how in CUTS.items()}
    speeds = litert_speeds({"": network, **small})
    called = {"fp32": "float32", "int8": "int8"}
    record = {f"{network.name} whole, {called[how]}, ms": round(speeds["", how].ms, 2) for how in called}
    for name, cut in small.items():
        record[f"{network.name} {name}, MACs"] = round(macs(cut) / macs(network), 3)
        for how in called:
            for what in ("bytes", "ms"):
                share = getattr(speeds[name, how], what) / getattr(speeds["", how], what)
                record[f"{network.name} {name}, {called[how]} {what}"] = round(share, 3)
    return record


def _cut(network, percentile, round_to):
    """Return (plan, the cut network)."""
    from tfgait.compress.cut import cut
    from tfgait.compress.plan import make_plan

    plan = make_plan(network, percentile, round_to=round_to)
    return plan, cut(network, plan)
