import time

import h5py
import numpy as np
import pytest

from tfgait.core.errors import ConfigError
from tfgait.datasets.deepdish_file import read_deepdish
from tfgait.datasets.deepdish_writer import write_deepdish

RECORD = {
    "data": np.arange(60 * 60 * 2, dtype=np.int16).reshape(60, 60, 2),
    "empty": np.zeros((0, 4), np.uint8),
    "file": np.array(["p001-n01-01.h5", "größe"]),
    "label": np.uint16(7),
    "zero_axes": np.array(2.5),
    "text": "größe",
    "shape": (60, 60, 50),
    "list": [1, "a", None, {"b": np.arange(3)}],
    "none": None,
}


def test_what_is_written_is_read_again(tmp_path):
    write_deepdish(tmp_path / "a.h5", RECORD)
    found = read_deepdish(tmp_path / "a.h5")
    assert found.keys() == RECORD.keys()
    for name in ("data", "empty", "file"):
        assert found[name].dtype == RECORD[name].dtype
        np.testing.assert_array_equal(found[name], RECORD[name])
    assert found["label"] == 7 and found["label"].dtype == np.uint16 and found["zero_axes"] == 2.5
    assert found["text"] == "größe" and found["shape"] == (60, 60, 50) and found["none"] is None
    assert found["list"][:3] == [1, "a", None] and found["list"][3]["b"].tolist() == [0, 1, 2]


def test_the_marks_by_which_pytables_and_deepdish_know_their_files(tmp_path):
    write_deepdish(tmp_path / "a.h5", RECORD)
    with h5py.File(tmp_path / "a.h5") as file:
        assert file.attrs["CLASS"] == b"GROUP" and file.attrs["PYTABLES_FORMAT_VERSION"] == b"2.1"
        assert file["shape"].attrs["TITLE"] == b"tuple:3" and file["none"].attrs["TITLE"] == b"nonetype:"
        assert file["data"].compression == "gzip" and file["data"].shuffle
        assert file["file"].attrs["strtype"] == b"unicode" and file["file"].attrs["itemsize"] == 14
        assert file["empty"][()].tolist() == [0, 4] and file["empty"].attrs["zeroarray_dtype"] == b"|u1"


def test_equal_records_give_equal_bytes(tmp_path):
    write_deepdish(tmp_path / "a.h5", RECORD)
    time.sleep(1.1)  # HDF5 would note the second
    write_deepdish(tmp_path / "b.h5", RECORD)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


@pytest.mark.parametrize("value", [{1, 2}, ["a"] * 256, np.array([None]), np.zeros(2, [("a", "i4")]), object()])
def test_nothing_is_left_where_something_cannot_be_written(tmp_path, value):
    with pytest.raises(ConfigError, match="odd must"):
        write_deepdish(tmp_path / "a.h5", {**RECORD, "odd": value})
    assert list(tmp_path.iterdir()) == []
