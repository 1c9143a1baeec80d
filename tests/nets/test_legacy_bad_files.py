"""Files that claim to be models of Embedded-Gait: damaged, hostile, or other models."""

import json
import re
import shutil

import h5py
import numpy as np
import pytest

from tfgait.core.errors import DataError
from tfgait.nets import load
from tfgait.nets.legacy import load_legacy


@pytest.fixture
def changed(legacy, tmp_path):
    """Return a function that gives a copy of a file, opened to be changed."""

    def copy(name):
        path = tmp_path / name
        shutil.copyfile(legacy / name, path)
        return path, h5py.File(path, "a")

    return copy


def refused(path, pattern):
    with pytest.raises(DataError) as caught:
        load_legacy(path)
    message = str(caught.value)
    assert str(path) in message and "\n" not in message
    assert re.search(pattern, message.replace(str(path), "")), message


def array_of(file, suffix):
    names = []
    file.visit(lambda name: names.append(name) if name.endswith(suffix) else None)
    return names[0]


def reconfigured(path, file, change):
    """Write the config that a function makes of the list of layers."""
    record = json.loads(file.attrs["model_config"])
    change(record["config"]["layers"])
    file.attrs["model_config"] = json.dumps(record)
    file.close()
    return path


def test_no_file(tmp_path):
    refused(tmp_path / "nothing.h5", "is no file")


@pytest.mark.parametrize("content", [b"", b"\x00" * 3000, b"PK\x03\x04" + b"\xff" * 100, b"\x89HDF\r\n\x1a\n" * 9])
def test_no_hdf5_file(tmp_path, content):
    path = tmp_path / "x.h5"
    path.write_bytes(content)
    refused(path, "damaged or no HDF5 file")


@pytest.mark.parametrize("share", np.linspace(0.02, 0.98, 9))
def test_cut_short(legacy, tmp_path, share):
    data = (legacy / "pruned.h5").read_bytes()
    path = tmp_path / "x.h5"
    path.write_bytes(data[: int(len(data) * share)])
    refused(path, "damaged")


def test_bits_flipped_anywhere(legacy, tmp_path):
    data = (legacy / "pruned_weights.hdf5").read_bytes()
    path = tmp_path / "x.h5"
    random = np.random.default_rng(0)
    for position in random.integers(0, len(data), 25):
        broken = bytearray(data)
        broken[position] ^= 1 << int(random.integers(8))
        path.write_bytes(broken)
        try:
            load(path)
        except DataError as error:
            assert str(path) in str(error)


def test_a_store_is_no_model(tmp_path):
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        file["frames"] = np.zeros((4, 4))
    refused(path, "holds no weights of Keras 2: it names no layers. Received: frames")


def test_another_program_s_model(legacy):
    refused(legacy / "foreign.h5", r"none of Embedded-Gait's networks.*Received: kernels of the shapes \(4, 3\)")


def test_weights_that_are_not_numbers(changed):
    path, file = changed("pruned_weights.hdf5")
    kernel = file[array_of(file, "dense/kernel:0")]
    kernel[0, 0] = np.nan
    file.close()
    refused(path, "must hold finite weights. Received: dense/kernel:0")
    path, file = changed("pruned_weights.hdf5")
    name = array_of(file, "code/bias:0")
    shape = file[name].shape
    del file[name]
    file.create_dataset(name, data=np.full(shape, b"x"))
    file.close()
    refused(path, "weights that are numbers. Received: code/bias:0")


def test_arrays_that_claim_more_than_there_is(changed):
    path, file = changed("pruned_weights.hdf5")
    name = array_of(file, "dense/kernel:0")
    del file[name]
    file.create_dataset(name, (1 << 20, 1 << 20), "float32", chunks=(1024, 1024), compression="gzip")
    file.close()
    refused(path, "arrays claim 4398046")


def test_arrays_in_other_files(changed, tmp_path):
    secret = tmp_path / "secret.bin"
    secret.write_bytes(bytes(4096))
    path, file = changed("pruned_weights.hdf5")
    name = array_of(file, "code/bias:0")
    shape = file[name].shape
    del file[name]
    file.create_dataset(name, shape, "float32", external=[(str(secret), 0, 4096)])
    file.close()
    refused(path, "must hold its own arrays. Received: .*code/bias:0")
    path, file = changed("trained_weights.hdf5")
    name = array_of(file, "code/bias:0")
    del file[name]
    file[name] = h5py.ExternalLink(str(tmp_path / "pruned_weights.hdf5"), name)
    file.close()
    refused(path, "no model that Keras 2 wrote")


