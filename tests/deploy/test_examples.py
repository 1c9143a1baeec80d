import zipfile

import numpy as np
import pytest

from tfgait.core.errors import DataError
from tfgait.deploy import examples
from tfgait.deploy.examples import read_examples, write_examples


@pytest.fixture
def written_examples(tmp_path):
    write_examples(tmp_path / "m.onnx", np.full((2, 3, 4, 4, 1), 255, np.uint8), np.ones((2, 1, 5)))
    return tmp_path / "m.onnx"


def test_examples_come_back(written_examples):
    sequences, embeddings = read_examples(written_examples)
    assert (sequences.dtype, sequences.shape, int(sequences.min())) == (np.uint8, (2, 3, 4, 4, 1), 255)
    assert (embeddings.dtype, embeddings.shape) == (np.float32, (2, 1, 5))


def test_missing_ones_are_named(tmp_path):
    with pytest.raises(DataError, match="must have its examples m.onnx.npz beside it"):
        read_examples(tmp_path / "m.onnx")


@pytest.mark.parametrize("size", [0, 10, 100, -30])
def test_truncated_ones_are_named(written_examples, size):
    beside = examples.examples_path(written_examples)
    beside.write_bytes(beside.read_bytes()[:size])
    with pytest.raises(DataError, match="m.onnx.npz is not a readable file of examples"):
        read_examples(written_examples)


def test_pickles_and_other_arrays_are_refused(tmp_path):
    np.savez(tmp_path / "m.onnx.npz", sequences=np.array([{}], object), embeddings=np.ones((1, 1, 1)))
    with pytest.raises(DataError, match="allow_pickle"):
        read_examples(tmp_path / "m.onnx")
    np.savez(tmp_path / "m.onnx.npz", sequences=np.ones((1, 2)), embeddings=np.ones((1, 1, 1)))
    with pytest.raises(DataError, match=r"Received: \(1, 2\) and \(1, 1, 1\)"):
        read_examples(tmp_path / "m.onnx")


def test_what_unfolds_too_far_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(examples, "LARGEST", 1000)
    with zipfile.ZipFile(tmp_path / "m.onnx.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sequences.npy", bytes(1001))
    with pytest.raises(DataError, match="at most 1000 bytes. Received: 1001"):
        read_examples(tmp_path / "m.onnx")
