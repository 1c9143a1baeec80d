"""How long a training batch takes to read from a packed store, beside a plain copy of its bytes."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfgait.core.errors import ConfigError, DataError
from tfgait.data.pipeline import batches
from tfgait.data.samplers import PKSampler
from tfgait.data.transforms import AUGMENTATIONS
from tfgait.datasets.store import Store, StoreWriter

SUBJECTS, SEQUENCES, LENGTH = 24, 32, 60  # of the store that is made: 130 MB, more than a cache holds


@dataclass(frozen=True)
class DataFiguresOptions:
    """P subjects with K sequences of `frames` frames, drawn by `mode`, the median of `repeats` batches of each way."""

    p: int = 8
    k: int = 16
    frames: int = 30
    mode: str = "unordered"
    repeats: int = 50
    seed: int = 0


def figures_data(options=None, store=None, progress=None):
    """Time batches of a store: into memory used again, into new memory, and augmented; and memcpy of as many bytes.

    The ways take turns, so that a busy machine slows them alike: compare the ratio, not the milliseconds. All times
    are CPU time of one thread, medians, with the file in the page cache.

    Args:
        options: `DataFiguresOptions`.
        store: an open `Store`; None makes one of random silhouettes and removes it again.
        progress: called with (done, total, what).

    Returns:
        record with `batch_ms`, `fresh_ms`, `augmented_ms`, `memcpy_ms`, `ratio` (batch to memcpy), `bytes`,
        `first_ms` (with the making of the epoch's plan), and what was measured.

    Raises:
        ConfigError: fewer than 1 repeat, or what the sampler or the frames refuse.
        DataError: the store has no batch.
    """
    options = options or DataFiguresOptions()
    if options.repeats < 1:
        raise ConfigError(f"repeats must be at least 1. Received: repeats={options.repeats}.")
    if store is not None:
        return _measure(options, store, progress)
    with tempfile.TemporaryDirectory(prefix="tfgait-") as folder:
        return _measure(options, _random_store(Path(folder) / "silhouettes.h5", options.seed), progress)


def _measure(options, store, progress):
    if not len(store):
        raise DataError("the store must have at least one sequence. Received: none.")
    for start in range(0, len(store.frames), 4096):
        store.frames[start : start + 4096].max()  # into the page cache
    sampler = PKSampler(store.table.subject, options.p, options.k, options.seed)
    ways = {
        "batch": {"reuse": True},
        "fresh": {},
        "augmented": {"reuse": True, "transform": AUGMENTATIONS.get(store.modality.name)},
    }
    readers = {name: _endless(store, sampler, options, extra) for name, extra in ways.items()}
    first = {name: _timed(lambda r=reader: next(r)) for name, reader in readers.items()}
    source = next(readers["batch"]).copy()
    target = np.zeros_like(source)
    times = {name: [] for name in (*ways, "memcpy")}
    for done in range(1, options.repeats + 1):
        for name, reader in readers.items():
            times[name].append(_timed(lambda r=reader: next(r)))
        times["memcpy"].append(_timed(lambda: np.copyto(target, source)))
        if progress:
            progress(done, options.repeats, "batches")
    median = {name: float(np.median(values)) for name, values in times.items()}
    return {
        **{f"{name}_ms": round(seconds * 1e3, 3) for name, seconds in median.items()},
        "ratio": round(median["batch"] / median["memcpy"], 2),
        "first_ms": round(first["batch"] * 1e3, 3),
        "bytes": source.nbytes,
        "shape": list(source.shape),
        "modality": store.modality.name,
        "mode": options.mode,
        "repeats": options.repeats,
    }


def _endless(store, sampler, options, extra):
    epoch = 0
    while True:
        common = {"frames": options.frames, "mode": options.mode, "seed": options.seed}
        for inputs, _ in batches(store, sampler, epoch, **common, **extra):
            yield inputs[store.modality.name]
        epoch += 1


def _timed(work):
    start = time.thread_time()
    work()
    return time.thread_time() - start


def _random_store(path, seed):
    rng = np.random.default_rng(seed)
    with StoreWriter(path, "silhouettes", source={"made": "random", "seed": seed}) as writer:
        for subject in range(SUBJECTS):
            for number in range(SEQUENCES):
                frames = (rng.random((LENGTH, 64, 44, 1), np.float32) < 0.3).astype(np.uint8) * np.uint8(255)
                name = f"{subject:03d}-{number:02d}"
                writer.add(frames, subject=f"{subject:03d}", condition="nm-01", view="090", name=name)
    return Store(path)
