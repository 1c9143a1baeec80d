import pytest

from tfgait.core.errors import ConfigError
from tfgait.deploy.engine import engine_spec
from tfgait.deploy.formats import FORMATS, PRECISIONS, check_format, engine_precisions, engine_row, format_rows


def test_every_row_is_found_and_has_its_own_file_name():
    for row in FORMATS:
        assert check_format(row.format, row.precision) is row
    assert len({row.suffix for row in FORMATS}) == len(FORMATS)
    assert {row.extension for row in FORMATS} == {".keras", ".tflite", ".onnx", ".savedmodel"}


def test_every_pair_is_a_file_or_has_a_reason():
    rows = {(row["format"], row["precision"]): row for row in format_rows()}
    for format in ("keras", "savedmodel", "tflite", "onnx"):
        for precision in PRECISIONS:
            row = rows[format, precision]
            works = any((f.format, f.precision) == (format, precision) for f in FORMATS)
            assert bool(row["file"]) == works and row[""]
            if not works:
                with pytest.raises(ConfigError, match="can be written with") as told:
                    check_format(format, precision)
                assert row[""] in str(told.value)


def test_engines_stand_in_the_same_table():
    rows = {(row["format"], row["precision"]): row for row in format_rows()}
    for precision in engine_precisions("tensorrt"):
        assert rows["tensorrt", precision]["file"] == f"model{engine_spec(precision, version=(10, 3, 0)).suffix}"
    assert rows["tf-trt", "int8"]["file"] == "model_b1_int8_tftrt" and "SavedModel" in rows["tf-trt", "int8"][""]
    with pytest.raises(ConfigError, match="precision must be one of fp32, fp16, int8. Received: precision=best"):
        engine_row("tf-trt", "best")
    assert engine_row("tensorrt", "fp16").min_cosine == 0.999


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("tflit",), "Did you mean 'tflite'"),
        (("tflite", "int9"), "Did you mean 'int8'"),
        (("tensorrt", "fp16"), "written by tfgait trt --engine tensorrt --precision fp32 or fp16 or int8 or best"),
        (("onnx", "dynamic"), "precision=fp32 or fp16 or int8. Received: precision=dynamic; TensorRT has no"),
        (("keras", "dynamic"), "format=keras can be written with precision=fp32"),
        (("tflite", "fp32", 0), "from 1: XNNPACK needs shapes that are known.*Received: batch=0"),
        (("onnx", "fp32", -1), "from 1 or 0 for any. Received: batch=-1"),
        (("tflite", "fp32", 1, True), "frames must be fixed: XNNPACK.*free_frames=True, format=tflite"),
        (("onnx", "fp16", 0, True), "frames must be fixed: onnxruntime does not survive"),
    ],
)
def test_what_does_not_work_is_named(arguments, told):
    with pytest.raises(ConfigError, match=told):
        check_format(*arguments)
