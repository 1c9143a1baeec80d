"""A file that nothing vouches for runs once in a process of its own: damage may end that process, not ours."""

import os
import subprocess
import sys

import numpy as np

from tfgait.core.errors import DataError, UserError

MISTAKE = 3
SECONDS = 120
MOST_NUMBERS = 1 << 28  # of one input; a sequence of 30 silhouettes has 84,480


def check_runs(path, seconds=SECONDS):
    """Raise `DataError` unless a .tflite file loads and answers to zeros in a fresh process.

    LiteRT looks through a file's tables, not at what its operators are told: a few changed bytes can crash it.

    Args:
        path: the file.
        seconds: it may take; a hostile file could run for ever.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(os.path.abspath(p) for p in sys.path)}
    command = [sys.executable, "-c", "from tfgait.runtime.trial import main; main()", os.fspath(path)]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise DataError(f"{path} must answer within {seconds:g} s. Received: no answer; it is damaged.") from error
    if done.returncode == MISTAKE:
        raise DataError(done.stdout.decode(errors="replace").strip())
    if done.returncode:
        raise DataError(f"{path} is damaged: LiteRT does not survive it (exit code {done.returncode}).")


def main():
    """Run the file that the process's argument names, once; exit code 3 with one line where it cannot be run."""
    from tfgait.runtime.litert import LiteRTRunner

    try:
        runner = LiteRTRunner(sys.argv[1], tried=True)
        runner.invoke({name: _zeros(runner.path, port) for name, port in runner.inputs.items()})
    except UserError as error:
        print(error)
        sys.exit(MISTAKE)


def _zeros(path, port):
    shape = [n or 1 for n in port.shape]
    if np.prod(shape, dtype=object) > MOST_NUMBERS:
        raise DataError(f"{path} must take at most {MOST_NUMBERS} numbers. Received: an input of shape {port.shape}.")
    return np.zeros(shape, port.dtype)
