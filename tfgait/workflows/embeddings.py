"""Embeddings of a data set by a model file, computed once."""

import time
from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import DataError
from tfgait.core.files import file_hash, record_hash, whole_file
from tfgait.core.home import data_dir


@dataclass(frozen=True)
class Embedded:
    """Embeddings of the rows of a store.

    Args:
        embeddings: (N, P, D) float32.
        cached: whether they were read back.
        seconds: it took to have them.
    """

    embeddings: np.ndarray
    cached: bool
    seconds: float


def embed(encoder, store, progress=None):
    """Return the `Embedded` of every sequence of a store.

    They are kept in ``data/embeddings/`` under the hash of the model file's bytes, of the data and of the frames
    taken, so that a new model never meets the features of an old one.

    Args:
        encoder: `tfgait.runtime.encoder.Encoder` of a model file.
        store: `Store` of the model's modality.

    Raises:
        DataError: data of another modality or frame size.
    """
    path = encoder.runner.path
    if store.modality.name != encoder.modality.name:
        raise DataError(f"{path} takes {encoder.modality.name}. Received: {store.modality.name} in {store.path}.")
    began = time.monotonic()
    data = {"data": store.hash, "shape": store.shape, "frames": encoder.frames}
    key = record_hash({"model": file_hash(path), "suffix": path.suffix, **data}, 32)
    file = data_dir() / "embeddings" / f"{key}.npy"
    found = _read(file, len(store))
    cached = found is not None
    if not cached:
        say = (lambda done: progress(done, len(store), "embeddings")) if progress else None
        found = encoder.encode((store.read(row) for row in range(len(store))), progress=say)
        with whole_file(file) as temporary, open(temporary, "wb") as opened:
            np.save(opened, found, allow_pickle=False)
    return Embedded(found, cached, round(time.monotonic() - began, 3))


def _read(file, rows):
    """Return what was kept, or None where it is absent or damaged: then it is computed again."""
    if not file.is_file():
        return None
    try:
        found = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found if found.ndim == 3 and len(found) == rows else None
