"""The figures of the networks on windows: three seeds each, what is finished is not trained again."""

from dataclasses import dataclass

import pytest

from tfgait.core.files import write_json
from tfgait.workflows import figures_cnn as module
from tfgait.workflows import figures_runs
from tfgait.workflows.figures import FiguresOptions


@dataclass
class Said:
    """Stands in for every result that the figures are taken from."""

    run: str = ""
    accuracy: float = 0.0
    subjects: int = 300
    files: dict = None
    knn_accuracy: dict = None
    knn_accuracy_video: dict = None
    chance: float = 2.0


@pytest.fixture
def trainings(monkeypatch, tmp_path):
    """Return the options of every training that is asked for; its accuracy is 10 times its seed."""
    asked = []

    def train(options, progress):
        asked.append(options)
        facts = {"accuracy": 10.0 * options.seed, "subjects": 300}
        config = {name: getattr(options, name) for name in options.__dataclass_fields__}
        run = tmp_path / "runs" / options.name
        write_json(run / "manifest.json", {"status": "finished", "config": config, **facts})
        return Said(run=str(run), **facts)

    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path))
    monkeypatch.setattr(figures_runs, "train", train)
    monkeypatch.setattr(module, "synthesize", lambda options, _: Said(files={"flow": f"{options.subjects}/flow.h5"}))
    monkeypatch.setattr(
        module,
        "evaluate",
        lambda options, _: Said(knn_accuracy={"nm": 50.0 + options.knn}, knn_accuracy_video={"nm": 60.0}),
    )
    return asked


def test_three_seeds_of_each_recipe_are_trained_once(trainings):
    record = module.figures_cnn()
    assert [(o.preset, o.seed, o.datadir) for o in trainings] == [
        (f"cnn{n}d_walkers", seed, "300") for n in (2, 3) for seed in (0, 1, 2)
    ]
    assert record["walkers_cnn2d, seen, softmax"] == "10.0 (0.0 to 20.0)"
    assert record["walkers_cnn3d, seen, chance"] == "0.3 (0.3 to 0.3)"
    assert record["walkers_cnn3d, never seen, k-NN nm by window"] == "57.0 (57.0 to 57.0)"
    assert module.figures_cnn() == record and len(trainings) == 6


def test_a_run_of_other_options_is_not_taken(trainings, monkeypatch):
    module.figures_cnn()
    monkeypatch.setattr(module, "SEEDS", (3,))
    monkeypatch.setattr(module, "SEEN", {"subjects": 200})
    module.figures_cnn()
    assert [o.datadir for o in trainings[6:]] == ["200", "200"]


def test_it_takes_hours_and_so_is_not_among_the_usual_ones():
    assert "cnn" not in FiguresOptions().what and "step" in FiguresOptions().what
