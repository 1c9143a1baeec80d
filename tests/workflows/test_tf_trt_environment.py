import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tiny_run import make_run

from tfgait.core.errors import ConfigError
from tfgait.core.home import CHECKOUT
from tfgait.workflows import tf_trt_environment
from tfgait.workflows.tf_trt_environment import NAME, tf_trt_python

# Stands for `python -m venv` and, where that has put it, for `python -m pip`.
PYTHON = """#!/bin/sh
echo "$@" >> "$LOG"
case "$2" in
venv) mkdir -p "$4/bin"; cp "$0" "$4/bin/python" ;;
pip) echo "Collecting numpy"; echo "$SAID"; exit "$CODE" ;;
esac
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home whose Python is one that only says what it was asked."""
    fake = tmp_path / "python3.11"
    fake.write_text(PYTHON)
    fake.chmod(0o755)
    monkeypatch.setattr(tf_trt_environment, "_suitable_python", lambda: str(fake))
    for name, value in {"TFGAIT_HOME": tmp_path / "home", "LOG": tmp_path / "log", "SAID": "done", "CODE": "0"}.items():
        monkeypatch.setenv(name, str(value))
    return tmp_path / "home"


def asked(home):
    return [line.split()[1] for line in (home.parent / "log").read_text().splitlines()]


def test_it_is_made_once(home, caplog):
    seen = []
    python = tf_trt_python(lambda *step: seen.append(step))
    assert python == home / NAME / "bin" / "python"
    assert tf_trt_python() == python
    assert asked(home) == ["venv", "pip"]
    assert (home.parent / "log").read_text().endswith(f"-r {tf_trt_environment.REQUIREMENTS}\n")
    assert seen[0][:2] == (0, 2) and (1, 2) in {step[:2] for step in seen} and seen[-1][:2] == (2, 2)
    assert "2.1 GB" in caplog.text


def test_one_that_was_killed_or_is_of_old_versions_is_made_anew(home, tmp_path, monkeypatch):
    python = tf_trt_python()
    (home / NAME / ".tfgait").unlink()
    tf_trt_python()
    assert asked(home) == ["venv", "pip"] * 2
    other = tmp_path / "tf-trt.txt"
    other.write_text("tensorflow==2.16.2\n")
    monkeypatch.setattr(tf_trt_environment, "REQUIREMENTS", other)
    assert tf_trt_python() == python
    assert asked(home) == ["venv", "pip"] * 3


def test_a_failed_installation_leaves_nothing(home, monkeypatch):
    monkeypatch.setenv("SAID", "ERROR: No space left on device")
    monkeypatch.setenv("CODE", "1")
    with pytest.raises(ConfigError, match="nothing is left of it: python: ERROR: No space left on device"):
        tf_trt_python()
    assert list(home.iterdir()) == []


def test_another_python_is_looked_for_where_this_one_does_not_fit(tmp_path, monkeypatch):
    monkeypatch.setattr(tf_trt_environment, "PYTHONS", ("9.8", "9.9"))
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, code in (("python9.8", 127), ("python9.9", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n")
        (tmp_path / name).chmod(0o755)
    assert tf_trt_environment._suitable_python() == str(tmp_path / "python9.9")
    (tmp_path / "python9.9").unlink()
    with pytest.raises(ConfigError, match=r"needs Python 9.8 or 9.9 on the PATH. Received: Python 3.\d+ alone"):
        tf_trt_environment._suitable_python()


@pytest.mark.timeout(900)
def test_the_script_makes_the_real_one_and_proves_the_saved_model_in_it(tmp_path):
    make_run(tmp_path)
    if (CHECKOUT / NAME / ".tfgait").is_file():  # the developer's own saves a minute and 2 GB
        (tmp_path / NAME).symlink_to(CHECKOUT / NAME)
    done = subprocess.run(
        [Path(CHECKOUT) / "scripts" / "trt_conversion.sh", "--engine", "tf-trt"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TFGAIT_HOME": str(tmp_path), "CUDA_VISIBLE_DEVICES": "-1"},
    )
    made = (tmp_path / NAME / ".tfgait").is_file()
    if not (tmp_path / NAME).is_symlink():
        shutil.rmtree(tmp_path / NAME, ignore_errors=True)
    if "No matching distribution" in done.stderr:
        assert not made
        pytest.skip("no package index can be reached")
    assert done.returncode == 3, done.stderr
    assert made
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["notes"][0].startswith("TensorFlow 2.17.1 loads the SavedModel within")
    assert result["left"] == ["scripts/trt_conversion.sh --engine=tf-trt"]
