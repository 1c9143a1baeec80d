import numpy as np
import pytest

from tfgait.core.errors import DataError
from tfgait.datasets.held_out import held_out_rows, held_out_text
from tfgait.datasets.store import Store, write_store

FRAMES = np.zeros((1, 64, 44, 1), np.uint8)


def store(path, rows, source):
    names = [f"a#{i}" for i in range(rows)]
    return Store(
        write_store(path / "s.h5", "silhouettes", [(FRAMES, "1", "n-01", "", n) for n in names], source=source)
    )


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 100])
def test_what_is_noted_is_read_back(tmp_path, rows):
    mask = np.random.default_rng(rows).integers(0, 2, rows).astype(bool)
    found = store(tmp_path, rows, {"held_out": held_out_text(mask)})
    np.testing.assert_array_equal(held_out_rows(found), mask)
    np.testing.assert_array_equal(held_out_rows(found.take(np.arange(rows)[::-1])), mask[::-1])
    np.testing.assert_array_equal(held_out_rows(found.take(mask)), np.ones(mask.sum(), bool))


def test_the_text_is_that_of_packbits():
    assert held_out_text([1, 0, 0, 0, 0, 0, 1, 1, 1]) == "8380"


@pytest.mark.parametrize("source", [{}, ["x"], {"held_out": ""}])
def test_without_a_note_nobody_validates(tmp_path, source):
    assert held_out_rows(store(tmp_path, 3, source)).tolist() == [False] * 3


@pytest.mark.parametrize("text", ["zz", "8", 7, "80" * 2])
def test_a_note_that_is_none(tmp_path, text):
    with pytest.raises(DataError, match="must record in held_out one bit a row"):
        held_out_rows(store(tmp_path, 20, {"held_out": text}))
