"""Remove the filters of a network that are worth least, prove it, and fine-tune what is left."""

import dataclasses
import time
from dataclasses import dataclass, field
from pathlib import Path

from tfgait.core.home import runs_dir
from tfgait.workflows.fine_tuning import tuning
from tfgait.workflows.models import load_network, resolve_model, set_latest
from tfgait.workflows.planning import planned
from tfgait.workflows.prune_options import PruneOptions, check_options
from tfgait.workflows.pruned_run import add_pruning, free_folder, same_cut, write_run

__all__ = ["PruneOptions", "PruneResult", "prune"]


@dataclass(frozen=True)
class PruneResult:
    """A pruned network.

    Args:
        run: its run folder, with `plan.json` and `layers.csv`.
        cut: the run folder of the network before fine-tuning; `run` itself where there was none.
        parent: the network it was made from.
        percentile, criterion, scope: as asked, or as the plan says.
        threshold: score below which filters went, in the scope of the network; None: each layer has its own.
        below: filters that go by the percentile alone, before coupling, floor and rounding.
        filters_before, filters_after: of all layers that can be pruned.
        params_before, params_after: trainable parameters.
        macs_before, macs_after: multiply-accumulates of one sample (30 frames where they are free).
        max_abs_error: between the cut network and the silenced original, outputs scaled to a largest value of 1.
        seconds: of plan, cut and proof.
        epochs: of fine-tuning.
        val_before, val: scores on held-out people of the network it was made from, and of the fine-tuned one.
        left_alone: ``{layer: why}`` of the groups that stayed whole.
        unknown: ``{layer: why}`` of layers whose channels cannot be followed.
        layers: a row a layer: filters, parameters and multiply-accumulates before and after.
        notes: what the user should know, such as that nothing was removed.
    """

    run: str
    cut: str
    parent: str
    percentile: float
    criterion: str
    scope: str
    threshold: float | None
    below: int
    filters_before: int
    filters_after: int
    params_before: int
    params_after: int
    macs_before: int
    macs_after: int
    max_abs_error: float
    seconds: float
    epochs: int = 0
    val_before: dict = field(default_factory=dict)
    val: dict = field(default_factory=dict)
    left_alone: dict = field(default_factory=dict)
    unknown: dict = field(default_factory=dict)
    layers: list = field(default_factory=list)
    notes: list = field(default_factory=list)


def prune(options, progress=None, fine_tune=None):
    """Prune as `PruneOptions` say and return a `PruneResult`.

    Killed while it fine-tunes, the same call goes on where the fine-tuning was.

    Args:
        options: `PruneOptions`.
        progress: called with (done, total, what).
        fine_tune: function of (`TrainOptions`, progress) that trains; None: the ordinary training.

    Raises:
        ConfigError: an option out of its range, a network without filters to prune, a plan of another network.
        ProofFailed: the cut network is not the silenced original; nothing is written.
    """
    check_options(options)
    parent = resolve_model(options.model)
    network = load_network(options.model, options.last_dense, mod=options.mod)
    root = Path(options.experdir).expanduser() if options.experdir else runs_dir()
    began = time.perf_counter()
    _tell(progress, 0, "plan, cut, proof")
    plan, small, error = _cut(network, parent, options, progress)
    seconds = time.perf_counter() - began
    _tell(progress, 1, "plan, cut, proof")
    facts = _facts(parent, plan, _layers(network, small), error, seconds)
    name = options.name or f"{parent.name}-" + (f"t{plan.threshold:g}" if plan.absolute else f"p{plan.percentile:g}")
    again = tuning(options, parent, network.name, root, name)
    if again is None:
        cut = free_folder(root, name)
        write_run(cut, parent, plan, facts, small)
        set_latest(cut)
        return PruneResult(run=str(cut), cut=str(cut), **facts)
    cut = same_cut(root, f"{name}-cut", plan)
    if cut is None:
        cut = free_folder(root, f"{name}-cut")
        write_run(cut, parent, plan, facts, small)
    if fine_tune is None:
        from tfgait.workflows.train import train as fine_tune
    tuned = fine_tune(dataclasses.replace(again, initnet=str(cut)), progress)
    facts |= {"epochs": tuned.epochs, "val": tuned.val, "notes": [*facts["notes"], *_worse(facts["val_before"], tuned)]}
    add_pruning(Path(tuned.run), cut, parent, facts)
    return PruneResult(run=tuned.run, cut=str(cut), **facts)


def _cut(network, parent, options, progress):
    """Return (plan, the cut network, the error of the proof)."""
    from tfgait.compress.cut import cut
    from tfgait.compress.proof import prove

    plan = planned(network, parent, options, progress)
    small = cut(network, plan)
    return plan, small, prove(network, small, plan.kept, seed=options.seed)


def _layers(network, small):
    """Return a row for each layer with weights: what it was, what it is."""
    from tfgait.graph.costs import costs

    rows = []
    for before, after in zip(costs(network), costs(small), strict=True):
        row = {"layer": before.name, "kind": before.kind}
        for name in ("filters", "params", "macs"):
            row |= {f"{name}_before": getattr(before, name), f"{name}_after": getattr(after, name)}
        rows.append(row)
    return rows


def _facts(parent, plan, rows, error, seconds):
    """Return what a `PruneResult` says before any fine-tuning."""
    totals = {
        f"{name}_{when}": sum(row[f"{name}_{when}"] or 0 for row in rows)
        for name in ("params", "macs")
        for when in ("before", "after")
    }
    notes = []
    if plan.filters_after == plan.filters_before:
        notes.append("no filter was removed: none is below the threshold, or the floor or the rounding keeps them")
    if floored := {name: g.floored for name, g in plan.groups.items() if g.floored}:
        notes.append(f"the floor of {plan.floor:g}, at least one channel, keeps some that should go: {floored}")
    if plan.target:
        notes.append("{what}: {reached:.3f} of the original is left; {asked:g} was asked".format(**plan.target))
    return {
        "parent": str(parent.run or parent.path),
        "percentile": plan.percentile,
        "criterion": plan.criterion,
        "scope": plan.scope,
        "threshold": plan.threshold,
        "below": plan.below,
        "filters_before": plan.filters_before,
        "filters_after": plan.filters_after,
        **totals,
        "max_abs_error": error,
        "seconds": round(seconds, 3),
        "val_before": parent.manifest.get("val") or {},
        "left_alone": plan.left_alone,
        "unknown": plan.unknown,
        "layers": rows,
        "notes": notes,
    }


def _worse(before, tuned):
    """Return a note where the fine-tuned network recognises held-out people worse than the one before pruning."""
    if "rank1" not in before or "rank1" not in tuned.val or tuned.val["rank1"] >= before["rank1"]:
        return []
    after = tuned.val["rank1"]
    return [f"rank-1 on held-out people is {after:.1f} after fine-tuning; it was {before['rank1']:.1f} before pruning"]


def _tell(progress, done, what):
    if progress:
        progress(done, 1, what)
