"""Remove the filters of a network that are worth least, prove it, and fine-tune what is left."""

import dataclasses
import time
from pathlib import Path

from tfgait.core.home import runs_dir
from tfgait.workflows.fine_tuning import tuning
from tfgait.workflows.models import load_network, resolve_model, set_latest
from tfgait.workflows.planning import planned
from tfgait.workflows.prune_options import PruneOptions, check_options
from tfgait.workflows.prune_result import PruneResult, facts_of, layer_rows, worse
from tfgait.workflows.pruned_run import add_pruning, finished_tuning, free_folder, same_cut, tuning_hash, write_run

__all__ = ["PruneOptions", "PruneResult", "prune", "prune_once"]


def prune(options, progress=None, fine_tune=None, score=None):
    """Prune as `PruneOptions` say.

    Killed while it fine-tunes, the same call goes on where the fine-tuning was.

    Args:
        options: `PruneOptions`.
        progress: called with (done, total, what).
        fine_tune: function of (`TrainOptions`, progress) that trains; None: the ordinary training.
        score: function as `tfgait.workflows.held_out.held_out_scores`; None: that one.

    Returns:
        `PruneResult`; with `percentiles` a `CurveResult`.

    Raises:
        ConfigError: an option out of its range, a network without filters to prune, a plan of another network.
        ProofFailed: the cut network is not the silenced original; nothing is written.
    """
    check_options(options)
    how = {"fine_tune": fine_tune, "score": score}
    if options.percentiles:
        from tfgait.workflows.prune_curve import prune_curve

        return prune_curve(options, progress, **how)
    if options.rounds > 1:
        from tfgait.workflows.prune_rounds import prune_in_rounds

        return prune_in_rounds(options, progress, **how)
    return prune_once(options, progress, **how)


def prune_once(options, progress=None, fine_tune=None, score=None, teacher=None, sizes=None, reuse=False):
    """Prune and fine-tune once and return the `PruneResult`.

    Args:
        options, progress, fine_tune, score: as of `prune`.
        teacher: `ModelRef` of the network to distil from; None: the one that is pruned.
        sizes: ``{group: channels}`` of the network before earlier rounds; None: those of the one that is pruned.
        reuse: whether a finished fine-tuning of the very same cut by the same options is taken as it is.
    """
    parent = resolve_model(options.model)
    network = load_network(options.model, options.last_dense, mod=options.mod)
    root = Path(options.experdir).expanduser() if options.experdir else runs_dir()
    began = time.perf_counter()
    _tell(progress, 0, "plan, cut, proof")
    plan, small, error = _cut(network, parent, options, progress, sizes)
    seconds = time.perf_counter() - began
    _tell(progress, 1, "plan, cut, proof")
    facts = facts_of(parent, plan, layer_rows(network, small), error, seconds)
    name = options.name or f"{parent.name}-" + (f"t{plan.threshold:g}" if plan.absolute else f"p{plan.percentile:g}")
    again = tuning(options, parent, network.name, root, name, (teacher or parent) if options.distill else None)
    if again is None:
        cut = (same_cut(root, name, plan) if reuse else None) or free_folder(root, name)
        if not cut.exists():
            write_run(cut, parent, plan, facts, small)
            set_latest(cut)
        return PruneResult(run=str(cut), cut=str(cut), **facts)
    cut = same_cut(root, f"{name}-cut", plan)
    if reuse and cut and (done := finished_tuning(root, name, cut, again)):
        run, known = done
        return PruneResult(run=str(run), cut=str(cut), **facts | known)
    if score is None:
        from tfgait.workflows.held_out import held_out_scores as score
    if fine_tune is None:
        from tfgait.workflows.train import train as fine_tune
    # Data that cannot be used are found out here, before anything is written.
    before, after = score(again, (network, small), parent, progress)
    if cut is None:
        cut = free_folder(root, f"{name}-cut")
        write_run(cut, parent, plan, facts, small)
    again = dataclasses.replace(again, initnet=str(cut))
    tuned = fine_tune(again, progress)
    notes = [*facts["notes"], *getattr(tuned, "notes", ()), *worse(before, after, tuned.val)]
    facts |= {"val_before": before, "val_cut": after, "val": tuned.val, "epochs": tuned.epochs, "notes": notes}
    add_pruning(Path(tuned.run), cut, parent, facts, tuning_hash(again))
    return PruneResult(run=tuned.run, cut=str(cut), **facts)


def _cut(network, parent, options, progress, sizes):
    """Return (plan, the cut network, the error of the proof)."""
    from tfgait.compress.cut import cut
    from tfgait.compress.proof import prove

    plan = planned(network, parent, options, progress, sizes)
    small = cut(network, plan)
    return plan, small, prove(network, small, plan.kept, seed=options.seed)


def _tell(progress, done, what):
    if progress:
        progress(done, 1, what)
