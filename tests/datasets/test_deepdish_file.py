import os

import h5py
import numpy as np
import pytest
from deepdish_files import REAL, pickled, real, write_pickle

from tfgait.core.errors import DataError
from tfgait.datasets import deepdish_file
from tfgait.datasets.deepdish_file import read_deepdish

SAMPLE = REAL / "p001-n01-01.h5"


def test_a_real_sample():
    sample = read_deepdish(SAMPLE)
    assert {k: v for k, v in sample.items() if np.ndim(v) == 0} == {
        "label": 1,
        "videoId": 1,
        "gait": 1,
        "compressFactor": 100,
    }
    assert sample["data"].dtype == np.int16 and sample["data"].shape == (60, 60, 50)
    assert (sample["data"][20:40, 25:35] == np.arange(50) * 10).all() and sample["data"].sum() == 200 * 12250
    assert sample["frames"].tolist() == list(range(5, 30)) and sample["bbs"].tolist() == [[1, 2, 3, 4]] * 25


def test_every_kind_of_value():
    found = read_deepdish(REAL / "kinds.h5")
    plain = {"text": "größe", "bytes": "b", "number": 7, "float": 1.5, "true": 1, "none": None, "empty": []}
    assert {name: found[name] for name in plain} == plain
    assert found["list"] == [1, "a", None, (1, 2.5)] and found["tuple"] == (60, 60, 50)
    assert found["dict"]["a"]["b"][0].tolist() == [0, 1, 2]
    assert found["texts"].tolist() == ["a", "größe"] and found["bytes_"].tolist() == [b"a", b"bc"]
    assert found["none_"].shape == (0, 3) and found["none_"].dtype == np.float64
    assert found["long"].tolist() == list(range(1000)) and found["complex"].tolist() == [1 + 2j]
    assert found["bools"].tolist() == [1, 0]
    assert found["one"].tolist() == found["two"].tolist() == [0, 1, 2, 3]


def test_short_and_long_lists_of_a_real_index(tmp_path):
    few = read_deepdish(REAL / "tfimdb_casia_b_few.h5", only=("file", "cam", "label"))
    assert few.keys() == {"file", "cam", "label"} and few["cam"] == [90, 18]
    assert few["file"] == ["075-nm-05-090-01.h5", "075-bg-02-018-01.h5"]
    many = read_deepdish(real("tfimdb_tum_gaid_many.h5", tmp_path))
    assert len(many["file"]) == 300 and many["file"][-1] == "p010-n01-30.h5"
    assert many["set"].tolist() == [1, 2] * 150 and many["shape"] == (60, 60, 50)
    assert many["frames"] == [list(range(25))] * 300


def test_pickles_of_anything_else_and_foreign_filters_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"set\.h5 is not readable: its entry 'file' is refused"):
        read_deepdish(real("set.h5", tmp_path))
    with pytest.raises(DataError, match=r"blosc\.h5 .*'data' is compressed by blosc.*compression='zlib'"):
        read_deepdish(REAL / "blosc.h5")


def made(path, make):
    with h5py.File(path, "w") as file:
        make(file)
    return path


def bomb(file):
    file.create_dataset("data", (1 << 20, 1 << 20), "u1", chunks=(1 << 10, 1 << 10), compression="gzip")


def large_chunk(file):
    file.create_dataset("data", (1,), "u1", chunks=(1 << 31,), maxshape=(None,), compression="gzip")


def external(file):
    file.create_dataset("data", (4,), "u1", external=[("/etc/passwd", 0, 4)])


def other_file(file):
    file["data"] = h5py.ExternalLink("other.h5", "/data")


def virtual(file):
    layout = h5py.VirtualLayout((4,), "u1")
    layout[:] = h5py.VirtualSource("other.h5", "data", (4,))
    file.create_virtual_dataset("data", layout)


def loop(file):
    file.create_group("a").update({"x": h5py.SoftLink("/"), "y": h5py.SoftLink("/a")})


def dangling(file):
    file["data"] = h5py.SoftLink("/nowhere")


def many(file):
    group = file.create_group("a")
    for i in range(50):
        group.attrs[f"i{i}"] = i


