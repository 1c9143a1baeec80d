"""What the networks on windows learn of walkers' flow: people seen in training, and people never seen."""

from pathlib import Path

from tfgait.workflows.evaluate import EvaluateOptions, evaluate
from tfgait.workflows.figures_runs import SEEDS, spread, trained
from tfgait.workflows.synthesize import SynthesizeOptions, synthesize

RECIPES = ("walkers_cnn2d", "walkers_cnn3d")
SEEN = {"subjects": 300, "first": 3001, "seed": 1}
UNSEEN = {"subjects": 50}
FLOW = {"frames": 42, "views": ("090",), "modalities": ("flow",)}
K = 7


def figures_cnn(progress=None):
    """Train both networks with three seeds by their recipes and score them; an hour or two on two cores.

    A finished run of the same recipe and seed is not trained again, an unfinished one goes on.

    Args:
        progress: called with (done, total, what).

    Returns:
        ``{"<recipe>, <what>": "mean (lowest to highest of the seeds)"}``, in percent, and chance. Seen are the people
        trained on, in walks that were held out, named by the softmax classifier; never seen are 50 others, by the vote
        of 7 neighbours in a gallery of their walks nm-01 to 04, for single windows and for whole videos.
    """
    seen, unseen = (
        str(Path(synthesize(SynthesizeOptions(**people, **FLOW), progress).files["flow"]).parent)
        for people in (SEEN, UNSEEN)
    )
    record = {}
    for recipe in RECIPES:
        rows = [_scores(recipe, seed, seen, unseen, progress) for seed in SEEDS]
        for what in rows[0]:
            record[f"{recipe}, {what}"] = spread(row[what] for row in rows)
    return record


def _scores(recipe, seed, seen, unseen, progress):
    run, known = trained(recipe, seed, seen, progress)
    found = evaluate(EvaluateOptions(model=run, datadir=unseen, split="all_test", knn=K), progress)
    scores = {"seen, softmax": known["accuracy"], "seen, chance": 100 / known["subjects"]}
    for name, rates in (("window", found.knn_accuracy), ("video", found.knn_accuracy_video)):
        scores |= {f"never seen, k-NN {kind} by {name}": rate for kind, rate in rates.items()}
    return scores | {"never seen, chance": found.chance}
