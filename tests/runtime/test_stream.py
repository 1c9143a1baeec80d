"""A walk frame by frame against the whole of it, in Keras."""

import json
import subprocess
import sys
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgait.core.errors import ConfigError, DataError
from tfgait.deploy.artefact import export_network
from tfgait.deploy.calibration import Calibration
from tfgait.deploy.formats import check_format
from tfgait.nets import build
from tfgait.runtime import open_runner
from tfgait.runtime.encoder import Encoder
from tfgait.runtime.sidecar import sidecar_path
from tfgait.runtime.stream import open_stream


@pytest.fixture(scope="module")
def staged(written, tmp_path_factory):
    """The tiny GaitSet of the other tests as a file in two stages, fp32 and int8."""
    folder, paths = tmp_path_factory.mktemp("staged"), {}
    for precision in ("fp32", "int8"):
        form = check_format("tflite", precision)
        calibration = Calibration(written.sequences[:4], list("abcd"), 0) if form.calibrated else None
        paths[precision] = folder / f"model_stream{form.suffix}"
        export_network(written.network, paths[precision], form, written.sequences, calibration=calibration, stream=True)
    return SimpleNamespace(paths=paths, sequences=written.sequences)


def in_keras(network, frames):
    return keras.ops.convert_to_numpy(network({"silhouettes": np.float32(frames)[None]})["embedding"])[0]


def push_all(stream, frames):
    for frame in frames:
        stream.push(frame)
    return stream.embedding()


def cosine(a, b):
    return (a * b).sum() / np.linalg.norm(a) / np.linalg.norm(b)


def test_every_frame_brings_the_embedding_of_the_walk_so_far(staged, written):
    walk, stream = staged.sequences[0], open_stream(staged.paths["fp32"])
    for number, frame in enumerate(walk, 1):
        stream.push(frame)
        if number in (1, 2, 9, len(walk)):
            np.testing.assert_allclose(stream.embedding(), in_keras(written.network, walk[:number]), atol=1e-5)
    assert (stream.modality.name, stream.seen, stream.ready) == ("silhouettes", len(walk), True)


def test_order_does_not_matter(staged):
    walk = staged.sequences[1]
    found = [push_all(open_stream(staged.paths["int8"]), frames) for frames in (walk, walk[::-1])]
    np.testing.assert_array_equal(*found)


def test_int8_is_near_keras(staged, written):
    for walk in staged.sequences:
        found, wanted = push_all(open_stream(staged.paths["int8"]), walk), in_keras(written.network, walk)
        assert cosine(found, wanted) > 0.99
        assert np.abs(found - wanted).max() > 0


def test_another_track_begins_anew(staged, written):
    stream = open_stream(staged.paths["fp32"])
    for walk in staged.sequences[:2]:
        stream.reset()
        assert (stream.seen, stream.ready) == (0, False)
        np.testing.assert_allclose(push_all(stream, walk), in_keras(written.network, walk), atol=1e-5)


@pytest.mark.parametrize("window", [1, 5, 30])
def test_window_of_the_last_frames(staged, written, window):
    walk = np.concatenate(staged.sequences[:2])[:40]
    stream = open_stream(staged.paths["fp32"], window=window)
    for number, frame in enumerate(walk, 1):
        stream.push(frame)
        assert stream.ready == (number >= window)
        if number in (1, 4, window, window + 3, 40):
            seen = walk[max(0, number - window) : number]
            np.testing.assert_allclose(stream.embedding(), in_keras(written.network, seen), atol=1e-5)


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_runner_of_whole_sequences_gives_what_the_stream_gives(staged, written, precision):
    runner = open_runner(staged.paths[precision])
    assert runner.inputs["silhouettes"].shape == (None, None, 16, 12, 1)
    every = Encoder(runner, frames=None).encode(staged.sequences)
    for found, walk in zip(every, staged.sequences, strict=True):
        np.testing.assert_array_equal(found, push_all(open_stream(staged.paths[precision]), walk))
    central = Encoder(runner).encode(staged.sequences)
    assert all(cosine(*pair) > 0.99 for pair in zip(central, written.reference, strict=True))
    if precision == "fp32":
        np.testing.assert_allclose(central, written.reference, atol=1e-5)


def test_maps_of_bytes_give_what_maps_of_floats_give(staged, written, tmp_path):
    form, path = check_format("tflite", "int8_uint8"), tmp_path / "bytes.tflite"
    calibration = Calibration(written.sequences[:4], list("abcd"), 0)
    export_network(written.network, path, form, written.sequences, calibration=calibration, stream=True)
    stream, plain = open_stream(path, 30), open_stream(staged.paths["int8"], 30)
    runner = open_runner(path)
    assert {port.dtype for port in runner.stages.maps.values()} == {"uint8"}
    assert runner.inputs["silhouettes"].dtype == "uint8"
    for walk in staged.sequences[:2]:
        np.testing.assert_allclose(push_all(stream, walk), push_all(plain, walk), atol=1e-6)


def test_answer_is_computed_once(staged, monkeypatch):
    stream = open_stream(staged.paths["fp32"])
    first = push_all(stream, staged.sequences[0][:3])
    assert stream.embedding() is first
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1
    stream.push(staged.sequences[0][9])
    assert np.abs(stream.embedding() - first).max() > 0


