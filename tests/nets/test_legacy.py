"""Models of Embedded-Gait give the embeddings that its own version of Keras computes from them."""

import shutil

import h5py
import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.nets import load
from tfgait.nets.legacy import load_legacy

BINS = (1, 2, 4, 8, 16)
# The published order of parts, scale by scale, frame branch then global branch; ours is one branch after the other.
PUBLISHED = [(branch, bins, strip) for bins in BINS for branch in (0, 1) for strip in range(bins)]
OURS = [(branch, bins, strip) for branch in (0, 1) for bins in reversed(BINS) for strip in range(bins)]
PARTS = [PUBLISHED.index(part) for part in OURS]

NETWORKS = {
    "trained.h5": "cnn2d",
    "trained_weights.hdf5": "cnn2d",
    "frozen.hdf5": "cnn2d",
    "pruned.h5": "cnn2d",
    "pruned_weights.hdf5": "cnn2d",
    "tuned.h5": "cnn2d",
    "tuned_weights.hdf5": "cnn2d",
    "wide.h5": "cnn2d",
    "last.h5": "cnn2d",
    "grey.h5": "cnn2d",
    "volume.h5": "cnn3d",
    "factorised.h5": "cnn2plus1d",
    "set4.h5": "gaitset",
    "set5.h5": "gaitset",
    "set5_weights.h5": "gaitset",
    "set_pruned.h5": "gaitset",
    "set_pruned_weights.h5": "gaitset",
    "set_twins.h5": "gaitset",
    "set_twins_weights.h5": "gaitset",
    "set_classes.h5": "gaitset",
}


@pytest.fixture(scope="module")
def expected(legacy):
    return dict(np.load(legacy / "expected.npz"))


def embedded(network, window):
    return np.asarray(network({network.modality: window})["embedding"])


@pytest.mark.parametrize("file", NETWORKS)
def test_computes_what_its_own_keras_computes(legacy, expected, file):
    name = file.partition(".")[0].removesuffix("_weights")
    found = load_legacy(legacy / file, modality="gray" if name == "grey" else "")
    assert found.network.name == NETWORKS[file]
    embedding, wanted = embedded(found.network, expected[f"{name}/window"]), expected[f"{name}/embedding"]
    wanted = wanted[:, PARTS] if found.network.name == "gaitset" else wanted[:, None]
    np.testing.assert_allclose(embedding, wanted, atol=1e-5 * np.abs(wanted).max())
    assert (found.classifier is not None) == (f"{name}/logits" in expected)
    if found.classifier:
        kernel, bias = found.classifier
        logits = embedding.reshape(2, -1) @ kernel + bias
        wanted = expected[f"{name}/logits"]
        shift = (logits - wanted).mean(axis=1, keepdims=True)  # a softmax tells logits up to a constant
        np.testing.assert_allclose(logits - shift, wanted, atol=1e-4)


def test_says_what_it_took_and_what_is_left(legacy):
    found = load_legacy(legacy / "trained.h5")
    assert found.leftovers == ("optimizer_weights",)
    assert found.notes == (
        "the signature is the output of code_1",
        "its classifier of 9 people is not part of the network",
    )
    assert "it holds weights only" in " ".join(load_legacy(legacy / "pruned_weights.hdf5").notes)
    assert load_legacy(legacy / "pruned.h5").network.get_config()["widths"] == {
        "conv1": 1,
        "conv2": 4,
        "conv3": 2,
        "conv4": 3,
    }
    assert load_legacy(legacy / "set5.h5").network.get_config()["slope"] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("file", "choice", "signature"),
    [
        ("pruned.h5", {}, "code_1"),
        ("pruned.h5", {"nclasses": 155}, "code_1"),
        ("pruned.h5", {"nclasses": 150}, "code"),
        ("pruned.h5", {"nclasses": 155, "last_dense": "goes"}, "code"),
        ("pruned.h5", {"nclasses": 150, "last_dense": "stays"}, "code_1"),
        ("trained.h5", {"nclasses": 150}, "code_1"),
        ("tuned.h5", {"nclasses": 155}, "code"),
        ("trained_weights.hdf5", {"last_dense": "goes"}, "code_1"),
    ],
)
def test_which_layer_is_the_signature(legacy, file, choice, signature):
    found = load_legacy(legacy / file, **choice)
    assert found.network.get_config()["signature"] == signature
    dropped = [name for name in found.leftovers if "code_1" in name]
    assert bool(dropped) == (file == "pruned.h5" and signature == "code")


def test_without_the_last_layer_it_gives_what_that_layer_reads(legacy, expected):
    whole, short = (load_legacy(legacy / "pruned.h5", last_dense=last).network for last in ("stays", "goes"))
    kernel, bias = whole.get_layer("code_1").get_weights()
    window = expected["pruned/window"]
    np.testing.assert_allclose(embedded(short, window) @ kernel + bias, embedded(whole, window), atol=1e-4)


def test_one_channel_a_frame_must_be_told(legacy, expected):
    with pytest.raises(ConfigError, match="mod must be grey or depth or silhouettes.*Received: mod=nothing"):
        load_legacy(legacy / "grey.h5")
    with pytest.raises(ConfigError, match="mod must be grey or depth or silhouettes.*Received: mod=of"):
        load_legacy(legacy / "grey.h5", modality="of")
    kinds = {kind: load_legacy(legacy / "grey.h5", modality=kind).network for kind in ("gray", "depth", "silhouette")}
    assert [network.modality for network in kinds.values()] == ["grey", "depth", "silhouettes"]
    with pytest.raises(ConfigError, match="Received: mod=of"):
        load_legacy(legacy / "set4.h5", modality="of")
    with pytest.raises(ConfigError, match="Did you mean 'stays'"):
        load_legacy(legacy / "grey.h5", last_dense="stay")


def test_it_is_saved_and_loaded_as_any_other_network(legacy, expected, tmp_path):
    for file in ("pruned.h5", "set_pruned.h5"):
        network = load(legacy / file)
        network.save(tmp_path / "x.keras")
        window = expected[f"{file.partition('.')[0]}/window"]
        np.testing.assert_array_equal(embedded(load(tmp_path / "x.keras"), window), embedded(network, window))


def test_weights_of_other_sizes_than_the_published_window_name_what_is_missing(legacy):
    with pytest.raises(DataError, match=r"must hold a kernel \(8, any\) with a bias for dense. Received: .*\(32, 24\)"):
        load_legacy(legacy / "wide_weights.hdf5")


def test_names_as_older_versions_of_keras_wrote_them(legacy, expected, tmp_path):
    """Bytes instead of text, and long lists in several attributes."""
    path = tmp_path / "old.h5"
    shutil.copyfile(legacy / "pruned.h5", path)
    with h5py.File(path, "a") as file:
        root = file["model_weights"]
        names = [name.encode() for name in root.attrs["layer_names"]]
        for group in root.values():
            group.attrs["weight_names"] = [name.encode() for name in group.attrs.get("weight_names", ())] or np.zeros(0)
        del root.attrs["layer_names"]
        root.attrs["layer_names0"], root.attrs["layer_names1"] = names[:3], names[3:]
        file.attrs["model_config"] = np.bytes_(file.attrs["model_config"])
    wanted = expected["pruned/embedding"][:, None]
    found = embedded(load_legacy(path).network, expected["pruned/window"])
    np.testing.assert_allclose(found, wanted, atol=1e-5 * np.abs(wanted).max())
