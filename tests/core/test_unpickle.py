import datetime
import pickle
import struct

import numpy as np
import pytest

from tfgait.core import unpickle
from tfgait.core.errors import DataError
from tfgait.core.unpickle import load_pickle, read_pickle

PLAIN = {
    "numbers": [0, 1, 255, 256, 65536, -1, 1 << 31, -(1 << 70), 1 << 3000, 0.5, float("inf"), True, False, None],
    "texts": ["", "a", "größe", "x" * 300, "\ud800"],
    "bytes": [b"", b"a\0\xff", b"b" * 300],
    "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, (2, [3, {4: 5}]), "6")],
    7: {"deep": {"er": [[]]}},
    "long": [f"p001-n01-{i:02d}.h5" for i in range(3000)],
}
ARRAYS = [
    np.arange(6, dtype=np.int16).reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.arange(4, dtype=">u4"),
    np.array([True, False]),
    np.array([1 + 2j], np.complex64),
    np.array(["ß", "abc"]),
    np.array([b"a", b"abc"]),
    np.zeros((0, 5), np.uint8),
    np.array(3.5),
    np.float16(1.5),
    np.int64(-7),
    np.bool_(True),
]


def same(a, b):
    if isinstance(b, (np.ndarray, np.generic)):
        assert type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape
        np.testing.assert_array_equal(a, b)
    else:
        assert type(a) is type(b) and a == b


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_values_and_arrays_are_what_was_pickled(protocol):
    same(load_pickle(pickle.dumps(PLAIN, protocol)), PLAIN)
    for value in ARRAYS:
        same(load_pickle(pickle.dumps(value, protocol)), value)
    shared = ARRAYS[0]
    one, two = load_pickle(pickle.dumps({"a": [shared], "b": shared}, protocol)).values()
    same(one[0], shared)
    assert two is one[0]


@pytest.mark.parametrize("protocol", [0, 2])
@pytest.mark.parametrize("module", [b"numpy._core.multiarray", b"numpy.core.multiarray"])
def test_numpy_1_and_2_name_their_parts_differently(protocol, module):
    data = pickle.dumps([ARRAYS[0], ARRAYS[-2]], protocol)
    data = data.replace(b"numpy._core.multiarray", module).replace(b"numpy.core.multiarray", module)
    assert module in data
    array, scalar = load_pickle(data)
    same(array, ARRAYS[0])
    same(scalar, ARRAYS[-2])


def test_a_claimed_shape_costs_no_memory():
    data = pickle.dumps(np.zeros(4, np.uint8), 2)
    assert b"K\x04\x85" in data
    with pytest.raises(DataError, match="an array of 16777215 bytes has 4"):
        load_pickle(data.replace(b"K\x04\x85", b"J\xff\xff\xff\x00\x85"))
    with pytest.raises(DataError, match="no whole pickle"):
        load_pickle(b"\x80\x04\x8e" + struct.pack("<Q", 1 << 60) + b"abc.")
    assert load_pickle(b"\x80\x04]r\xff\xff\xff\x7f.") == []  # a note far out, for which pickle would make 32 GB


class Calls:
    def __init__(self, *what):
        self.what = what

    def __reduce__(self):
        return self.what


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize(
    "value",
    [
        Calls(open, ("touched", "w")),
        Calls(eval, ("open('touched', 'w')",)),
        [Calls(getattr, ([], "append"))],
        datetime.date(2020, 1, 1),
        np.array(["a", 1], object),
        np.zeros(2, [("a", "i4")]),
        np.array("2020-01-01", "datetime64[D]"),
        {(1, 2): 3},
        {1, 2},
        DataError,
        np.ndarray,
        np.dtype("i4"),
        range(3),
    ],
    ids=lambda value: type(value).__name__,
)
def test_everything_else_is_refused(tmp_path, monkeypatch, protocol, value):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"mine\.pkl is (refused|no whole pickle)"):
        load_pickle(pickle.dumps(value, protocol), "mine.pkl")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b".",
        b"no pickle",
        b"\x80\x04K\x01",
        b"\x80\x04K\x01K\x02.",
        b"\x80\x04(K\x01.",
        b"\x80\x04(.",
        b"\x80\x04a.",
        b"\x80\x04K\x01a.",
        b"\x80\x04]a.",
        b"\x80\x04K\x01K\x02a.",
        b"\x80\x04}K\x01s.",
        b"\x80\x04}(K\x01u.",
        b"\x80\x04h\x05.",
        b"\x80\x04q\x05.",
        b"\x80\x04e.",
        b"\x80\x04K\x01K\x02K\x03R.",
        b"\x80\x04K\x01)R.",
        b"\x80\x04](K\x01b.",
        b"c_codecs\nencode\n(I1\nI2\ntR.",
        b"cnumpy\ndtype\n(S'i4,i4'\nI0\nI1\ntR.",
        b"cnumpy\ndtype\n)R.",
        b"cnumpy.core.multiarray\nscalar\n(S'i4'\nS'abcd'\ntR.",
        b"cnumpy\nndarray\n)R.",
        # A number whose type is told afterwards that it has fields.
        b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(S'i4'\nI0\nI1\ntR(I3\nS'<'\nN(S'a'\ntNI-1\nI-1\nI0\ntbS'abcd'\ntR.",
        b"cos\nsystem\n(S'ls'\ntR.",
        b"P1\n.",
        b"(i__main__\nX\n.",
    ],
)
def test_damaged_and_hostile_streams(data):
    with pytest.raises(DataError, match="is (refused|no whole pickle)"):
        load_pickle(data)


def test_every_cut_and_flipped_byte_is_survived():
    data = pickle.dumps({"a": [1, "b", (2.5, None)], "c": np.arange(3)}, 4)
    whole = load_pickle(data)
    for at in range(len(data)):
        with pytest.raises(DataError):
            load_pickle(data[:at])
        for flip in (1, 0x80, 0xFF):
            damaged = bytearray(data)
            damaged[at] ^= flip
            try:
                load_pickle(bytes(damaged))
            except DataError:
                continue
    assert whole["a"] == [1, "b", (2.5, None)]


def test_bounds(tmp_path, monkeypatch):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(PLAIN))
    assert read_pickle(path) == PLAIN
    with pytest.raises(DataError, match=r"a\.pkl must have at most 10 bytes"):
        read_pickle(path, most_bytes=10)
    with pytest.raises(DataError, match=r"b\.pkl cannot be read"):
        read_pickle(tmp_path / "b.pkl")
    monkeypatch.setattr(unpickle, "MOST_STEPS", 100)
    with pytest.raises(DataError, match="at most 100 instructions"):
        read_pickle(path)
