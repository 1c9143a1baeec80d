"""Sequences and what the network makes of them, beside a file that goes where the network is not."""

import zipfile
from pathlib import Path

import numpy as np

from tfgait.core.errors import DataError
from tfgait.core.files import whole_file

LARGEST = 1 << 28  # bytes that a file of examples may unfold to


def examples_path(path):
    """Return the path of the examples of a model file: `model.onnx` has `model.onnx.npz`."""
    path = Path(path)
    return path.with_name(path.name + ".npz")


def write_examples(path, sequences, embeddings):
    """Write the examples of a model file, whole or not at all.

    Args:
        path: of the model file.
        sequences: (N, T, H, W, C), as stored.
        embeddings: (N, P, D) that Keras gives them.
    """
    with whole_file(examples_path(path)) as temporary:
        np.savez_compressed(temporary, sequences=sequences, embeddings=np.asarray(embeddings, np.float32))


def found_examples(path):
    """Return the path of the examples of a model file; where they are not beside it, raise `DataError`."""
    beside = examples_path(path)
    if not beside.is_file():
        raise DataError(f"{path} must have its examples {beside.name} beside it: copy both.")
    return beside


def read_examples(path):
    """Return (sequences, embeddings) of a model file.

    Raises:
        DataError: there are none, or they are damaged or too large.
    """
    beside = found_examples(path)
    try:
        with zipfile.ZipFile(beside) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > LARGEST:
            raise DataError(f"{beside} must unfold to at most {LARGEST} bytes. Received: {size}.")
        with np.load(beside, allow_pickle=False) as found:
            sequences, embeddings = found["sequences"], found["embeddings"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{beside} is not a readable file of examples: {error}.") from error
    if sequences.ndim != 5 or embeddings.ndim != 3 or not 0 < len(sequences) == len(embeddings):
        raise DataError(
            f"{beside} must hold sequences (N, T, H, W, C) and embeddings (N, P, D). "
            f"Received: {sequences.shape} and {embeddings.shape}."
        )
    return sequences, embeddings
