import json

import pytest

from tfgait.core.errors import DataError
from tfgait.core.files import file_hash
from tfgait.runtime import open_runner
from tfgait.runtime.sidecar import read_sidecar, sidecar_path


@pytest.fixture
def described(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(b"0123456789")
    sidecar_path(path).write_text(json.dumps({"bytes": 10, "sha256": file_hash(path)}))
    return path


def test_sidecar_of_its_own_file(described):
    assert sidecar_path(described).name == "model.tflite.json"
    assert read_sidecar(described)["bytes"] == 10


def test_without_sidecar(described):
    sidecar_path(described).unlink()
    assert read_sidecar(described) is None


@pytest.mark.parametrize("content", [b"012345678", b"0123456780"])
def test_file_that_changed_is_refused(described, content):
    described.write_bytes(content)
    with pytest.raises(DataError, match="model.tflite is not the file its sidecar describes"):
        read_sidecar(described)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"bytes": 10}', "null"])
def test_damaged_sidecar_is_named(described, text):
    sidecar_path(described).write_text(text)
    with pytest.raises(DataError, match="model.tflite.json"):
        read_sidecar(described)


def test_every_runner_checks_it(written, tmp_path):
    for source in (written.paths["tflite", "fp32"], written.paths["onnx", "fp32"]):
        path = tmp_path / source.name
        path.write_bytes(source.read_bytes())
        sidecar_path(path).write_text(json.dumps({"bytes": 10, "sha256": "0"}))
        with pytest.raises(DataError, match="sidecar describes"):
            open_runner(path)