def objects(file):
    file.create_dataset("data", data=["a", "b"], dtype=h5py.string_dtype())


def compound(file):
    file.create_dataset("data", (3,), [("a", "i4")])


def long_claim(file):
    file.create_group("l").attrs["TITLE"] = np.bytes_("list:999999999")


def text_attribute(file):
    file.attrs["label"] = "of free length"


def pickles(file):
    write_pickle(file, "file", b"cos\nsystem\n(S'ls'\ntR.")


def two_pickles(file):
    file.create_dataset("file", (2,), h5py.vlen_dtype(np.uint8), maxshape=(None,), chunks=(4,))


def wide_pickle(file):
    file.create_dataset("file", (1,), h5py.vlen_dtype(np.int32), maxshape=(None,), chunks=(4,))[0] = [1, 2]


def no_shape(file):
    file.create_dataset("data", data=np.array([3, 4])).attrs["zeroarray_dtype"] = np.bytes_("<f8")


def named_type(file):
    file["data"] = np.dtype("i4")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (bomb, "must fit into 1073741824 bytes. Received: 1099511627776 bytes"),
        (large_chunk, "must fit into"),
        (external, "lies outside the file"),
        (other_file, "is a link that leaves the file"),
        (virtual, "lies outside the file"),
        (loop, "must be at most 16 deep"),
        (dangling, "."),
        (objects, "'data'"),
        (compound, "must hold numbers or texts"),
        (long_claim, "."),
        (text_attribute, "attribute 'label' must be a number or a text"),
        (pickles, "'file' is refused: it must hold plain values"),
        (two_pickles, "must hold one pickle"),
        (wide_pickle, "must hold bytes"),
        (no_shape, "marked as one without items"),
        (named_type, "must be a group or a dataset"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_a_stranger_may_have_made(tmp_path, make, message):
    path = made(tmp_path / "a.h5", make)
    with pytest.raises(DataError, match=rf"a\.h5 is not readable: .*{message}") as error:
        read_deepdish(path)
    assert "\n" not in str(error.value)


def test_bounds(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="'data' must fit into 899 bytes. Received: 360000"):
        read_deepdish(SAMPLE, most_bytes=1000)
    path = pickled(tmp_path / "p.h5", file=["a" * 3000])
    assert read_deepdish(path)["file"] == ["a" * 3000]
    with pytest.raises(DataError, match="must fit into"):
        read_deepdish(path, most_bytes=2000)
    monkeypatch.setattr(deepdish_file, "MOST_ENTRIES", 20)
    with pytest.raises(DataError, match="at most 20 entries"):
        read_deepdish(made(tmp_path / "a.h5", many))


def test_a_pickle_that_claims_more_bytes_than_the_file_has(tmp_path):
    path = pickled(tmp_path / "p.h5", file=["a" * 3000])
    with h5py.File(path) as file:
        place = file["file"].id.get_chunk_info(0).byte_offset
    data = bytearray(path.read_bytes())
    data[place : place + 4] = (0xFFFFFFF0).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(DataError, match="needs 4294967280 bytes, the file has"):
        read_deepdish(path)


@pytest.mark.parametrize("what", ["absent", "empty", "text", "folder", "start", "middle"])
def test_what_is_no_hdf5(tmp_path, what):
    path, whole = tmp_path / "sample.h5", SAMPLE.read_bytes()
    if what == "folder":
        path.mkdir()
    elif what != "absent":
        content = {"empty": b"", "text": b"hello" * 9, "start": whole[:40], "middle": whole[: len(whole) // 2]}[what]
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"sample\.h5 is (no file|not readable)") as error:
        read_deepdish(path)
    assert "\n" not in str(error.value)
    if what in ("empty", "text"):
        assert {"empty": "it is empty", "text": "no HDF5 file"}[what] in str(error.value)


def test_nothing_but_an_error_comes_of_a_cut_file(tmp_path):
    path, whole = tmp_path / "sample.h5", SAMPLE.read_bytes()
    for at in range(100, len(whole), 997):
        path.write_bytes(whole[:at])
        with pytest.raises(DataError):
            read_deepdish(path)
    assert os.listdir(tmp_path) == ["sample.h5"]
