"""GaitSet against the embeddings and gradients of two published implementations."""

import json

import numpy as np
import pytest
import tensorflow as tf
from contract import NetworkContract

from tfgait.core.errors import ConfigError
from tfgait.losses.batch_all_triplet import BatchAllTriplet
from tfgait.nets import build
from tfgait.nets.gaitset import GaitSet

OPENGAIT = {
    "frame1": "set_block1.forward_block.0",
    "frame2": "set_block1.forward_block.2",
    "frame3": "set_block2.forward_block.0",
    "frame4": "set_block2.forward_block.2",
    "frame5": "set_block3.forward_block.0",
    "frame6": "set_block3.forward_block.2",
    "global1": "gl_block2.0",
    "global2": "gl_block2.2",
    "global3": "gl_block3.0",
    "global4": "gl_block3.2",
}
ORIGINAL = {f"frame{i}": f"set_layer{i}.forward_block" for i in range(1, 7)} | {
    f"global{i}": f"gl_layer{i}" for i in range(1, 5)
}


class TestGaitSet(NetworkContract):
    preset = "gaitset_tiny"


class TestGaitSetOfAnyLength(NetworkContract):
    preset = "gaitset_tiny"
    changes = {"variable_length": True}


class TestGaitSetOfFixedLength(NetworkContract):
    preset = "gaitset_tiny"
    changes = {"frames": 7}


def with_weights(arrays, names, encode, **changes):
    """Return a GaitSet with a published state dict; `encode` are its part-wise matrices."""
    kernels = {name: arrays[f"state/{key}.conv.weight"].transpose(2, 3, 1, 0) for name, key in names.items()}
    widths = {n: k.shape[-1] for n, k in kernels.items() if n not in ("global2", "global4")}
    network = GaitSet(widths=widths, embedding=encode.shape[-1], **changes)
    for name, kernel in kernels.items():
        network.get_layer(name).kernel.assign(kernel)
    network.get_layer("encode").kernel.assign(encode)
    return network


def unpack(packed, length, extra=2):
    """Return padded sequences (N, T, H, W, 1), 0 to 255, whose padding is noise."""
    rows = np.random.default_rng(0).uniform(0, 255, (len(length), max(length) + extra, *packed.shape[2:], 1))
    for i, (start, count) in enumerate(zip(np.cumsum([0, *length]), length, strict=False)):
        rows[i, :count] = packed[0, start : start + count, ..., None] * 255
    return rows.astype("float32")


@pytest.fixture(scope="module")
def opengait(golden):
    return dict(np.load(golden / "networks" / "gaitset.npz"))


def test_has_the_published_size():
    network = build("gaitset")
    assert network.count_params() == 2_594_592
    assert network.output["embedding"].shape == (None, 62, 256)


@pytest.mark.parametrize("preset", ["gaitset_small", "gaitset_walkers"])
def test_what_is_shipped_fits_under_three_megabytes(preset):
    assert build(preset).count_params() <= 700_000


def test_equals_opengait(opengait):
    network = with_weights(opengait, OPENGAIT, opengait["state/Head.fc_bin"])
    frames = opengait["input"][..., None] * 255
    for key, training in (("embedding", False), ("train/embedding", True)):
        out = network({"silhouettes": frames}, training=training)["embedding"]
        np.testing.assert_allclose(out, opengait[key].transpose(0, 2, 1), atol=1e-5)


def test_equals_opengait_on_sequences_of_different_lengths(opengait):
    network = with_weights(opengait, OPENGAIT, opengait["state/Head.fc_bin"], variable_length=True)
    length = opengait["packed/seqL"][0]
    out = network({"silhouettes": unpack(opengait["packed/input"], length), "length": length})["embedding"]
    np.testing.assert_allclose(out, opengait["packed/embedding"].transpose(0, 2, 1), atol=1e-5)


