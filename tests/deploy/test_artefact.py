import errno
import json
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from tfgait.core.errors import ConfigError, DataError, UserError
from tfgait.core.files import file_size
from tfgait.core.modality import modality
from tfgait.deploy import conversion
from tfgait.deploy.artefact import export_network
from tfgait.deploy.calibration import Calibration
from tfgait.deploy.formats import FORMATS, INTEGERS, check_format
from tfgait.deploy.keras_runner import KerasRunner
from tfgait.deploy.litert_file import float_operators, foreign_operators, operators
from tfgait.deploy.parity import ParityError, Rank1, compare
from tfgait.deploy.serving import fixed, serving
from tfgait.deploy.tflite import convert
from tfgait.nets import build
from tfgait.runtime import open_runner
from tfgait.runtime.encoder import Encoder
from tfgait.runtime.sidecar import read_sidecar


def make(preset, **changes):
    keras.utils.set_random_seed(1)
    return build(preset, **changes)


def sequences_for(network, count=5):
    rng = np.random.default_rng(0)
    name = network.modality
    frames, *shape = network.input[name].shape[1:]
    frames = frames or 33
    if name == "silhouettes":
        return [(rng.random((frames + i, *shape)) > rng.uniform(0.3, 0.8)).astype(np.uint8) * 255 for i in range(count)]
    drift = rng.normal(0, 300, (count, 1, *shape)) + rng.normal(0, 60, (count, frames, *shape))
    if name == "depth":
        return list((2000 + drift).astype(np.uint16))
    return list(drift.astype(np.int16))


def name_of(form):
    return f"{form.format}-{form.precision}"


def exported(network, path, form, sequences, **how):
    calibration = Calibration(sequences, list("abcde"), 0) if form.calibrated else None
    return export_network(network, path, form, sequences, calibration=calibration, **how)


@pytest.mark.parametrize("preset", ["gaitset_tiny", "cnn2d_tiny", "cnn3d_tiny", "cnn2plus1d_tiny"])
@pytest.mark.parametrize("form", FORMATS, ids=name_of)
def test_every_network_in_every_format(preset, form, tmp_path):
    network = make(preset)
    sequences = sequences_for(network)
    path = tmp_path / f"model{form.suffix}"
    if form.pixels and network.modality == "flow":
        with pytest.raises(ConfigError, match="pixels of one byte"):
            exported(network, path, form, sequences)
        assert list(tmp_path.iterdir()) == []
        return
    # Untrained filters this few, twelve layers of them, say little of symmetric int8.
    lowest = 0.9 if (preset, form.format, form.precision) == ("cnn2plus1d_tiny", "onnx", "int8") else form.min_cosine
    made = exported(network, path, form, sequences, min_cosine=lowest)
    assert made.parity.cosine >= lowest
    assert sorted(p.name for p in tmp_path.iterdir()) == [path.name, f"{path.name}.json"]
    record = json.loads((tmp_path / f"{path.name}.json").read_text())
    assert read_sidecar(path) == record
    assert record["bytes"] == file_size(path)
    assert record["modality"] == network.modality
    assert record["network"]["config"] == {**network.get_config(), "frames": record["frames"]}
    assert (record["calibration"] is not None) == form.calibrated
    if form.calibrated:
        assert record["calibration"]["hash"] == Calibration(sequences, list("abcde"), 0).hash
    assert [port["name"] for port in record["inputs"]] == [network.modality]
    assert record["inputs"][0]["values"] == ([0, 255] if preset == "gaitset_tiny" else [-327.68, 327.67])
    if form.format == "tflite":
        check_litert_file(path.read_bytes(), record, form, network)


def check_litert_file(content, record, form, network):
    assert record["inputs"][0]["shape"][0] == 1
    assert None not in record["inputs"][0]["shape"]
    found = operators(content)
    assert found == record["operators"] and "CONV_3D" not in found
    assert foreign_operators(content) == []
    integers = form.precision in INTEGERS
    assert ("QUANTIZE" in found) == integers
    assert (float_operators(content) == []) == integers
    lowered = {"cnn3d": 7, "gaitset": 2 if form.litert_int8 else 0}
    assert len(record["lowered"]) == lowered.get(network.name, 0)
    # Of int16x8 nothing runs in XNNPACK, and of bytes their turning into int8 does not.
    assert record["outside_xnnpack"] == {"int16x8": found, "int8_uint8": ["QUANTIZE"]}.get(form.precision, [])


