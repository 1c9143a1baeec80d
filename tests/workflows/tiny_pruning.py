"""A home with a tiny run to prune, and what stands for training and scoring."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np

from tfgait.datasets.store_writer import StoreWriter
from tfgait.nets import build
from tfgait.train.checkpoints import save_keras
from tfgait.train.heads import SoftmaxHead
from tfgait.workflows.models import set_latest


def make_home(folder, classes=("000", "002", "004")):
    """Put one finished run of a tiny GaitSet, that nothing was trained for, into a home."""
    keras.utils.set_random_seed(0)
    run = folder / "runs" / "mine"
    save_keras(build("gaitset_tiny"), run / "model.keras")
    save_keras(SoftmaxHead(14, 8, len(classes)), run / "head.keras")
    config = {"epochs": 8, "steps_per_epoch": 4, "lr": 0.03, "loss": "both", "batch_p": 3, "batch_k": 2, "bs": 6}
    record = {"net": "gaitset", "config": {**config, "net": "gaitset", "optimizer": "sgd", "views": ["090"]}}
    (run / "manifest.json").write_text(json.dumps({**record, "classes": list(classes), "val": {"rank1": 80.0}}))
    set_latest(run)


def scores(before=80.0, cut=60.0):
    """Stand for scores on held-out people, of the network before and of the cut one."""
    return lambda options, networks, parent, progress: [{"rank1": before}, {"rank1": cut}]


class Tuner:
    """Stands for a training: notes what it was asked, and leaves a run folder."""

    def __init__(self, rank1=90.0):
        self.rank1, self.asked = rank1, []

    def __call__(self, options, progress):
        self.asked.append(options)
        run = Path(options.experdir) / options.name
        shutil.copytree(options.initnet, run)
        (run / "plan.json").unlink()
        return SimpleNamespace(run=str(run), epochs=options.epochs, val={"rank1": self.rank1})


def make_people(folder, count=16):
    """Put people into a home as ``data/x``: each is a picture, seen through noise; half of them are for testing."""
    generator = np.random.default_rng(0)
    with StoreWriter(folder / "data" / "x" / "silhouettes.h5", "silhouettes", (16, 12, 1)) as writer:
        for subject in range(count):
            person = generator.uniform(0, 255, (16, 12, 1))
            for take in range(1, 4):
                frames = np.clip(person + generator.normal(0, 20, (8, 16, 12, 1)), 0, 255).astype(np.uint8)
                name = f"{subject:03d}-nm-{take:02d}"
                writer.add(frames, subject=f"{subject:03d}", condition=f"nm-{take:02d}", view="090", name=name)
