"""Trainings that figures are taken from: each is run once and found again."""

import statistics
from pathlib import Path

import yaml

from tfgait.core.errors import DataError
from tfgait.core.files import read_json
from tfgait.core.home import runs_dir
from tfgait.core.recipes import recipe_path
from tfgait.workflows.train import TrainOptions, train

SEEDS = (0, 1, 2)


def trained(recipe, seed, datadir, progress=None):
    """Train by a recipe, or find the finished run of it, and return (run folder, its manifest).

    A finished run of the same recipe, seed and data is not trained again, an unfinished one goes on.
    """
    asked = yaml.safe_load(Path(recipe_path(recipe)).read_text(encoding="utf-8"))
    asked |= {"seed": seed, "datadir": datadir, "name": f"{recipe}-{seed}"}
    folder = runs_dir() / asked["name"]
    known = finished(folder)
    config = known.get("config") or {}
    if not known or any(config.get(key) != value for key, value in asked.items()):
        folder = Path(train(TrainOptions(**asked), progress).run)
        known = read_json(folder / "manifest.json")
    return str(folder), known


def finished(folder):
    """Return the manifest of a finished run folder; an empty dict where there is none."""
    try:
        known = read_json(folder / "manifest.json")
    except DataError:
        return {}
    return known if known.get("status") == "finished" else {}


def spread(values, digits=1):
    """Return ``"mean (lowest to highest)"`` of the numbers that different seeds gave."""
    values = list(values)
    return f"{statistics.mean(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"
