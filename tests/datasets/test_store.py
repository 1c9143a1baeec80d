import json
import pickle
import shutil

import h5py
import numpy as np
import pytest

from tfgait.core.errors import DataError
from tfgait.datasets.store import Store, _piece, write_store

LENGTHS = (3, 1, 5, 2)


@pytest.fixture
def sequences():
    rng = np.random.default_rng(0)
    return [
        (rng.integers(0, 256, (n, 64, 44, 1), dtype=np.uint8), f"{i // 2:03d}", f"nm-{i % 2 + 1:02d}", "090", f"s{i}")
        for i, n in enumerate(LENGTHS)
    ]


@pytest.fixture
def path(tmp_path, sequences):
    return write_store(tmp_path / "silhouettes.h5", "silhouettes", sequences, source={"made": "here"})


def test_gives_back_what_was_written(path, sequences):
    store = Store(path)
    assert len(store) == len(sequences) and store.shape == (64, 44, 1)
    for row, (frames, subject, condition, view, name) in enumerate(sequences):
        np.testing.assert_array_equal(store.read(row), frames)
        table = store.table
        assert (table.subject[row], table.condition[row], table.view[row], table.name[row]) == (
            subject,
            condition,
            view,
            name,
        )
    assert store.length.tolist() == list(LENGTHS)
    assert store.modality.name == "silhouettes" and store.attributes["source"] == {"made": "here"}


def test_any_hdf5_reader_opens_it(path, sequences):
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["frames"][:], np.concatenate([s[0] for s in sequences]))
        assert file["frames"].chunks is None and file["subject"][0] == b"000" and file.attrs["version"] == 1


@pytest.mark.parametrize(("start", "stop"), [(0, None), (1, 3), (2, 99), (-2, None), (4, 2), (99, None)])
def test_reads_a_part_as_slices_do_and_copies_nothing(path, sequences, start, stop):
    store = Store(path)
    part = store.read(2, start, stop)
    np.testing.assert_array_equal(part, sequences[2][0][start:stop])
    assert not part.flags.writeable and not part.flags.owndata
    assert not len(part) or np.shares_memory(part, store.frames)


def test_take_is_a_store_of_those_rows(path, sequences):
    store = Store(path)
    part = store.take([2, 0]).take(np.array([True, False]))
    assert len(part) == 1 and part.table.name.tolist() == ["s2"]
    np.testing.assert_array_equal(part.read(0), sequences[2][0])
    assert part.hash == store.take([2]).hash != store.hash
    again = pickle.loads(pickle.dumps(part))  # noqa: S301 - made here
    assert again.hash == part.hash and again.table.name.tolist() == ["s2"]


def test_hash_follows_content_alone(tmp_path, path, sequences):
    same = write_store(tmp_path / "b.h5", "silhouettes", sequences, source={"other": 1})
    assert Store(same).hash == Store(path).hash
    frames, *labels = sequences[1]
    changed = [sequences[0], (frames ^ np.uint8(1), *labels), *sequences[2:]]
    relabelled = [sequences[0], (frames, "009", *labels[1:]), *sequences[2:]]
    hashes = {
        Store(write_store(tmp_path / f"{i}.h5", "silhouettes", s)).hash for i, s in enumerate((changed, relabelled))
    }
    assert len(hashes | {Store(path).hash}) == 3


def test_verify_finds_one_changed_byte(path):
    store = Store(path)
    store.verify()
    store.take([1]).verify()
    with h5py.File(path) as file:
        offset = file["frames"].id.get_offset()
    with open(path, "r+b") as file:
        file.seek(offset + 1000)
        byte = file.read(1)[0]
        file.seek(offset + 1000)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(DataError, match=r"silhouettes\.h5 is damaged"):
        Store(path).verify()


@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.9, 0.9999])
def test_truncated_file_is_named(path, share):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(DataError, match=r"silhouettes\.h5"):
        Store(path)


def test_every_flipped_header_byte_is_refused_or_harmless(path):
    """No damage to the structure may end in anything but a DataError or a store whose reads stay inside the file."""
    data = path.read_bytes()
    with h5py.File(path) as file:
        header = file["frames"].id.get_offset()
    for at in range(0, min(header, len(data)), 41):
        broken = bytearray(data)
        broken[at] ^= 0xFF
        path.write_bytes(broken)
        try:
            store = Store(path)
        except DataError as error:
            assert str(path) in str(error)
        else:
            for row in range(len(store)):
                store.read(row).sum()


def _change(path, edit):
    with h5py.File(path, "r+") as file:
        edit(file)


def _replace(file, name, **how):
    del file[name]
    file.create_dataset(name, **how)