@pytest.mark.parametrize(
    ("lost", "wanted"),
    [
        ((5, 5, 1, 4), r"a kernel \(5, 5, 1, any\) with a bias for conv2"),
        ((24, 12), r"a kernel \(24, any\) with a bias for code"),
    ],
)
def test_a_layer_is_missing(changed, lost, wanted):
    path, file = changed("pruned_weights.hdf5")
    for group in file.values():
        names = group.attrs.get("weight_names", ())
        if [group[name].shape for name in names][:1] == [lost]:
            group.attrs["weight_names"] = np.zeros(0)
    file.close()
    refused(path, wanted)


def test_sizes_that_do_not_fit_one_another(changed):
    path, file = changed("pruned_weights.hdf5")
    for name, shape in (("dense/kernel:0", (3, 26)), ("dense/bias:0", (26,)), ("code/kernel:0", (26, 12))):
        found = array_of(file, f"/{name}")
        del file[found]
        file[found] = np.zeros(shape, "float32")
    file.close()
    refused(path, r"must hold a kernel \(3, 24\) for dense, by the others. Received: dense/kernel:0 \(3, 26\)")


def test_too_many_layers(changed):
    path, file = changed("pruned_weights.hdf5")
    group = file["code"]
    names = [f"code/more{i}:0" for i in range(40)]
    for name in names:
        group[name] = np.zeros((2, 2), "float32")
    del group.attrs["weight_names"]
    group.attrs["weight_names"] = names
    file.close()
    refused(path, "1 to 16 layers with weights. Received: 4")


def test_a_layer_that_the_network_has_no_place_for(changed):
    path, file = changed("pruned_weights.hdf5")
    group = file["code"]
    group["more:0"] = np.zeros(7, "float32")
    names = [*group.attrs["weight_names"], "more:0"]
    del group.attrs["weight_names"]
    group.attrs["weight_names"] = names
    file.close()
    refused(path, r"must hold a CNN2D as published. Received: also more:0 \(7,\)")


def unknown(layers):
    layers[2]["class_name"] = "GaussianNoise"


def strided(layers):
    next(layer for layer in layers if layer["class_name"] == "Conv2D")["config"]["strides"] = [2, 2]


def curved(layers):
    next(layer for layer in layers if layer["class_name"] == "Dense")["config"]["activation"] = "tanh"


def enormous(layers):
    layers[0]["config"]["batch_input_shape"] = [None, 50, 1 << 40, 60]


def tiny(layers):
    layers[0]["config"]["batch_input_shape"] = [None, 50, 20, 60]


def bare(layers):
    layers.append({"class_name": "Dense"})


def unstrided(layers):
    del next(layer for layer in layers if layer["class_name"] == "Conv2D")["config"]["strides"]


def shapeless(layers):
    layers[0]["config"]["batch_input_shape"] = 3


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (unknown, "a layer GaussianNoise, which it lacks"),
        (strided, "as published, 8 layers. Received: .*'Conv2D', .*\\(2, 2\\)"),
        (curved, "dense layers without activation.*Received: activation=tanh"),
        (enormous, "cannot be built. height must be a whole number"),
        (tiny, "cannot be built. height must be at least 46"),
        (bare, "no model that Keras 2 wrote"),
        (unstrided, "describes a layer as Keras 2 does not: KeyError, 'strides'"),
        (shapeless, "describes a layer as Keras 2 does not: TypeError"),
    ],
)
def test_what_the_config_says_is_checked(changed, change, told):
    path, file = changed("pruned.h5")
    refused(reconfigured(path, file, change), told)


def test_several_slopes(changed):
    path, file = changed("set_pruned.h5")

    def steeper(layers):
        next(layer for layer in layers if layer["class_name"] == "LeakyReLU")["config"]["alpha"] = 0.1

    refused(reconfigured(path, file, steeper), r"one slope in all LeakyReLU. Received: \[0.1, 0.3\]")


@pytest.mark.parametrize("text", ["", "null", "[]", "3", "[" * 60_000, '{"config": 3}', '{"config": {"layers": 3}}'])
def test_nonsense_config(changed, text):
    path, file = changed("pruned.h5")
    del file.attrs["model_config"]
    file.attrs["model_config"] = text
    file.close()
    refused(path, "no model that Keras 2 wrote")


def test_code_in_a_lambda_is_not_run(changed, tmp_path):
    path, file = changed("set4.h5")

    def code(layers):
        layers[1]["class_name"] = "Lambda"
        layers[1]["config"]["function"] = ["4wEAAAAAAAAAAA==", None, None]

    found = load_legacy(reconfigured(path, file, code))
    assert "its operations beside layers are not read, but taken as published" in found.notes
