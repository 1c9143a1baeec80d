"""What the networks on windows learn of walkers' flow: people seen in training, and people never seen."""

import statistics
from pathlib import Path

import yaml

from tfgait.core.errors import DataError
from tfgait.core.files import read_json
from tfgait.core.home import runs_dir
from tfgait.core.recipes import recipe_path
from tfgait.workflows.evaluate import EvaluateOptions, evaluate
from tfgait.workflows.synthesize import SynthesizeOptions, synthesize
from tfgait.workflows.train import TrainOptions, train

RECIPES = ("walkers_cnn2d", "walkers_cnn3d")
SEEDS = (0, 1, 2)
SEEN = {"subjects": 300, "first": 3001, "seed": 1}
UNSEEN = {"subjects": 50}
FLOW = {"frames": 42, "views": ("090",), "modalities": ("flow",)}
K = 7


def benchmark_cnn(progress=None):
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
            values = [row[what] for row in rows]
            record[f"{recipe}, {what}"] = f"{statistics.mean(values):.1f} ({min(values):.1f} to {max(values):.1f})"
    return record


def _scores(recipe, seed, seen, unseen, progress):
    run, accuracy, people = _trained(recipe, seed, seen, progress)
    found = evaluate(EvaluateOptions(model=run, datadir=unseen, split="all_test", knn=K), progress)
    scores = {"seen, softmax": accuracy, "seen, chance": 100 / people}
    for name, rates in (("window", found.knn_accuracy), ("video", found.knn_accuracy_video)):
        scores |= {f"never seen, k-NN {kind} by {name}": rate for kind, rate in rates.items()}
    return scores | {"never seen, chance": found.chance}


def _trained(recipe, seed, datadir, progress):
    """Return (run folder, softmax accuracy in percent, people) of a training by a recipe."""
    asked = yaml.safe_load(Path(recipe_path(recipe)).read_text(encoding="utf-8"))
    asked |= {"seed": seed, "datadir": datadir, "name": f"{recipe}-{seed}"}
    folder = runs_dir() / asked["name"]
    try:
        known = read_json(folder / "manifest.json")
    except DataError:
        known = {}
    config = known.get("config") or {}
    if known.get("status") == "finished" and all(config.get(key) == value for key, value in asked.items()):
        return str(folder), known["accuracy"], known["subjects"]
    result = train(TrainOptions(**asked), progress)
    return result.run, result.accuracy, result.subjects