def test_window_over_any_other_file(written):
    walk = np.concatenate(written.sequences[:2])[:40]
    for path in written.paths.values():
        stream, buffer = open_stream(path), np.empty_like(walk[0])
        for number, frame in enumerate(walk, 1):
            buffer[...] = frame  # as a camera does, which fills the same memory again
            stream.push(buffer)
            assert stream.ready == (number >= 30)
            if number in (2, 30, 40):
                wanted = Encoder(open_runner(path)).encode([walk[max(0, number - 30) : number]])[0]
                np.testing.assert_array_equal(stream.embedding(), wanted)
        stream.reset()
        assert not stream.ready


def test_window_of_a_network_on_flow(tmp_path):
    keras.utils.set_random_seed(1)
    network = build("cnn2d_tiny")
    network.save(tmp_path / "flow.keras")
    flow = np.random.default_rng(0).normal(0, 300, (9, 48, 48, 2)).astype(np.int16)
    stream = open_stream(tmp_path / "flow.keras")
    assert stream.modality.name == "flow"
    found = push_all(stream, flow)
    wanted = network({"flow": np.float32(flow[None, -4:]) / 100})["embedding"][0]
    np.testing.assert_allclose(found, wanted, atol=1e-4)
    with pytest.raises(ConfigError, match="window must be 4.*window=7"):
        open_stream(tmp_path / "flow.keras", window=7)


@pytest.mark.parametrize("kind", ["staged", "whole"])
def test_wrong_frames_are_named_and_leave_the_stream_as_it_was(staged, written, kind):
    path = staged.paths["fp32"] if kind == "staged" else written.paths["tflite", "fp32"]
    walk, stream = staged.sequences[0], open_stream(path)
    with pytest.raises(DataError, match="given a frame before"):
        stream.embedding()
    before = push_all(stream, walk[:5]).copy()
    for frame, told in (
        (walk[0][:8], r"must be \(16, 12, 1\).*Received: \(8, 12, 1\)"),
        (walk[0, ..., 0], r"Received: \(16, 12\)"),
        (np.full(walk[0].shape, np.nan), "must be uint8, as stored. Received: float64"),
        (walk[0] // 255, "mask of 0 and 1"),
        (None, r"Received: \(\)"),
    ):
        with pytest.raises(DataError, match=told):
            stream.push(frame)
    assert stream.seen == 5
    stream._answer = None
    np.testing.assert_array_equal(stream.embedding(), before)


@pytest.mark.parametrize("window", [-1, 1001, 2.0, True, "30"])
def test_window_out_of_range_is_named(staged, window):
    with pytest.raises(ConfigError, match=f"window must be a whole number in 0..1000.*{window}"):
        open_stream(staged.paths["fp32"], window=window)


def test_file_of_other_bytes_than_its_sidecar_says_is_refused(staged, tmp_path):
    path = tmp_path / "m.tflite"
    path.write_bytes(staged.paths["fp32"].read_bytes())
    record = json.loads(sidecar_path(staged.paths["int8"]).read_text())
    sidecar_path(path).write_text(json.dumps(record))
    with pytest.raises(DataError, match="not the file its sidecar describes"):
        open_stream(path)
    path.write_bytes(staged.paths["int8"].read_bytes()[:3000])
    with pytest.raises(DataError, match=r"m\.tflite"):
        open_stream(path)


def test_stages_that_do_not_fit_are_refused(tmp_path):
    module = tf.Module()
    module.frame = tf.function(
        lambda silhouettes: {"map": silhouettes[:, 0, 0, :, 0] * 2.0},
        input_signature=[tf.TensorSpec((1, 1, 2, 3, 1), tf.float32, name="silhouettes")],
    )
    module.set = tf.function(
        lambda map: {"embedding": map[:, None] + 1.0}, input_signature=[tf.TensorSpec((1, 4), tf.float32, name="map")]
    )
    signatures = {name: getattr(module, name).get_concrete_function() for name in ("frame", "set")}
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures=signatures)
    path = tmp_path / "unfit.tflite"
    path.write_bytes(tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "saved")).convert())
    with pytest.raises(DataError, match=r"unfit.tflite must have a stage for one frame.*\(1, 3\).*\(1, 4\)"):
        open_stream(path)


SCRIPT = """
import sys
import numpy as np
from tfgait.runtime.stream import open_stream
stream = open_stream(sys.argv[1])
for frame in np.load(sys.argv[2]):
    stream.push(frame)
np.save(sys.argv[3], stream.embedding())
print(sorted({name.partition(".")[0] for name in sys.modules} & {"tensorflow", "keras", "h5py", "cv2", "sklearn"}))
"""


def test_fresh_process_streams_without_tensorflow(staged, written, tmp_path):
    np.save(tmp_path / "walk.npy", staged.sequences[0])
    arguments = [str(staged.paths["fp32"]), str(tmp_path / "walk.npy"), str(tmp_path / "found.npy")]
    done = subprocess.run([sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
    wanted = in_keras(written.network, staged.sequences[0])
    np.testing.assert_allclose(np.load(tmp_path / "found.npy"), wanted, atol=1e-5)
