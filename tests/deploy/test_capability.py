import keras
import pytest

from tfgait.core.errors import ConfigError
from tfgait.deploy.capability import check_network, check_pixels
from tfgait.deploy.formats import FORMATS, check_format
from tfgait.nets import build
from tfgait.runtime.runner import Port

layers = keras.layers


def network(layer, shape=(4, 8, 8, 4)):
    inputs = keras.Input(shape, name="flow")
    return keras.Model({"flow": inputs}, {"embedding": layer(inputs)}, name="odd")


def pairs(format, *precisions):
    return {(format, precision) for precision in precisions}


def frames(layer):
    return network(layer, (8, 6))


INTEGERS = pairs("tflite", "int8", "int16x8")
ONNX = pairs("onnx", "fp32", "fp16", "int8")
CASES = {
    "recurrent": (frames(layers.GRU(3, name="loop")), INTEGERS, "GRU.*dynamic.*loop"),
    "transposed": (network(layers.Conv3DTranspose(3, 2)), INTEGERS, "float32 alone"),
    "layer norm": (frames(layers.LayerNormalization()), INTEGERS, "float32 alone"),
    "unit norm": (frames(layers.UnitNormalization()), INTEGERS, "float32 alone"),
    "prelu": (frames(layers.PReLU()), pairs("tflite", "int16x8"), "PReLU; LiteRT has no int16 form"),
    "groups": (
        network(layers.Conv3D(4, 3, groups=2)),
        pairs("tflite", "fp32", "fp16", "dynamic") | INTEGERS | ONNX,
        "Conv3D of groups; write it as",
    ),
    "gelu": (frames(lambda x: keras.ops.gelu(x, False)), ONNX, "approximate=True"),
    "approximate gelu": (frames(lambda x: keras.ops.gelu(x, True)), set(), ""),
    "attention": (frames(lambda x: layers.MultiHeadAttention(2, 3)(x, x)), set(), ""),
    "pooled": (network(layers.MaxPooling3D(2)), set(), ""),
}


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_held_is_known_before_it_is_tried(case):
    odd, wrong, told = CASES[case]
    for form in FORMATS:
        if form.pixels:
            continue
        if (form.format, form.precision) in wrong:
            with pytest.raises(ConfigError, match=told):
                check_network(odd, form)
        else:
            check_network(odd, form)


def test_bytes_go_in_where_pixels_are_stored_as_bytes():
    form = check_format("tflite", "int8_uint8")
    check_network(build("gaitset_tiny"), form)
    check_network(build("cnn2d_tiny", modality="grey"), form)
    for kind, dtype in (("flow", "int16"), ("depth", "uint16")):
        with pytest.raises(ConfigError, match=f"takes pixels of one byte: silhouettes.*takes {kind} of {dtype}"):
            check_network(build("cnn2d_tiny", modality=kind), form)


def test_bytes_must_go_in_as_they_are():
    form = check_format("tflite", "int8_uint8")
    check_pixels(Port("silhouettes", (1, 2), "uint8", 1.0, 0), form)
    check_pixels(Port("silhouettes", (1, 2), "float32"), check_format("tflite"))
    for wrong in (("uint8", 0.998, 0), ("uint8", 1.0, 3), ("float32", 0.0, 0)):
        with pytest.raises(ConfigError, match="scale 1 and zero point 0"):
            check_pixels(Port("silhouettes", (1, 2), *wrong), form)
