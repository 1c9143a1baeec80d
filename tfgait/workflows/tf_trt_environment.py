"""The environment that TF-TRT needs: TensorFlow 2.15 to 2.17, beside the one that trains; made when it is missing."""

import os
import shutil
import subprocess
import sys
from collections import deque
from pathlib import Path

from tfgait.core.errors import ConfigError
from tfgait.core.files import file_hash, write_text
from tfgait.core.home import CHECKOUT, home

NAME = ".venv-tf-trt"
REQUIREMENTS = CHECKOUT / "venv_requirements" / "tf-trt.txt"
# TensorFlow 2.17 has wheels for these.
PYTHONS = ("3.11", "3.12")


def tf_trt_python(progress=None):
    """Return the Python of ``.venv-tf-trt`` in the toolkit's home, made first where it is missing or of old versions.

    Raises:
        ConfigError: no Python that fits, or the installation failed: then nothing is left of it.
    """
    folder = home() / NAME
    python, stamp = folder / "bin" / "python", folder / ".tfgait"
    # Written last, so that an installation that was killed is made anew.
    if os.access(python, os.X_OK) and stamp.is_file() and stamp.read_text(encoding="utf-8") == file_hash(REQUIREMENTS):
        return python
    say = progress or (lambda done, total, what: None)
    # One line for what takes a minute and 2 GB, before the bar that counts packages.
    print(f"tfgait trt: making {folder} from {REQUIREMENTS.name} (2.1 GB, about a minute)", file=sys.stderr, flush=True)
    try:
        _run([_suitable_python(), "-m", "venv", "--clear", str(folder)], folder, lambda line: None)
        _install(python, folder, say)
        write_text(stamp, file_hash(REQUIREMENTS))
    finally:
        if not stamp.is_file():
            shutil.rmtree(folder, ignore_errors=True)
    return python


def _install(python, folder, say):
    found = []

    def count(line):
        if line.startswith("Collecting "):
            found.append(line)
            say(0, len(found), "find packages")

    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    _run([*pip, "-r", str(REQUIREMENTS)], folder, count)
    say(len(found), len(found), "find packages")


def _run(command, folder, on_line):
    """Run a command, each line it says given to `on_line`; its last line is the reason where it fails."""
    last = deque(["it said nothing"], maxlen=1)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in filter(None, map(str.strip, process.stdout)):
            last.append(line)
            on_line(line)
    if process.returncode:
        raise ConfigError(f"{folder} could not be made, and nothing is left of it: {Path(command[0]).name}: {last[0]}")


def _suitable_python():
    """Return a Python that has wheels of that TensorFlow: this one, else one on the PATH."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if here in PYTHONS:
        return sys.executable
    found = [shutil.which(f"python{version}") for version in PYTHONS]
    if not any(found):
        raise ConfigError(f"TF-TRT needs Python {' or '.join(PYTHONS)} on the PATH. Received: Python {here} alone.")
    return next(filter(None, found))
