import stat

import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.deploy import tensorrt


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (("fp32",), []),
        (("fp16",), ["--fp16"]),
        (("int8",), ["--int8", "--fp16"]),
        (("best",), ["--best"]),
        (("fp16", 0), ["--fp16", "--useDLACore=0", "--allowGPUFallback"]),
        (("int8", 1, 512), ["--int8", "--fp16", "--useDLACore=1", "--allowGPUFallback", "--memPoolSize=workspace:512"]),
    ],
)
def test_arguments(options, wanted):
    assert tensorrt.engine_arguments("m.onnx", "m.engine", *options) == [
        "--onnx=m.onnx",
        "--saveEngine=m.engine",
        *wanted,
    ]


def test_command_line_can_be_typed():
    line = tensorrt.command_line(tensorrt.timing_arguments("a b.engine", 1))
    assert line == "trtexec '--loadEngine=a b.engine' --useDLACore=1"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("fp17", 1, -1, 0), "Did you mean 'fp1?6?"),
        (("fp32", 1, 0, 0), "no fp32"),
        (("fp16", 0, -1, 0), "batch=0"),
        (("fp16", 1, 2, 0), "dla=2"),
        (("fp16", 1, -1, -5), "workspace=-5"),
    ],
)
def test_what_cannot_be_built_is_named(arguments, told):
    with pytest.raises(ConfigError, match=told):
        tensorrt.check_engine(*arguments)


def program(path, body):
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_trtexec_gets_the_arguments_and_the_engine_is_kept(tmp_path):
    fake = program(
        tmp_path / "trtexec",
        'for a in "$@"; do case $a in --saveEngine=*) echo "$@" > "${a#--saveEngine=}";; esac; done',
    )
    tensorrt.build_engine(tmp_path / "m.onnx", tmp_path / "m.engine", "int8", 0, trtexec=fake)
    told = (tmp_path / "m.engine").read_text()
    assert f"--onnx={tmp_path / 'm.onnx'}" in told
    assert "--int8 --fp16 --useDLACore=0 --allowGPUFallback" in told


@pytest.mark.parametrize("body", ["echo '[E] no kernel for Conv_3'; exit 1", "echo '[E] no kernel for Conv_3'"])
def test_failed_build_leaves_nothing_and_is_told(tmp_path, body):
    fake = program(tmp_path / "trtexec", body)
    with pytest.raises(DataError, match="no kernel for Conv_3"):
        tensorrt.build_engine(tmp_path / "m.onnx", tmp_path / "m.engine", trtexec=fake)
    assert [p.name for p in tmp_path.iterdir()] == ["trtexec"]
