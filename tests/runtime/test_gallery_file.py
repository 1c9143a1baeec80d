"""Galleries of strangers: cut, changed, swollen, pickled; each ends in one error."""

import json
import zipfile

import numpy as np
import pytest

from tfgait.core.errors import DataError
from tfgait.runtime.gallery import Gallery


@pytest.fixture
def path(tmp_path):
    gallery = Gallery("ab" * 32, dtype="int8", threshold=1)
    gallery.enrol("a", np.random.default_rng(0).normal(size=(3, 4, 8)).astype(np.float32))
    gallery.save(tmp_path / "people.npz")
    return tmp_path / "people.npz"


def changed(path, compress=False, **arrays):
    """Write the gallery again with other arrays; None leaves one out."""
    kept = {k: v for k, v in {**dict(np.load(path)), **arrays}.items() if v is not None}
    (np.savez_compressed if compress else np.savez)(path, **kept)


def about(path, **facts):
    return np.array(json.dumps({**json.loads(np.load(path)["about"].item()), **facts}))


def test_damage_is_named_and_crashes_nothing(path):
    whole, rng = np.fromfile(path, np.uint8), np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        content = whole.copy()
        content[rng.integers(0, len(whole), 3)] = rng.integers(0, 256, 3)
        path.write_bytes(content[: rng.integers(0, len(whole))] if rng.random() < 0.3 else content)
        try:
            gallery = Gallery.load(path)
        except DataError as error:
            assert "people.npz" in str(error)
            refused += 1
        else:
            assert len(gallery) == 3
    assert refused > 250


CASES = {
    "a pickle": {"values": np.array([[[object()]]] * 3, object)},
    "of another type": {"values": np.ones((3, 4, 8), np.int16)},
    "of another dtype than it says": {"values": np.ones((3, 4, 8), np.float16)},
    "fewer names": {"names": np.array(["a", "b"])},
    "no names": {"names": None},
    "no scale": {"scale": None},
    "a scale of another shape": {"scale": np.ones((3, 5), np.float32)},
    "a scale that is not finite": {"scale": np.full((3, 4), np.nan, np.float32)},
    "a name with a line break": {"names": np.array(["a", "b\nc", "d"])},
    "a name in another form": {"names": np.array(["a", "e\u0308", "d"])},
    "numbers for names": {"names": np.arange(3)},
    "no description": {"about": np.array("{")},
    "a description of many": {"about": np.array(["{}", "{}"])},
    "a nested description": {"about": np.array("[" * 20000)},
    "a long description": {"about": np.array(" " * 70000 + "{}")},
    "a list": {"about": np.array("[]")},
    "something beside": {"more": np.ones(3)},
}


@pytest.mark.parametrize("what", CASES)
def test_foreign_arrays_are_refused(path, what):
    changed(path, **CASES[what])
    with pytest.raises(DataError, match="people.npz"):
        Gallery.load(path)


@pytest.mark.parametrize(
    "facts",
    [{"format": 2}, {"metric": "no"}, {"threshold": {"distance": "x"}}, {"threshold": [1]}, {"dtype": "object"}],
)
def test_foreign_facts_are_refused(path, facts):
    changed(path, about=about(path, **facts))
    with pytest.raises(DataError, match="people.npz"):
        Gallery.load(path)


def test_compressed_members_are_not_unpacked(path):
    changed(path, compress=True)
    with pytest.raises(DataError, match="is compressed"):
        Gallery.load(path)


def test_a_header_that_promises_more_than_the_file_has_allocates_nothing(path):
    members = {i.filename: zipfile.ZipFile(path).read(i) for i in zipfile.ZipFile(path).infolist()}
    shape = b"(1099511627776, 4, 8)"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(
                name, content.replace(b"(3, 4, 8), }", shape + b", }") if name == "values.npy" else content
            )
    with pytest.raises(DataError, match="needs 35184372088832 bytes"):
        Gallery.load(path)


def test_absent_and_foreign_files(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        Gallery.load(tmp_path / "people.npz")
    (tmp_path / "empty.npz").touch()
    with pytest.raises(DataError, match="empty.npz is no gallery"):
        Gallery.load(tmp_path / "empty.npz")
