import json

import numpy as np
import pytest

from tfgait.core.errors import DataError
from tfgait.core.files import file_hash, plain, read_json, record_hash, whole_file, write_json


def test_a_file_is_whole_or_absent(tmp_path):
    path = tmp_path / "model.keras"
    with pytest.raises(RuntimeError), whole_file(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []

    path.write_text("old")
    with pytest.raises(RuntimeError), whole_file(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"

    with whole_file(path) as temporary:
        assert temporary.suffix == ".keras"
        temporary.write_text("new")
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["model.keras"]


def test_json_holds_numpy_and_paths(tmp_path):
    write_json(tmp_path / "a.json", {"x": np.float32(0.5), "y": np.arange(3), "p": tmp_path})
    assert read_json(tmp_path / "a.json") == {"x": 0.5, "y": [0, 1, 2], "p": str(tmp_path)}
    with pytest.raises(TypeError, match="object cannot be written"):
        json.dumps(object(), default=plain)


@pytest.mark.parametrize("content", [b"", b'{"a": ', b"\xff\xfe\x00"])
def test_a_damaged_json_is_named(tmp_path, content):
    path = tmp_path / "manifest.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match="manifest.json"):
        read_json(path)


def test_hashes(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    # FIPS 180-2, example B.1
    assert file_hash(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert record_hash({"a": 1, "b": 2}) == record_hash({"b": 2, "a": 1}) != record_hash({"a": 1, "b": 3})


def test_a_file_that_is_not_there_is_called_absent(tmp_path):
    with pytest.raises(DataError, match="none.json does not exist"):
        read_json(tmp_path / "none.json")
