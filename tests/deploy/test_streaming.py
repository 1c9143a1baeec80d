import json

import keras
import numpy as np
import pytest

from tfgait.core.errors import ConfigError
from tfgait.core.files import file_hash
from tfgait.core.modality import modality
from tfgait.deploy import artefact, conversion
from tfgait.deploy.artefact import export_network
from tfgait.deploy.calibration import Calibration
from tfgait.deploy.formats import check_format, check_stream
from tfgait.deploy.litert_file import float_operators, foreign_operators, operators
from tfgait.deploy.parity import ParityError
from tfgait.deploy.streaming import staged_serving
from tfgait.nets import build
from tfgait.runtime import open_runner
from tfgait.runtime.encoder import Encoder
from tfgait.runtime.stream import open_stream


def make(preset="gaitset_tiny", seed=1, **changes):
    keras.utils.set_random_seed(seed)
    return build(preset, **changes)


def walks(count=5, frames=33):
    rng = np.random.default_rng(0)
    return [(rng.random((frames + i, 16, 12, 1)) > rng.uniform(0.3, 0.8)).astype(np.uint8) * 255 for i in range(count)]


def export(network, path, precision="fp32", sequences=None):
    sequences, form = sequences or walks(), check_format("tflite", precision)
    calibration = Calibration(sequences, list("abcde"), 0) if form.calibrated else None
    return export_network(network, path, form, sequences, calibration=calibration, stream=True)


@pytest.mark.parametrize("precision", ["fp32", "dynamic", "int8"])
def test_one_file_holds_both_stages_and_describes_them(precision, tmp_path):
    made = export(make(frames=30), tmp_path / "m.tflite", precision)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.tflite", "m.tflite.json"]
    record = json.loads((tmp_path / "m.tflite.json").read_text())
    assert record["sha256"] == file_hash(made.path)
    assert record["inputs"][0]["shape"] == [None, None, 16, 12, 1]
    assert record["outputs"][0]["shape"] == [None, 14, 8]
    assert [port["shape"] for port in record["maps"]] == [[1, 8, 6, 4], [1, 4, 3, 6], [1, 4, 3, 8]]
    assert record["frames"] is None
    assert record["network"]["config"] == make().get_config()
    assert made.parity.cosine > (0.99999 if precision == "fp32" else 0.99)
    if precision == "fp32":
        assert made.parity.max_abs_error < 1e-5 * made.parity.largest
    assert foreign_operators(made.path.read_bytes()) == []


def test_int8_computes_nothing_in_float(tmp_path):
    content = export(make(reduce=2, bins=[2, 1]), tmp_path / "m.tflite", "int8").path.read_bytes()
    assert float_operators(content) == []
    assert {"CONV_2D", "QUANTIZE", "DEQUANTIZE"} <= set(operators(content))


def test_weights_are_held_once(tmp_path):
    whole = export_network(make(), tmp_path / "w.tflite", check_format("tflite"), walks()).record["bytes"]
    assert export(make(), tmp_path / "m.tflite").record["bytes"] < whole + 4000


def test_calibration_is_every_frame_and_the_maxima_of_each_sequence():
    network, sequences = make(), walks(3)
    drawn = Calibration(sequences, list("abc"), 0).batches(modality("silhouettes"), 30, 1)
    given = list(staged_serving(network).representative(drawn))
    assert [name for name, _ in given] == [*["frame"] * 30, "set"] * 3
    frames, maxima = [values["silhouettes"] for name, values in given[31:61]], given[61][1]
    np.testing.assert_array_equal(np.concatenate(frames)[:, 0], sequences[1][2:32])
    whole = keras.Model(network.input, {name: network.get_layer(name).output for name in maxima})
    for name, value in whole({"silhouettes": np.float32(sequences[1][None, 2:32])}).items():
        np.testing.assert_allclose(maxima[name], value, atol=1e-6)


def test_a_pruned_network_streams(tmp_path):
    from tfgait.compress.cut import cut
    from tfgait.compress.plan import make_plan

    network = make()
    small = cut(network, make_plan(network, 40.0))
    walk, stream = walks()[0], open_stream(export(small, tmp_path / "m.tflite").path)
    for frame in walk:
        stream.push(frame)
    wanted = keras.ops.convert_to_numpy(small({"silhouettes": np.float32(walk[None])})["embedding"])[0]
    np.testing.assert_allclose(stream.embedding(), wanted, atol=1e-5)
    assert open_runner(tmp_path / "m.tflite").stages.maps["frame2_set"].shape[-1] < 4


def test_batch_norm_before_a_maximum_is_folded(tmp_path):
    from tfgait.layers.set_pooling import SetPooling
    from tfgait.layers.time import FoldTime, UnfoldTime
    from tfgait.nets.network import Network

    class Normed(Network):
        """One convolution with BatchNorm a frame, and their maximum."""

        def __init__(self, frames=None):
            given = keras.Input((frames, 16, 12, 1), name="silhouettes")
            x = keras.layers.Conv2D(3, 3, name="conv")(FoldTime()(given))
            x = keras.layers.BatchNormalization(name="norm")(x)
            x = keras.layers.GlobalAveragePooling2D()(SetPooling(name="set")(UnfoldTime()(x, given)))
            outputs = {"embedding": keras.layers.Reshape((1, 3))(x)}
            super().__init__({"silhouettes": given}, outputs, {"frames": frames}, "normed")

    keras.utils.set_random_seed(1)
    network = Normed()
    rng = np.random.default_rng(0)
    network.get_layer("norm").set_weights([rng.uniform(0.5, 2, 3) for _ in range(4)])
    assert "norm" not in [layer.name for layer in staged_serving(network).stages.frame.layers]
    made = export(network, tmp_path / "m.tflite")
    assert made.parity.max_abs_error < 1e-5 * made.parity.largest
    assert Encoder(open_runner(made.path)).encode(walks(2)).shape == (2, 1, 3)


def test_what_does_not_agree_is_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(conversion, "staged_serving", lambda network, int8: staged_serving(make(seed=2), int8))
    with pytest.raises(ParityError, match="too low"):
        export(make(), tmp_path / "m.tflite")
    assert list(tmp_path.iterdir()) == []


def test_frames_that_meet_elsewhere_are_refused_before_anything_is_converted(tmp_path, monkeypatch):
    monkeypatch.setattr(artefact, "write", None)
    with pytest.raises(ConfigError, match="cnn3d.*sees several frames at once.*sliding window"):
        export(make("cnn3d_tiny"), tmp_path / "m.tflite")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("format", "options", "told"),
    [
        ("onnx", {}, "format=onnx"),
        ("keras", {}, "format=keras"),
        ("tflite", {"batch": 2}, "batch=2"),
        ("tflite", {"frames": 30}, "frames=30"),
    ],
)
def test_other_files_have_no_stages(format, options, told):
    with pytest.raises(ConfigError, match=f"stream must go with format=tflite.*Received: .*{told}"):
        check_stream(check_format(format), **options)
