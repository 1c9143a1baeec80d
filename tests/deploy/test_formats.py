import pytest

from tfgait.core.errors import ConfigError
from tfgait.deploy.formats import FORMATS, check_format


def test_every_row_is_found_and_has_its_own_file_name():
    for row in FORMATS:
        assert check_format(row.format, row.precision) is row
    assert len({row.suffix for row in FORMATS}) == len(FORMATS)
    assert {row.extension for row in FORMATS} == {".keras", ".tflite", ".onnx"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("tflit",), "Did you mean 'tflite'"),
        (("tflite", "int9"), "Did you mean 'int8'"),
        (("onnx", "dynamic"), "format=onnx can be written with precision=fp32 or int8.*tflite can"),
        (("keras", "dynamic"), "format=keras can be written with precision=fp32"),
        (("tflite", "fp32", 0), "batch must be a whole number from 1. Received: batch=0"),
        (("onnx", "fp32", -1), "from 1 or 0 for any. Received: batch=-1"),
    ],
)
def test_what_does_not_work_is_named(arguments, told):
    with pytest.raises(ConfigError, match=told):
        check_format(*arguments)
