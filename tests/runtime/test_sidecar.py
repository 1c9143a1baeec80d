import json

import pytest

from tfgait.core.errors import DataError
from tfgait.core.files import file_hash
from tfgait.core.home import models_dir
from tfgait.runtime import open_runner
from tfgait.runtime.sidecar import LARGEST, network_hash, read_sidecar, sidecar_path


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


@pytest.mark.parametrize("text", ["", "{", "[]", '{"bytes": 10}', "null", "[" * 100_000])
def test_damaged_sidecar_is_named(described, text):
    sidecar_path(described).write_text(text)
    with pytest.raises(DataError, match="model.tflite.json"):
        read_sidecar(described)


def test_sidecar_without_end_is_not_read(described):
    sidecar_path(described).write_text(sidecar_path(described).read_text() + " " * LARGEST)
    with pytest.raises(DataError, match=f"must have at most {LARGEST} bytes"):
        read_sidecar(described)


@pytest.mark.parametrize("facts", [{"bytes": "10"}, {"bytes": [10]}, {"sha256": None}, {"sha256": {"a": 1}}])
def test_sidecar_of_wrong_types_describes_no_file(described, facts):
    sidecar_path(described).write_text(json.dumps({**json.loads(sidecar_path(described).read_text()), **facts}))
    with pytest.raises(DataError, match="not the file its sidecar describes"):
        read_sidecar(described)


def test_network_is_named_by_the_sidecar_else_by_the_file_itself(described):
    assert network_hash(described) == file_hash(described)
    record = json.loads(sidecar_path(described).read_text())
    sidecar_path(described).write_text(json.dumps({**record, "source": {"model_sha256": "ab" * 32}}))
    assert network_hash(described) == "ab" * 32
    sidecar_path(described).unlink()
    assert network_hash(described) == file_hash(described)


@pytest.mark.parametrize("source", [{"model_sha256": 5}, {"model_sha256": "../people"}, "ab" * 30, ["x"]])
def test_sidecar_that_names_no_network(described, source):
    record = json.loads(sidecar_path(described).read_text())
    sidecar_path(described).write_text(json.dumps({**record, "source": source}))
    with pytest.raises(DataError, match="64 hexadecimal digits"):
        network_hash(described)


def test_network_of_a_saved_model_which_is_a_folder(tmp_path):
    folder = tmp_path / "model.savedmodel"
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(b"graph")
    assert network_hash(folder) == file_hash(folder)
    record = {"bytes": 5, "sha256": file_hash(folder), "source": {"model_sha256": "ab" * 32}}
    sidecar_path(folder).write_text(json.dumps(record))
    assert network_hash(folder) == "ab" * 32
    with pytest.raises(DataError, match="is not a file"):
        network_hash(tmp_path)


def test_network_of_no_file(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        network_hash(tmp_path / "model.tflite")


def test_shipped_files_are_of_one_network():
    for folder in sorted(models_dir().glob("*_walkers")):
        assert network_hash(folder / "model_int8.tflite") == network_hash(folder / "model.keras")


def test_every_runner_checks_it(written, tmp_path):
    for source in (written.paths["tflite", "fp32"], written.paths["onnx", "fp32"]):
        path = tmp_path / source.name
        path.write_bytes(source.read_bytes())
        sidecar_path(path).write_text(json.dumps({"bytes": 10, "sha256": "0"}))
        with pytest.raises(DataError, match="sidecar describes"):
            open_runner(path)
