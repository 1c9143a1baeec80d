"""What pruning and int8 cost in recognition: people never seen, three trainings, each made small in several ways."""

from pathlib import Path

from tfgait.core.home import runs_dir
from tfgait.workflows.evaluate import EvaluateOptions, evaluate
from tfgait.workflows.figures_runs import SEEDS, finished, spread, trained
from tfgait.workflows.prune import PruneOptions, prune
from tfgait.workflows.qat import QatOptions, qat
from tfgait.workflows.synthesize import SynthesizeOptions, synthesize

RECIPE = "walkers_gaitset"
SEEN = {"subjects": 300, "first": 1001, "seed": 1}
UNSEEN = {"subjects": 50, "first": 7001, "seed": 2}
WALKS = {"frames": 30, "modalities": ("silhouettes",)}
# Half a network has much to learn again: as long as it was trained, and two thirds more, at the same rate.
LONG = {"epochs": 20, "lr": 0.0025}
# Percentile 0 removes nothing: it is what the same fine-tuning does to the whole network.
CUTS = {
    "0": {"percentile": 0.0},
    "10": {"percentile": 10.0},
    "50": {"percentile": 50.0, **LONG},
    "50-random": {"percentile": 50.0, "criterion": "random", **LONG},
}
ROUND_TO = 8
LAST = "checkpoints/last.keras"


def figures_pruning(progress=None):
    """Train GaitSet on made people with three seeds, make it small, score it on others; two hours on two free cores.

    A finished run is not made again, an unfinished one goes on. Trained and pruned networks are scored as their last
    epoch left them: six people held out are too few to choose an epoch by (choosing moved rank-1 by up to 5 points).
    An int8 file is compared with the float network it was made from, as published.

    Args:
        progress: called with (done, total, what).

    Returns:
        ``{"<network>, <what>": "mean (lowest to highest of the seeds)"}``: rank-1 in percent of each kind of probe, the
        points it loses against the trained network of the same seed, and chance.
    """
    seen, unseen = (
        str(Path(synthesize(SynthesizeOptions(**people, **WALKS), progress).files["silhouettes"]).parent)
        for people in (SEEN, UNSEEN)
    )
    rows = [_scores(_models(seed, seen, progress), unseen, progress) for seed in SEEDS]
    return {what: spread((row[what] for row in rows), digits=2) for what in rows[0]}


def _models(seed, seen, progress):
    """Return ``{name: (file, name of the network it is compared with)}`` of one seed, made or found."""
    base, _ = trained(RECIPE, seed, seen, progress)
    models = {"trained": (f"{base}/{LAST}", "trained")}
    for name, how in CUTS.items():
        run = runs_dir() / f"{RECIPE}-{seed}-{name}"
        if not finished(run).get("pruning"):
            run = prune(PruneOptions(model=base, round_to=ROUND_TO, name=run.name, seed=seed, **how), progress).run
        models[f"pruned {name}"] = (f"{run}/{LAST}", "trained")
    run = runs_dir() / f"{RECIPE}-{seed}-qat"
    files = finished(run).get("qat") or vars(qat(QatOptions(model=base, name=run.name, seed=seed), progress))
    models["float32"] = (f"{base}/model.keras", "float32")
    return models | {
        "int8, calibrated": (files["ptq_file"], "float32"),
        "int8, trained for": (files["file"], "float32"),
    }


def _scores(models, unseen, progress):
    """Return ``{"<model>, <what>": number}`` of the models of one seed."""
    scores = {}
    for name, (model, before) in models.items():
        found = evaluate(EvaluateOptions(model=model, datadir=unseen, split="all_test"), progress)
        for kind, rank1 in found.rank1.items():
            scores[f"{name}, {kind}"] = rank1
            if name != before:
                scores[f"{name}, {kind} lost"] = scores[f"{before}, {kind}"] - rank1
    return scores | {"chance": found.chance}
