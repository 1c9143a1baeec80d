"""The figures of compression: three seeds, each loss against the network of its own seed, nothing made twice."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tfgait.core.files import write_json
from tfgait.workflows import figures_pruning as module
from tfgait.workflows.figures import FiguresOptions

SCORES = {"random": 60.0, "-50/": 70.0, "qat": 75.0}  # by what is in the path of a model; others have 80


@dataclass
class Said:
    """Stands in for every result that the figures are taken from."""

    files: dict = field(default_factory=dict)
    run: str = ""
    file: str = ""
    ptq_file: str = ""
    rank1: dict = field(default_factory=dict)
    chance: float = 2.0


@pytest.fixture
def made(monkeypatch, tmp_path):
    """Return the names of the runs that are made; a model's rank-1 nm is that of `SCORES`, and more by its seed."""
    names = []

    def make(what):
        def run(options, progress):
            names.append(options.name)
            record = {"ptq_file": f"{options.model}/ptq.tflite", "file": f"{options.model}/qat.tflite"}
            run = tmp_path / "runs" / options.name
            if run.exists():  # somebody's unfinished one: it is left alone
                run = run.with_name(f"{run.name}-2")
            write_json(run / "manifest.json", {"status": "finished", what: record})
            return Said(run=str(run), **record)

        return run

    def score(options, progress):
        rank1 = (
            60.0
            if "random" in options.model
            else 70.0
            if "-50/" in options.model
            else 75.0
            if "qat" in options.model
            else 80.0
        )
        seed = options.model.partition("gaitset-")[2][0]
        return Said(rank1={"nm": rank1 + int(seed)})

    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path))
    monkeypatch.setattr(module, "trained", lambda recipe, seed, data, _: (str(tmp_path / f"{recipe}-{seed}"), {}))
    monkeypatch.setattr(module, "prune", make("pruning"))
    monkeypatch.setattr(module, "qat", make("qat"))
    monkeypatch.setattr(module, "synthesize", lambda options, _: Said({"silhouettes": f"{options.first}/walks.h5"}))
    monkeypatch.setattr(module, "evaluate", score)
    return names


def test_each_network_is_made_once_and_compared_with_that_of_its_seed(made):
    record = module.figures_pruning()
    assert len(made) == len(set(made)) == 3 * (len(module.CUTS) + 1)
    assert record["trained, nm"] == "81.00 (80.00 to 82.00)" and "trained, nm lost" not in record
    assert record["pruned 50, nm lost"] == "10.00 (10.00 to 10.00)"
    assert record["pruned 50-random, nm lost"] == "20.00 (20.00 to 20.00)"
    assert record["float32, nm"] == record["trained, nm"] and "float32, nm lost" not in record
    assert record["int8, trained for, nm lost"] == "5.00 (5.00 to 5.00)"
    assert module.figures_pruning() == record and len(made) == 15


def test_an_unfinished_run_is_made_again_and_that_one_is_scored(made, monkeypatch):
    module.figures_pruning()
    run = module.runs_dir() / f"{module.RECIPE}-1-50"
    write_json(Path(run) / "manifest.json", {"status": "unfinished"})
    scored = []
    evaluate = module.evaluate
    monkeypatch.setattr(module, "evaluate", lambda options, _: scored.append(options.model) or evaluate(options, _))
    module.figures_pruning()
    assert made[15:] == [run.name]
    assert f"{run}-2/{module.LAST}" in scored and f"{run}/{module.LAST}" not in scored


def test_it_takes_hours_and_so_is_not_among_the_usual_ones():
    assert "pruning" not in FiguresOptions().what