HOSTILE = {
    "chunked frames": (lambda f: _replace(f, "frames", data=f["frames"][:], chunks=True), "contiguous"),
    "compressed frames of a size no disk holds": (
        lambda f: _replace(f, "frames", shape=(1 << 40, 64, 44, 1), dtype="u1", chunks=(1, 64, 44, 1), compression=9),
        "contiguous",
    ),
    "frames of another type": (lambda f: _replace(f, "frames", data=f["frames"][:].astype("f4")), "uint8"),
    "frames of three axes": (lambda f: _replace(f, "frames", data=f["frames"][..., 0]), "3 axes"),
    "no frames": (lambda f: f.__delitem__("frames"), "no dataset 'frames'"),
    "frames are a group": (lambda f: (f.__delitem__("frames"), f.create_group("frames")), "no dataset 'frames'"),
    "no names": (lambda f: f.__delitem__("name"), "no dataset 'name'"),
    "offset beyond the end": (lambda f: f["offset"].__setitem__(2, 1 << 62), "row 2 must lie within 11 frames"),
    "negative offset": (lambda f: f["offset"].__setitem__(1, -1), "row 1 must"),
    "length that overflows": (lambda f: f["length"].__setitem__(3, (1 << 63) - 1), "row 3 must"),
    "empty sequence": (lambda f: f["length"].__setitem__(0, 0), "row 0 must"),
    "offsets as floats": (lambda f: _replace(f, "offset", data=f["offset"][:].astype("f8")), "wrong type"),
    "short column": (lambda f: _replace(f, "view", data=f["view"][:-1]), "different lengths"),
    "texts as objects": (lambda f: _replace(f, "subject", data=["a", "b", "c", "d"]), "'subject'"),
    "texts that are not UTF-8": (lambda f: _replace(f, "subject", data=np.array([b"\xff"] * 4)), "utf-8"),
    "equal names": (lambda f: f["name"].__setitem__(1, b"s0"), "same name"),
    "unknown modality": (lambda f: f.attrs.__setitem__("modality", "smell"), "modality is unknown"),
    "newer version": (lambda f: f.attrs.modify("version", 2), "version must be 1"),
    "version as text": (lambda f: f.attrs.__setitem__("version", "1"), "'version' must be int"),
    "an array of hashes": (lambda f: f.attrs.__setitem__("hash", ["a"] * 9), "'hash' must be one value"),
    "no hash": (lambda f: f.attrs.__delitem__("hash"), "no attribute 'hash'"),
    "source that is no JSON": (lambda f: f.attrs.__setitem__("source", "{"), "not a readable store"),
    "source nested without end": (lambda f: f.attrs.__setitem__("source", "[" * 30_000), "not a readable store"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_file_is_refused(path, case):
    edit, message = HOSTILE[case]
    _change(path, edit)
    with pytest.raises(DataError, match=message) as error:
        Store(path)
    assert str(path) in str(error.value)


def test_frames_of_another_file_are_not_followed(path, tmp_path):
    other = tmp_path / "other.h5"
    shutil.copy(path, other)

    def link(file):
        del file["frames"]
        file["frames"] = h5py.ExternalLink("other.h5", "/frames")

    _change(path, link)
    with pytest.raises(DataError, match="no dataset 'frames' of its own"):
        Store(path)
    _change(
        path,
        lambda f: _replace(
            f, "frames", shape=(11, 64, 44, 1), dtype="u1", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)]
        ),
    )
    with pytest.raises(DataError, match="contiguous"):
        Store(path)


def test_a_store_in_the_old_format_is_refused(path, tmp_path):
    """Its metadata have no checksums: with some flipped bytes the HDF5 library would crash on it."""
    with h5py.File(path) as old, h5py.File(tmp_path / "copy.h5", "w", libver="earliest") as new:
        for name in old:
            new.create_dataset(name, data=old[name][:])
        for name, value in old.attrs.items():
            new.attrs[name] = value
    with pytest.raises(DataError, match="not made by this toolkit"):
        Store(tmp_path / "copy.h5")


def test_pieces_are_measured_against_the_file(path):
    size = path.stat().st_size
    with h5py.File(path) as file:
        start, shape, dtype = _piece(file, "frames", size)
        assert start + np.prod(shape) == size and dtype == np.uint8
        with pytest.raises(ValueError, match=f"the file has {size - 1}: it was cut short"):
            _piece(file, "frames", size - 1)


def test_foreign_files_and_folders_are_named(tmp_path):
    for content in (b"", b"hello", json.dumps({}).encode(), b"\x89HDF\r\n\x1a\n" + b"\0" * 2000):
        file = tmp_path / "x.h5"
        file.write_bytes(content)
        with pytest.raises(DataError, match=r"x\.h5"):
            Store(file)
    for libver in ("earliest", "v110"):
        with h5py.File(tmp_path / "foreign.h5", "w", libver=libver) as file:
            file["frames"] = np.zeros((3, 4, 4, 1), np.uint8)
        with pytest.raises(DataError, match="not made by this toolkit"):
            Store(tmp_path / "foreign.h5")
    with pytest.raises(DataError, match="is no file"):
        Store(tmp_path)
    with pytest.raises(DataError, match="is no file"):
        Store(tmp_path / "absent.h5")
