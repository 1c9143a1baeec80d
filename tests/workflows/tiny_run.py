"""A home with a run of a tiny GaitSet that knows its data and its training subjects."""

import json

import numpy as np

from tfgait.datasets.store import Store, StoreWriter

SUBJECTS = ("001", "002", "003", "004")


def make_run(home):
    """Write it below `home`, `runs/latest` naming it, and return the run's folder."""
    import keras

    from tfgait.nets import build

    keras.utils.set_random_seed(1)
    run = home / "runs" / "tiny"
    run.mkdir(parents=True)
    build("gaitset_tiny").save(run / "model.keras")
    write_data(home / "data" / "walks" / "silhouettes.h5", (16, 12, 1))
    data_hash = Store(home / "data" / "walks" / "silhouettes.h5").hash
    facts = {"modality": "silhouettes", "data": "data/walks", "data_hash": data_hash, "classes": ["002"]}
    (run / "manifest.json").write_text(json.dumps(facts))
    (home / "runs" / "latest").symlink_to("tiny")
    return run


def write_data(path, shape, modality="silhouettes"):
    """Write a store of two sequences of noise a subject."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    dtype = np.uint8 if modality == "silhouettes" else np.int16
    with StoreWriter(path, modality=modality, shape=shape) as writer:
        for subject in SUBJECTS:
            for repetition in ("nm-01", "nm-05"):
                frames = (rng.random((25, *shape)) > 0.5).astype(dtype) * 255
                writer.add(frames, subject=subject, condition=repetition, view="090", name=f"{subject}-{repetition}")
