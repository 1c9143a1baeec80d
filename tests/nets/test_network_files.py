"""Network files: damaged ones, hostile ones, strangers'."""

import io
import json
import re
import zipfile

import h5py
import keras
import numpy as np
import pytest

from tfgait.core.errors import DataError
from tfgait.nets import build, load


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "network.keras"
    build("gaitset_tiny").save(path)
    return path


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path, files, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def with_config(saved, path, **changes):
    """Write a copy whose arguments differ."""
    files = members(saved)
    record = json.loads(files["config.json"])
    record["config"].update(changes)
    return write(path, {**files, "config.json": json.dumps(record)})


def refused(path, pattern):
    with pytest.raises(DataError) as caught:
        load(path)
    message = str(caught.value)
    assert str(path) in message and "\n" not in message
    assert re.search(pattern, message.replace(str(path), "")), message


def test_no_such_file(tmp_path):
    refused(tmp_path / "nothing.keras", "is no file")
    refused(tmp_path, "is no file")


def test_another_suffix(saved, tmp_path):
    path = tmp_path / "network.zip"
    path.write_bytes(saved.read_bytes())
    refused(path, "must be a .keras file")


@pytest.mark.parametrize("content", [b"", b"\x00" * 300, b"PK\x03\x04" + b"\xff" * 100, b"\x80\x04pickle"])
def test_no_archive(tmp_path, content):
    path = tmp_path / "x.keras"
    path.write_bytes(content)
    refused(path, "damaged or no Keras file")


@pytest.mark.parametrize("share", np.linspace(0.02, 0.98, 13))
def test_cut_short(saved, tmp_path, share):
    data = saved.read_bytes()
    path = tmp_path / "x.keras"
    path.write_bytes(data[: int(len(data) * share)])
    refused(path, "damaged")


def test_bits_flipped_anywhere(saved, tmp_path):
    data = saved.read_bytes()
    path = tmp_path / "x.keras"
    random = np.random.default_rng(0)
    for position in random.integers(0, len(data), 60):
        broken = bytearray(data)
        broken[position] ^= 1 << int(random.integers(8))
        path.write_bytes(broken)
        try:
            load(path)
        except DataError as error:
            assert str(path) in str(error)


def test_a_compressed_one(saved, tmp_path):
    """Keras never compresses, and what is stored as it is cannot swell."""
    refused(write(tmp_path / "x.keras", members(saved), zipfile.ZIP_DEFLATED), "uncompressed")


def test_another_program_s_model(tmp_path):
    path = tmp_path / "x.keras"
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(path)
    refused(path, "no network of tfgait.*Sequential|no network of tfgait.*None")


def test_code_in_a_lambda_is_not_run(tmp_path):
    path, trace = tmp_path / "x.keras", tmp_path / "trace"
    model = keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda x: x)])
    model.save(path)
    files = members(path)
    refused(path, "no network of tfgait")
    record = {"registered_name": "tfgait>GaitSet", "module": "os", "class_name": "system", "config": {}}
    record["config"] = {"widths": {"class_name": "__lambda__", "config": {"value": "x"}}, "trace": str(trace)}
    refused(write(path, {**files, "config.json": json.dumps(record)}), "damaged|whole network|unusable")
    assert not trace.exists()


def test_no_weights_or_config(saved, tmp_path):
    files = members(saved)
    for name in ("config.json", "model.weights.h5"):
        refused(write(tmp_path / "x.keras", {k: v for k, v in files.items() if k != name}), "it lacks")


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "3", '"x"', "{}", "[" * 100_000, '{"registered_name": "tfgait>GaitSet"}', "\xff"]
)
def test_nonsense_config(saved, tmp_path, text):
    refused(
        write(tmp_path / "x.keras", {**members(saved), "config.json": text.encode("latin-1")}),
        "no network|whole network",
    )


def test_longest_config(saved, tmp_path):
    refused(write(tmp_path / "x.keras", {**members(saved), "config.json": b" " * (2 << 20)}), "above")


@pytest.mark.parametrize(
    ("changes", "pattern"),
    [
        ({"embedding": 4000}, "layers of 4000, its arrays have not"),
        ({"embedding": 1 << 60}, "its arrays have not"),
        ({"embedding": None}, "layers of None"),
        ({"embedding": [8]}, "whole network"),
        ({"embedding": 6}, "its network has .* it holds"),
        ({"widths": {"frame1": 4096}}, "layers of 4096"),
        ({"widths": None}, "its network has .* it holds"),
        ({"widths": {"frame1": {}}}, "whole network"),
        ({"bins": [1] * 5000}, "bins must"),
        ({"bins": [2, 1]}, "its network has .* it holds"),
        ({"surprise": 1}, "unexpected keyword"),
    ],
    ids=lambda c: str(c)[:40],
)
def test_arguments_that_do_not_fit_the_arrays(saved, tmp_path, changes, pattern):
    refused(with_config(saved, tmp_path / "x.keras", **changes), pattern)


def test_arrays_that_claim_more_than_there_is(saved, tmp_path):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.create_dataset("bomb", (1 << 20, 1 << 20), "float32", chunks=(1024, 1024), compression="gzip")
    path = write(tmp_path / "x.keras", {**members(saved), "model.weights.h5": buffer.getvalue()})
    refused(path, "claim")


@pytest.mark.parametrize("lost", ["layers/separate_dense", "layers/separate_dense/vars/0", "layers/conv2d_3", "layers"])
def test_arrays_missing(saved, tmp_path, lost):
    files = members(saved)
    buffer = io.BytesIO(files["model.weights.h5"])
    with h5py.File(buffer, "a") as file:
        del file[lost]
    refused(
        write(tmp_path / "x.keras", {**files, "model.weights.h5": buffer.getvalue()}),
        "arrays have not|it holds|damaged",
    )


def test_weights_elsewhere_on_the_disk(saved, tmp_path):
    """A link out of the file must not be followed."""
    secret = tmp_path / "secret.h5"
    files = members(saved)
    secret.write_bytes(files["model.weights.h5"])
    buffer = io.BytesIO(files["model.weights.h5"])
    with h5py.File(buffer, "a") as file:
        arrays = file["layers/separate_dense/vars"]
        del arrays["0"]
        arrays["0"] = h5py.ExternalLink(str(secret), "layers/separate_dense/vars/0")
    refused(write(tmp_path / "x.keras", {**files, "model.weights.h5": buffer.getvalue()}), "it holds")
