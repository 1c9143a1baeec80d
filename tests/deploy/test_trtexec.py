import pytest

from tfgait.core.errors import DataError
from tfgait.deploy import trtexec
from tfgait.deploy.engine import engine_spec
from tfgait.deploy.tensorrt import Tool, build_engine

PORT = ("silhouettes", (1, 30, 64, 44, 1))
MODEL = ["--onnx=m.onnx", "--saveEngine=m.engine"]
SHAPES = [f"--{kind}Shapes=silhouettes:{n}x30x64x44x1" for kind, n in (("min", 1), ("opt", 8), ("max", 32))]

ALWAYS = "onnx saveEngine loadEngine minShapes optShapes maxShapes shapes timingCacheFile useDLACore allowGPUFallback"
WEAK = "fp16 int8 best calib"
# What `trtexec --help` lists of the options in question.
DOCUMENTED = {
    (8, 2, 1): f"{ALWAYS} {WEAK} workspace",
    (8, 6, 1): f"{ALWAYS} {WEAK} workspace memPoolSize",
    (10, 3, 0): f"{ALWAYS} {WEAK} memPoolSize",
    (11, 4, 1): f"{ALWAYS} memPoolSize",
}


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"precision": "fp32"}, []),
        ({}, ["--fp16"]),
        ({"precision": "int8"}, ["--int8", "--fp16"]),
        ({"precision": "int8", "int8": "calibrated", "version": (8, 2, 1)}, ["--int8", "--fp16", "--calib=m.calib"]),
        ({"precision": "best", "version": (8, 2, 1)}, ["--best", "--calib=m.calib"]),
        ({"batch": (1, 8, 32)}, ["--fp16", *SHAPES]),
        ({"dla": 0}, ["--fp16", "--useDLACore=0", "--allowGPUFallback"]),
        ({"workspace": 512}, ["--fp16", "--memPoolSize=workspace:512"]),
        ({"workspace": 512, "version": (8, 2, 1)}, ["--fp16", "--workspace=512"]),
        ({"precision": "int8", "version": (11, 4, 1)}, []),
        ({"precision": "fp16", "dla": 1, "version": (11, 4, 1)}, ["--useDLACore=1", "--allowGPUFallback"]),
    ],
)
def test_arguments_of_a_build(options, wanted):
    assert trtexec.build_arguments(engine_spec(**options), "m.onnx", "m.engine", PORT, "m.calib") == [*MODEL, *wanted]


@pytest.mark.parametrize("version", DOCUMENTED)
def test_every_argument_is_one_that_version_documents(version):
    kinds = [{"precision": precision} for precision in ("fp32", "fp16", "int8", "best")]
    kinds += [{"precision": "int8", "int8": "calibrated"}, {"precision": "int8", "dla": 0}, {"batch": (1, 8, 32)}]
    if version >= (11,):
        kinds = [kind for kind in kinds if kind.get("precision") != "best" and kind.get("int8") != "calibrated"]
    known = DOCUMENTED[version].split()
    for kind in kinds:
        spec = engine_spec(**kind, workspace=64, version=version)
        built = trtexec.build_arguments(spec, "m.onnx", "m.engine", PORT, "m.calib", "t.cache")
        for argument in built + trtexec.timing_arguments(spec, "m.engine", PORT):
            assert argument.removeprefix("--").partition("=")[0] in known


def test_timing_is_that_of_the_usual_batch_on_the_same_core():
    spec = engine_spec(batch=(1, 8, 32))
    assert trtexec.timing_arguments(spec, "m.engine", PORT) == [
        "--loadEngine=m.engine",
        "--shapes=silhouettes:8x30x64x44x1",
    ]
    line = trtexec.command_line(trtexec.timing_arguments(engine_spec(dla=1), "a b.engine", PORT))
    assert line == "trtexec '--loadEngine=a b.engine' --useDLACore=1"


def program(path, body):
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


# The lines of a real log of a Jetson Nano that are read.
NANO = """
echo '&&&& RUNNING TensorRT.trtexec [TensorRT v8201] # trtexec'
echo '[07/14/2023-11:52:09] [I] === Device Information ==='
echo '[07/14/2023-11:52:09] [I] Selected Device: NVIDIA Tegra X1'
echo '[07/14/2023-11:52:09] [I] Compute Capability: 5.3'
echo '[07/14/2023-11:52:09] [I] TensorRT version: 8.2.1'
for a in "$@"; do case $a in --saveEngine=*) echo "$@" > "${a#--saveEngine=}";; esac; done
"""


def test_engine_is_built_and_the_machine_says_what_it_is(tmp_path):
    fake = program(tmp_path / "trtexec", NANO)
    (tmp_path / "m.engine").touch()
    spec = engine_spec("int8", dla=0, version=(8, 2, 1))
    facts = build_engine(
        Tool(fake, (8, 2, 1)), spec, "m.onnx", tmp_path / "m.engine", PORT, "m.calib", timing_cache="t.cache"
    )
    assert facts == {"gpu": "NVIDIA Tegra X1", "capability": "5.3", "tensorrt": "8.2.1"}
    told = (tmp_path / "m.engine").read_text().split()
    assert told[2:] == [
        "--int8", "--fp16", "--calib=m.calib", "--useDLACore=0", "--allowGPUFallback", "--timingCacheFile=t.cache",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "echo '[E] first'; echo '[E] no kernel for Conv_3'; echo '&&&& FAILED'; exit 1",
            "no kernel for Conv_3.*exit 1",
        ),
        ("echo '[E] Saving engine to file failed.'", "Saving engine to file failed"),
        ("exit 3", "it said nothing .exit 3."),
        ("printf '\\377 no' >&2; exit 1", "no .exit 1."),
    ],
)
def test_refusal_is_told(tmp_path, body, told):
    (tmp_path / "m.engine").touch()
    with pytest.raises(DataError, match=f"could not build an engine of m.onnx: .*{told}"):
        trtexec.execute(program(tmp_path / "trtexec", body), [], "m.onnx", tmp_path / "m.engine")


def test_version_is_that_of_the_banner(tmp_path):
    assert trtexec.version_of(program(tmp_path / "old", NANO)) == (8, 2, 1)
    assert trtexec.version_of(program(tmp_path / "new", "echo 'TensorRT.trtexec [TensorRT v100600] [b26]'")) == (
        10,
        6,
        0,
    )
    with pytest.raises(DataError, match="does not say which TensorRT"):
        trtexec.version_of(program(tmp_path / "other", "echo hello"))
    (tmp_path / "broken").write_text("")
    (tmp_path / "broken").chmod(0o755)
    with pytest.raises(DataError, match="broken cannot be run"):
        trtexec.version_of(str(tmp_path / "broken"))
