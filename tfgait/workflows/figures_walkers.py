"""How hard the walkers are for the baseline, and how fast they are made."""

import tempfile
import time
from pathlib import Path

from tfgait.datasets.store import Store
from tfgait.datasets.walkers import PROTOCOLS
from tfgait.evaluation.evaluate import evaluate
from tfgait.evaluation.gei import gei_embeddings
from tfgait.workflows.synthesize import SynthesizeOptions, synthesize

SUBJECTS, FRAMES = 50, 30
SETTINGS = {"as they are": {}, "equal bodies": {"equal_bodies": True}, "equal motion": {"equal_motion": True}}


def figures_walkers(progress=None, subjects=SUBJECTS):
    """Return rank-1 in percent of the nearest gait energy image, all views but the identical one, and the speed.

    The record holds ``{setting}, {kind}`` for three settings of the people, ``chance``, and ``frames_per_second``:
    silhouettes rendered, aligned and written into a store by one process, by its CPU time.
    """
    record = {}
    with tempfile.TemporaryDirectory(prefix="tfgait-") as folder:
        for name, changes in SETTINGS.items():
            out = Path(folder) / name.replace(" ", "-")
            made = synthesize(SynthesizeOptions(subjects=subjects, frames=FRAMES, out=str(out), **changes), progress)
            found = score_energy_images(Store(made.files["silhouettes"]), progress)
            record |= {f"{name}, {kind}": round(value, 1) for kind, value in found.rank1.items()}
            record["chance"] = round(found.chance, 1)
        began = time.process_time()
        one = synthesize(SynthesizeOptions(subjects=4, frames=FRAMES, out=str(Path(folder) / "speed"), processes=1))
        record["frames_per_second"] = round(one.frames / (time.process_time() - began))
    return record


def score_energy_images(store, progress=None):
    """Return the `EvaluationResult` of gait energy images on a store of silhouettes, all people, all views."""
    images = gei_embeddings([store.read(row) for row in range(len(store))], progress)
    return evaluate(images, store.table, PROTOCOLS["multi_view"], examples=0)