def test_learns_what_opengait_learns(opengait):
    network = with_weights(opengait, OPENGAIT, opengait["state/Head.fc_bin"])
    with tf.GradientTape() as tape:
        embedding = network({"silhouettes": opengait["input"][..., None] * 255}, training=True)["embedding"]
        loss = BatchAllTriplet()(opengait["labels"], embedding)
    # The published loss itself is this far from exact arithmetic: its distance of a sequence to itself is noise.
    assert abs(float(loss) - opengait["train/total"]) < 1e-4
    norms = dict(zip(opengait["train/param_names"], opengait["train/grad_l2"], strict=True))
    keys = {"encode": "Head.fc_bin"} | {name: f"{key}.conv.weight" for name, key in OPENGAIT.items()}
    layers = list(keys)
    gradients = tape.gradient(loss, [network.get_layer(name).kernel for name in layers])
    for name, gradient in zip(layers, gradients, strict=True):
        assert np.linalg.norm(gradient) == pytest.approx(norms[keys[name]], rel=0.02), name


def test_equals_the_original_release(golden):
    arrays = dict(np.load(golden / "gaitset_original" / "network.npz"))
    bins = json.loads("[1, 2, 4, 8, 16]")
    # Its parts: for each scale from the coarsest, the strips of the frame branch, then those of the global branch.
    start = np.cumsum([0, *bins])
    order = [branch * 31 + start[i] + j for i, b in enumerate(bins) for branch in (0, 1) for j in range(b)]
    encode = np.empty_like(arrays["state/fc_bin.0"])
    encode[order] = arrays["state/fc_bin.0"]
    network = with_weights(arrays, ORIGINAL, encode, bins=bins, variable_length=True)
    frames = arrays["input"][..., None] * 255
    out = network({"silhouettes": frames, "length": np.full(len(frames), frames.shape[1])})["embedding"]
    np.testing.assert_allclose(np.asarray(out)[:, order], arrays["embedding"], atol=1e-5)
    length = arrays["packed/batch_frame"][0, :-1]
    out = network({"silhouettes": unpack(arrays["packed/input"], length), "length": length})["embedding"]
    np.testing.assert_allclose(np.asarray(out)[:, order], arrays["packed/embedding"], atol=1e-5)


def test_the_order_of_frames_does_not_matter():
    network = build("gaitset_tiny")
    frames = np.random.default_rng(0).uniform(0, 255, (2, 6, 16, 12, 1)).astype("float32")
    out = [np.asarray(network({"silhouettes": f})["embedding"]) for f in (frames, frames[:, [3, 5, 0, 1, 4, 2]])]
    np.testing.assert_allclose(*out, atol=1e-6)


def test_takes_other_sizes():
    network = build("gaitset", height=32, width=22, bins=[8, 4, 2, 1])
    assert network.output["embedding"].shape == (None, 30, 256)


def test_reducing_is_averaging_squares_first():
    reduced = build("gaitset_tiny", height=32, width=24, reduce=2)
    plain = build("gaitset_tiny")
    plain.set_weights(reduced.get_weights())
    frames = np.random.default_rng(0).uniform(0, 255, (2, 5, 32, 24, 1)).astype("float32")
    squares = frames.reshape(2, 5, 16, 2, 12, 2, 1).mean(axis=(3, 5))
    out = [np.asarray(n({"silhouettes": f})["embedding"]) for n, f in ((reduced, frames), (plain, squares))]
    np.testing.assert_allclose(*out, atol=1e-6)


@pytest.mark.parametrize(
    "changes",
    [
        {"reduce": 0},
        {"reduce": 2},
        {"reduce": 32},
        {"height": 62},
        {"height": 32},
        {"bins": []},
        {"bins": 16},
        {"bins": [0]},
        {"bins": [3]},
        {"variable_length": 1},
    ],
    ids=str,
)
def test_refuses_what_cannot_be_cut(changes):
    with pytest.raises(ConfigError, match="Received"):
        build("gaitset", **changes)
