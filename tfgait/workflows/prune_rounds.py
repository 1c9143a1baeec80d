"""Prune and fine-tune in rounds, each of which takes the same share of what is left."""

import dataclasses
import shutil
from pathlib import Path

from tfgait.core.files import read_json, write_json
from tfgait.core.home import runs_dir
from tfgait.report.tables import write_csv
from tfgait.workflows.fine_tuning import tuning
from tfgait.workflows.models import load_network, resolve_model
from tfgait.workflows.prune import prune_once
from tfgait.workflows.prune_result import worse
from tfgait.workflows.pruned_run import LAYERS, PLAN


def prune_in_rounds(options, progress=None, fine_tune=None, score=None):
    """Return the `PruneResult` of several rounds, measured against the network before the first.

    Percentile and floor are shares of the original filters in every round. The folders of the rounds before the last
    stand in ``<name>-rounds``; finished rounds are not done again.

    Args:
        options, progress, fine_tune, score: as of `tfgait.workflows.prune.prune`.
    """
    from tfgait.graph.groups import groups

    origin = resolve_model(options.model)
    network = load_network(options.model, options.last_dense, mod=options.mod)
    sizes = {g.name: g.size for g in groups(network).groups}
    root = Path(options.experdir).expanduser() if options.experdir else runs_dir()
    name = options.name or f"{origin.name}-p{options.percentile:g}-r{options.rounds}"
    recipe = tuning(options, origin, network.name, root, name)
    epochs = _shares(max(options.rounds, recipe.epochs), options.rounds)
    results = []
    for number, percentile in enumerate(schedule(options.percentile, options.rounds), 1):
        last = number == options.rounds
        change = {"percentile": percentile, "epochs": epochs[number - 1], "lr": recipe.lr, "rounds": 1}
        change |= {"name": name if last else f"round-{number}"}
        change |= {"experdir": str(root if last else root / f"{name}-rounds")}
        if results:
            change |= {"model": results[-1].run, "last_dense": "", "mod": ""}
        results.append(
            prune_once(dataclasses.replace(options, **change), progress, fine_tune, score, origin, sizes, reuse=True)
        )
    joined = _joined(results)
    _record(Path(joined.run), origin, results, joined)
    return joined


def schedule(percentile, rounds):
    """Return the percentile of the original filters after each round: what is left falls by the same factor."""
    left = (1 - percentile / 100) ** (1 / rounds)
    return [round(100 * (1 - left**number), 6) for number in range(1, rounds)] + [percentile]


def _shares(epochs, rounds):
    """Return the epochs of each round; what does not divide goes to the last ones."""
    return [epochs // rounds + (number >= rounds - epochs % rounds) for number in range(rounds)]


def _joined(results):
    """Return the result of all rounds together."""
    first, last = results[0], results[-1]
    befores = {row["layer"]: row for row in first.layers}
    layers = [row | {k: v for k, v in befores[row["layer"]].items() if k.endswith("_before")} for row in last.layers]
    rows = [
        {
            "round": number,
            "percentile": r.percentile,
            "filters": r.filters_after,
            "epochs": r.epochs,
            "val_cut": r.val_cut,
            "val": r.val,
            "run": r.run,
        }
        for number, r in enumerate(results, 1)
    ]
    of_last = worse(last.val_before, last.val_cut, last.val)
    return dataclasses.replace(
        last,
        parent=first.parent,
        **{k: getattr(first, k) for k in ("filters_before", "params_before", "macs_before", "val_before")},
        max_abs_error=max(r.max_abs_error for r in results),
        seconds=round(sum(r.seconds for r in results), 3),
        epochs=sum(r.epochs for r in results),
        rounds=rows,
        layers=layers,
        notes=[
            *(note for note in last.notes if note not in of_last),
            *worse(first.val_before, last.val_cut, last.val),
        ],
    )


def _record(run, origin, results, joined):
    """Keep the plan of every round in the last run folder, and say there what all of them did."""
    for number, result in enumerate(results, 1):
        shutil.copyfile(Path(result.cut) / PLAN, run / f"plan-{number}.json")
    write_csv(run / LAYERS, joined.layers)
    said = {k: v for k, v in dataclasses.asdict(joined).items() if k not in ("run", "cut", "layers", "left_alone")}
    write_json(run / "manifest.json", {**read_json(run / "manifest.json"), "parent": origin.name, "rounds": said})
