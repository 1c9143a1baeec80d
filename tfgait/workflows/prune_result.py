"""What a pruning gives, and the facts it is made from."""

from dataclasses import dataclass, field

MEASURES = ("rank1", "accuracy")


@dataclass(frozen=True)
class PruneResult:
    """A pruned network.

    Args:
        run: its run folder, with `plan.json` and `layers.csv`; after several rounds with `plan-1.json` and so on.
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
        val_before, val_cut, val: scores on held-out people, the same for all three, of the network it was made from, of
            the cut one, and of the fine-tuned one. Without fine-tuning nothing is measured, and the first is what the
            run of that network says.
        rounds: a row for each round of cut and fine-tuning, where there were several.
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
    val_cut: dict = field(default_factory=dict)
    val: dict = field(default_factory=dict)
    rounds: list = field(default_factory=list)
    left_alone: dict = field(default_factory=dict)
    unknown: dict = field(default_factory=dict)
    layers: list = field(default_factory=list)
    notes: list = field(default_factory=list)


def layer_rows(network, small):
    """Return a row for each layer with weights: what it was, what it is."""
    from tfgait.graph.costs import costs

    rows = []
    for before, after in zip(costs(network), costs(small), strict=True):
        row = {"layer": before.name, "kind": before.kind}
        for name in ("filters", "params", "macs"):
            row |= {f"{name}_before": getattr(before, name), f"{name}_after": getattr(after, name)}
        rows.append(row)
    return rows


def totals(rows):
    """Return the sums of the rows of all layers: parameters and multiply-accumulates before and after."""
    return {
        f"{name}_{when}": sum(row[f"{name}_{when}"] or 0 for row in rows)
        for name in ("params", "macs")
        for when in ("before", "after")
    }


def facts_of(parent, plan, rows, error, seconds):
    """Return what a `PruneResult` says before any fine-tuning.

    Args:
        parent: `ModelRef` of the network that was pruned.
        plan: the `Plan`.
        rows: `layer_rows`.
        error: of the proof.
        seconds: of plan, cut and proof.
    """
    notes = []
    if plan.filters_after == plan.filters_before:
        notes.append("no filter was removed: none is below the threshold, or the floor or the rounding keeps them")
    if floored := {name: g.floored for name, g in plan.groups.items() if g.floored}:
        kept = ", ".join(f"{count} of {name}" for name, count in floored.items())
        gone = 100 * (1 - plan.filters_after / plan.filters_before)
        notes.append(
            f"the floor of {plan.floor:g} (at least one channel) keeps filters that should go: {kept}; "
            f"{gone:.1f} % were removed"
        )
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
        **totals(rows),
        "max_abs_error": error,
        "seconds": round(seconds, 3),
        "val_before": parent.manifest.get("val") or {},
        "left_alone": plan.left_alone,
        "unknown": plan.unknown,
        "layers": rows,
        "notes": notes,
    }


def worse(before, cut, tuned):
    """Return notes where the fine-tuned network scores worse than the one before pruning, or than the cut one.

    Args:
        before, cut, tuned: scores of the three on the same held-out people or sequences.
    """
    found = []
    for name in MEASURES:
        if name not in tuned:
            continue
        what, factor = ("rank-1", 1) if name == "rank1" else ("accuracy", 100)
        after = factor * tuned[name]
        if after < factor * before.get(name, 0):
            found.append(
                f"{what} on what was held out is {after:.1f} after fine-tuning; it was {factor * before[name]:.1f} "
                "before pruning"
            )
        if after < factor * cut.get(name, 0):
            found.append(
                f"fine-tuning made it worse: {what} on what was held out is {after:.1f}; the cut network, "
                f"which is kept beside it, has {factor * cut[name]:.1f}; test_knn on people never seen says more"
            )
    return found
