import pytest

from tfgait.core.errors import ConfigError
from tfgait.deploy.engine import engine_spec, numbered_version, parse_version, version_number


@pytest.mark.parametrize(
    ("options", "onnx", "engine"),
    [
        ({}, "_b1.onnx", "_b1_fp16.engine"),
        ({"precision": "fp32", "batch": (1, 8, 32)}, "_b1-8-32.onnx", "_b1-8-32_fp32.engine"),
        ({"precision": "int8", "batch": (8,)}, "_b8_int8.onnx", "_b8_int8.engine"),
        ({"precision": "int8", "int8": "calibrated", "version": (8, 2, 1)}, "_b1.onnx", "_b1_int8_calibrated.engine"),
        (
            {"precision": "int8", "dla": 1, "version": (8, 4, 0)},
            "_b1_dla.onnx",
            "_b1_int8_calibrated_dla1.engine",
        ),
        ({"precision": "best", "version": (10, 3, 0)}, "_b1.onnx", "_b1_best.engine"),
        ({"precision": "fp16", "version": (11, 4, 1)}, "_b1_fp16.onnx", "_b1_fp16.engine"),
        ({"precision": "int8", "dla": 0, "version": (11, 4, 1)}, "_b1_int8_dla.onnx", "_b1_int8_dla0.engine"),
    ],
)
def test_files_say_what_they_are(options, onnx, engine):
    spec = engine_spec(**options)
    assert (spec.onnx_suffix, spec.suffix) == (onnx, engine)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"precision": "fp17"}, "Did you mean 'fp1?6?"),
        ({"precision": "int8", "int8": "qqd"}, "Did you mean 'qdq'"),
        ({"precision": "fp16", "int8": "qdq"}, "int8=qdq goes with precision=int8 or best"),
        ({"batch": (0,)}, "batch=0"),
        ({"batch": ()}, "batch="),
        ({"batch": (1, 8)}, "batch=1,8"),
        ({"batch": (8, 1, 32)}, "batch=8,1,32"),
        ({"workspace": -5}, "workspace=-5"),
        ({"dla": 2}, "dla=2"),
        ({"dla": 0, "precision": "fp32"}, "no fp32"),
        ({"dla": 0, "batch": (1, 8, 32)}, "one size on a DLA"),
        ({"dla": 0, "version": (10, 8, 0)}, "before 10.8 or from 11.4 on. Received: 10.8.0"),
        ({"dla": 0, "version": (11, 3)}, "before 10.8 or from 11.4 on"),
        ({"dla": 0, "precision": "int8", "int8": "qdq", "version": (10, 3, 0)}, "calibrated for a DLA before"),
        ({"precision": "best", "int8": "qdq", "version": (8, 6, 1)}, "calibrated for precision=best"),
        ({"precision": "best", "version": (11, 0, 0)}, "fp32, fp16 or int8 from TensorRT 11 on"),
        ({"precision": "int8", "int8": "calibrated", "version": (11, 0, 0)}, "int8 must be qdq"),
        ({"precision": "best"}, "in full, such as 8.2.1.*trt_version=10.3"),
        ({"version": (7, 1, 3)}, "at least 8.2. Received: 7.1.3"),
    ],
)
def test_what_cannot_be_built_is_named(options, told):
    with pytest.raises(ConfigError, match=told):
        engine_spec(**options)


# As NVIDIA's own files write them.
@pytest.mark.parametrize(("version", "number"), [("8.2.1", 8201), ("8.6.1", 8601), ("10.3.0", 100300)])
def test_versions_are_written_as_tensorrt_does(version, number):
    assert version_number(parse_version(version)) == number
    assert numbered_version(number) == parse_version(version)


@pytest.mark.parametrize("text", ["8,2", "v8.2", "", "8.", "8.2.1.8.9", "1234567.1"])
def test_what_is_no_version_is_named(text):
    with pytest.raises(ConfigError, match="such as 8.2.1"):
        parse_version(text)
