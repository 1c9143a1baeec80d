"""Folders of reference data that a developer may have beside the repository; tests that need them skip without."""

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

# A shell that starts the suite in the background lets it ignore Ctrl-C, which some tests send.
signal.signal(signal.SIGINT, signal.default_int_handler)


def _shared(*parts):
    root = os.environ.get("TFGAIT_SHARED")
    root = Path(root) if root else Path(__file__).resolve().parents[2] / "shared"
    folder = root.joinpath(*parts)
    if not folder.is_dir():
        pytest.skip(f"no {'/'.join(parts)}: set TFGAIT_SHARED to the folder that holds it")
    return folder


@pytest.fixture(scope="session")
def golden():
    """The folder of arrays computed by the published systems."""
    return _shared("golden")


@pytest.fixture(scope="session")
def mocap():
    """A folder of real walks: subject/subject.asf and subject/subject_trial.amc."""
    return _shared("data", "cmu_mocap")


@pytest.fixture(scope="session")
def legacy(tmp_path_factory):
    """A folder of models in the layout of Embedded-Gait, written by its version of Keras; see legacy_models.py."""
    if importlib.util.find_spec("tf_keras") is None:
        pytest.skip("no tf_keras, which writes the files that are read: it is in venv_requirements/train")
    folder = tmp_path_factory.mktemp("legacy")
    writer = Path(__file__).parent / "nets" / "legacy_models.py"
    done = subprocess.run([sys.executable, writer, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder
