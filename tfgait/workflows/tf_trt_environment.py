"""The environment that TF-TRT needs: TensorFlow 2.15 to 2.17, beside the one that trains; made when it is missing."""

import logging
import os
import shutil
import subprocess
import sys
from collections import deque
from pathlib import Path

from tfgait.core.errors import ConfigError
from tfgait.core.files import file_hash, write_text
from tfgait.core.home import CHECKOUT, home

LOG = logging.getLogger(__name__)
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
    LOG.warning("making %s of venv_requirements/%s: 2.1 GB, about a minute", folder, REQUIREMENTS.name)
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-r", str(REQUIREMENTS)]
    try:
        say(0, 2, "environment of TF-TRT")
        _run([_suitable_python(), "-m", "venv", "--clear", str(folder)], folder)
        _run(pip, folder, lambda: say(1, 2, "environment of TF-TRT"))
        write_text(stamp, file_hash(REQUIREMENTS))
    finally:
        if not stamp.is_file():
            shutil.rmtree(folder, ignore_errors=True)
    say(2, 2, "environment of TF-TRT")
    return python


def _run(command, folder, on_line=lambda: None):
    """Run a command, `on_line` called at every line it says; the last one is the reason where it fails."""
    last = deque(["it said nothing"], maxlen=1)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in filter(None, map(str.strip, process.stdout)):
            last.append(line)
            on_line()
    if process.returncode:
        raise ConfigError(f"{folder} could not be made, and nothing is left of it: {Path(command[0]).name}: {last[0]}")


def _suitable_python():
    """Return a Python that has wheels of that TensorFlow: this one, else one on the PATH."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if here in PYTHONS:
        return sys.executable
    for version in PYTHONS:
        found = shutil.which(f"python{version}")
        # What a version manager puts on the PATH may stand for nothing.
        if found and not subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode:
            return found
    raise ConfigError(f"TF-TRT needs Python {' or '.join(PYTHONS)} on the PATH. Received: Python {here} alone.")