def test_camera_bytes_go_in_untouched(tmp_path):
    network = make("gaitset_tiny")
    sequences = sequences_for(network)
    dim = [sequence // 3 for sequence in sequences]
    made = exported(network, tmp_path / "m_int8_uint8.tflite", check_format("tflite", "int8_uint8"), dim)
    port = made.record["inputs"][0]
    assert (port["dtype"], port["scale"], port["zero_point"], port["range"]) == ("uint8", 1.0, 0, [0, 255])
    runner = open_runner(made.path)
    bytes_in = sequences[0][None, :30]
    found = runner.invoke({"silhouettes": bytes_in})["embedding"]
    np.testing.assert_array_equal(found, runner.run({"silhouettes": bytes_in})["embedding"])
    assert runner.outputs["embedding"].dtype == "float32"


@pytest.mark.parametrize("form", [row for row in FORMATS if row.free_frames], ids=name_of)
def test_frames_and_batch_stay_free(form, tmp_path):
    network = make("gaitset_tiny", variable_length=True)
    sequences = [sequence[: 5 + 4 * i] for i, sequence in enumerate(sequences_for(network))]
    made = exported(network, tmp_path / f"m{form.suffix}", form, sequences, frames=None, batch=0)
    assert made.record["frames"] is None and made.record["inputs"][0]["shape"] == [None, None, 16, 12, 1]
    runner = open_runner(made.path)
    wanted = KerasRunner(network).run({"silhouettes": np.stack([s[:5] for s in sequences])})["embedding"]
    found = runner.run({"silhouettes": np.stack([s[:5] for s in sequences])})["embedding"]
    assert compare(wanted, found).cosine > form.min_cosine - 0.05
    with pytest.raises(ConfigError, match="frames must be 4, to which the network is fixed. Received: free frames"):
        exported(make("cnn2d_tiny"), tmp_path / f"n{form.suffix}", form, sequences_for(make("cnn2d_tiny")), frames=None)


def test_normalisation_is_folded_and_pooling_lowered(tmp_path):
    layers = keras.layers
    inputs = keras.Input((6, 16, 12, 1), name="silhouettes")
    x = layers.BatchNormalization(name="norm")(layers.Conv3D(4, 3, use_bias=False, name="conv")(inputs))
    x = layers.MaxPooling3D(2, name="most")(layers.ReLU()(x))
    x = layers.AveragePooling3D((1, 2, 2), name="mean")(x)
    network = keras.Model({"silhouettes": inputs}, {"embedding": layers.Reshape((1, -1))(x)}, name="normed")
    rng = np.random.default_rng(0)
    network.set_weights([rng.uniform(0.2, 1, w.shape) for w in network.get_weights()])
    network.modality = "silhouettes"
    network.get_config = dict
    sequences = sequences_for(network)
    wanted = {"tflite": ["conv", "most", "mean"], "onnx": [], "savedmodel": []}
    for form in [row for row in FORMATS if row.format in wanted]:
        made = exported(network, tmp_path / f"m{form.suffix}", form, sequences)
        assert made.record["folded"] == ["norm"] and made.record["lowered"] == wanted[form.format]
        if form.precision == "int8" and form.format == "tflite":
            assert not {"MUL", "ADD", "AVERAGE_POOL_2D"} & set(made.record["operators"])


@pytest.mark.parametrize(("fewer", "most", "told"), [(1.5, None, "1.50 points lower"), (0.7, 0.5, "within 0.5 points")])
def test_a_file_that_recognises_fewer_people_is_not_kept(tmp_path, fewer, most, told):
    network = make("gaitset_tiny")
    sequences, form = sequences_for(network), check_format("tflite", "int8")
    path = tmp_path / "m_int8.tflite"

    def judged(drop, probes):
        return lambda encoder: Rank1(90.0, 90.0 - drop, 10, 1000, probes)

    with pytest.raises(ParityError, match=f"{told}.*over 1000 probes of 10 people. Nothing was written"):
        exported(network, path, form, sequences, rank1=judged(fewer, 1000), max_rank1_drop=most)
    assert list(tmp_path.iterdir()) == []
    made = exported(network, path, form, sequences, rank1=judged(fewer, 100), max_rank1_drop=most)
    assert made.record["rank1"]["file"] == 90.0 - fewer, "two of 100 probes are 2 points"
    assert exported(network, path, form, sequences).record["rank1"] is None


def test_depth_keeps_its_unit_in_every_format(tmp_path):
    network = make("cnn2plus1d_tiny", modality="depth")
    sequences = sequences_for(network)
    for form in (check_format("onnx"), check_format("tflite", "int8")):
        calibration = Calibration(sequences, list("abcde"), 0) if form.calibrated else None
        made = export_network(network, tmp_path / f"m{form.suffix}", form, sequences, calibration=calibration)
        assert (made.record["modality"], made.record["unit"]) == ("depth", modality("depth").unit)


def test_the_factorised_network_becomes_int8_throughout(tmp_path):
    network = make("cnn2plus1d_tiny")
    sequences = sequences_for(network)
    path = tmp_path / "m_int8.tflite"
    form = check_format("tflite", "int8")
    export_network(network, path, form, sequences, calibration=Calibration(sequences, list("abcde"), 0))
    interpreter = Interpreter(str(path))
    interpreter.allocate_tensors()
    kinds = {np.dtype(d["dtype"]).name for d in interpreter.get_tensor_details() if d["shape"].size}
    floats = [d for d in interpreter.get_tensor_details() if d["dtype"] == np.float32]
    ends = [*interpreter.get_input_details(), *interpreter.get_output_details()]
    assert kinds <= {"int8", "int32", "float32"}
    assert {d["index"] for d in floats} == {d["index"] for d in ends}, "only the ends are float32"
    assert set(operators(path.read_bytes())) <= {"QUANTIZE", "RESHAPE", "CONV_2D", "FULLY_CONNECTED", "DEQUANTIZE"}


def test_input_length_is_dropped_and_frames_are_fixed(tmp_path):
    network = make("gaitset_tiny", variable_length=True)
    sequences = sequences_for(network)
    made = export_network(network, tmp_path / "m.onnx", check_format("onnx"), sequences, frames=7, batch=0)
    assert made.record["inputs"][0]["shape"] == [None, 7, 16, 12, 1]
    assert made.record["frames"] == 7
    found = Encoder(open_runner(made.path)).encode(sequences)
    assert found.shape == (5, 14, 8)


def test_static_batch_takes_any_number_of_sequences(tmp_path):
    network = make("gaitset_tiny")
    sequences = sequences_for(network)
    made = export_network(network, tmp_path / "m.tflite", check_format("tflite"), sequences, batch=2)
    assert open_runner(made.path).inputs["silhouettes"].shape[0] == 2


def test_fixed_network_has_the_same_weights():
    network = make("gaitset_tiny", variable_length=True)
    found = fixed(network, 9)
    assert found.input["silhouettes"].shape == (None, 9, 16, 12, 1)
    for a, b in zip(network.get_weights(), found.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ConfigError, match="must be 4.*frames=5"):
        fixed(make("cnn2d_tiny"), 5)


def test_what_does_not_agree_is_removed(tmp_path, monkeypatch):
    network = make("gaitset_tiny")
    other = make("gaitset_tiny")
    other.set_weights([w[..., ::-1] for w in other.get_weights()])
    monkeypatch.setattr(conversion, "serving", lambda network, *a, **k: serving(other, *a, **k))
    for form in (check_format("tflite"), check_format("onnx")):
        with pytest.raises(ParityError, match="too low"):
            export_network(network, tmp_path / f"m{form.suffix}", form, sequences_for(network))
    assert list(tmp_path.iterdir()) == []


def test_invalid_onnx_is_removed(tmp_path, monkeypatch):
    from tfgait.deploy import onnx

    network = make("gaitset_tiny")
    whole = onnx.convert(serving(network))
    monkeypatch.setattr(onnx, "convert", lambda ready: whole.replace(b"MatMul", b"NoSuch"))
    with pytest.raises(DataError, match="cannot be run by onnxruntime"):
        export_network(network, tmp_path / "m.onnx", check_format("onnx"), sequences_for(network))
    assert list(tmp_path.iterdir()) == []


def test_full_disk_leaves_nothing_and_keeps_the_old_file(tmp_path, monkeypatch):
    network = make("gaitset_tiny")
    path = tmp_path / "m.onnx"
    path.write_text("old")
    limit = Path.write_bytes

    def full(self, content):
        limit(self, content[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        export_network(network, path, check_format("onnx"), sequences_for(network))
    assert [p.name for p in tmp_path.iterdir()] == ["m.onnx"]
    assert path.read_text() == "old"


def test_arguments_that_do_not_fit(tmp_path):
    network = make("gaitset_tiny")
    with pytest.raises(ConfigError, match="must be given calibration"):
        export_network(network, tmp_path / "m.tflite", check_format("tflite", "int8"), [])
    with pytest.raises(ConfigError, match="out must end in .onnx"):
        export_network(network, tmp_path / "m.tflite", check_format("onnx"), [])


def test_operator_that_litert_lacks_is_named():
    inputs = keras.Input((8, 16, 12, 1), name="silhouettes")
    pooled = keras.layers.MaxPooling3D(2)(inputs)
    outputs = {"embedding": keras.layers.Reshape((1, 4 * 8 * 6))(pooled)}
    with pytest.raises(ConfigError, match="LiteRT lacks.*MaxPool3D"):
        convert(serving(keras.Model({"silhouettes": inputs}, outputs), frames=8), "fp32")


def test_custom_operators_are_seen():
    import tensorflow as tf

    module = tf.Module()
    module.function = tf.function(
        lambda x: tf.nn.max_pool3d(x, 2, 2, "VALID"), input_signature=[tf.TensorSpec((1, 4, 4, 4, 1), tf.float32)]
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions([module.function.get_concrete_function()], module)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.SELECT_TF_OPS]
    assert "custom:FlexMaxPool3D" in foreign_operators(converter.convert())


def test_tolerance_of_a_row_can_be_replaced(tmp_path):
    network = make("gaitset_tiny")
    sequences = sequences_for(network)
    form = replace(check_format("tflite", "int8"), min_cosine=0.0)
    calibration = Calibration(sequences, list("abcde"), 0)
    with pytest.raises(UserError, match="cosine 1.0 of Keras"):
        export_network(network, tmp_path / "m.tflite", form, sequences, calibration=calibration, min_cosine=1.0)
