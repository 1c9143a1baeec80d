"""Damaged model files end in one error, whatever the interpreter would make of them."""

import json
import sys

import numpy as np
import pytest

from tfgait.core.errors import DataError
from tfgait.core.files import file_hash
from tfgait.runtime import open_runner, trial
from tfgait.runtime.litert import LiteRTRunner
from tfgait.runtime.sidecar import sidecar_path


def cut(content, rng):
    return content[: rng.integers(0, len(content))]


def head(content, rng):
    content[rng.integers(8, 400, 8)] = rng.integers(0, 256, 8)
    return content


def tables(content, rng):
    content[rng.integers(len(content) // 2, len(content), 8)] = rng.integers(0, 256, 8)
    return content


def zeros(content, rng):
    start = rng.integers(8, len(content))
    content[start : start + rng.integers(1, 4096)] = 0
    return content


def lengths(content, rng):
    start = rng.integers(8, len(content) - 4)
    content[start : start + 4] = 255
    return content


KINDS = (cut, head, tables, zeros, lengths)


def damaged(path, target, damage, seed):
    content = damage(np.fromfile(path, np.uint8), np.random.default_rng(seed))
    target.write_bytes(content.tobytes())


def answers(path):
    """Run a file on zeros; return whether it does, `DataError` being the one way not to."""
    try:
        runner = open_runner(path)
        runner.invoke({n: np.zeros([d or 1 for d in p.shape], p.dtype) for n, p in runner.inputs.items()})
    except DataError as error:
        assert path.name in str(error)
        return False
    return True


@pytest.mark.parametrize("format", ["tflite", "onnx"])
def test_sidecar_tells_any_damage(written, tmp_path, format):
    source, path = written.paths[format, "fp32"], tmp_path / f"model.{format}"
    sidecar_path(path).write_bytes(sidecar_path(source).read_bytes())
    path.write_bytes(source.read_bytes())
    assert answers(path)
    for seed in range(100):
        damaged(source, path, KINDS[seed % len(KINDS)], seed)
        if path.read_bytes() != source.read_bytes():
            assert not answers(path)


def test_onnx_without_sidecar_survives_damage(written, tmp_path):
    path = tmp_path / "model.onnx"
    for seed in range(100):
        damaged(written.paths["onnx", "fp32"], path, KINDS[seed % len(KINDS)], seed)
        answers(path)


# Seeds by which LiteRT itself ended the process, with signals 11 and 6, when this was written; and others.
FATAL = [("fp32", lengths, 28), ("int8", zeros, 12), ("int8", lengths, 144), ("int8", lengths, 125), ("fp32", zeros, 1)]


@pytest.mark.parametrize(("precision", "damage", "seed"), [*FATAL, *(("int8", kind, 0) for kind in KINDS)])
def test_litert_without_sidecar_survives_damage(written, tmp_path, precision, damage, seed):
    path = tmp_path / "model.tflite"
    damaged(written.paths["tflite", precision], path, damage, seed)
    answers(path)


def test_file_that_ends_its_process_is_refused(written, tmp_path, monkeypatch):
    path = tmp_path / "model.tflite"
    path.write_bytes(written.paths["tflite", "fp32"].read_bytes())
    script = tmp_path / "interpreter"
    script.write_text("#!/bin/sh\nkill -SEGV $$\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    with pytest.raises(DataError, match=r"model.tflite is damaged: LiteRT does not survive it \(exit code -11\)"):
        open_runner(path)
    script.write_text("#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(DataError, match="must answer within 0.2 s"):
        trial.check_runs(path, seconds=0.2)


def test_file_with_its_sidecar_needs_no_trial(written, monkeypatch):
    monkeypatch.setattr("tfgait.runtime.litert.check_runs", lambda path: pytest.fail("tried"))
    open_runner(written.paths["tflite", "fp32"])
    LiteRTRunner(written.paths["tflite", "fp32"], tried=True)


def test_failure_while_running_names_the_file(written, tmp_path):
    path = tmp_path / "model.tflite"
    damaged(written.paths["tflite", "fp32"], path, zeros, 1)
    sidecar_path(path).write_text(json.dumps({"bytes": path.stat().st_size, "sha256": file_hash(path)}))
    runner = open_runner(path)
    with pytest.raises(DataError, match="model.tflite cannot be run by LiteRT"):
        runner.run({"silhouettes": np.zeros((1, 30, 16, 12, 1), np.float32)})
