"""The process that runs tensorflow-model-optimization, seen from the one that must stay free of it."""

import contextlib
import dataclasses
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tfgait.core.errors import ConfigError, UserError
from tfgait.core.files import read_json, write_json

NEEDED = ("tensorflow_model_optimization", "tf_keras")
# The library would set it by itself, but too late where something else has touched `tf.keras` before.
ENVIRONMENT = {"TF_USE_LEGACY_KERAS": "1"}
WORKER = "tfgait.workflows.sparsify_worker"
JOB, RESULT, MISTAKE = "job.json", "result.json", "mistake.json"
# What the process adds to the network it was given.
NETWORK, HEAD = "model.keras", "head.keras"


def check_installed():
    """Raise `ConfigError` where the libraries of the other process are not installed; none of them is imported."""
    absent = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if absent:
        raise ConfigError(f"sparsify needs {' and '.join(absent)}: pip install 'tfgait[train]'")


def run_job(folder, settings, training, model, taken, progress=None):
    """Train in a process of its own and return what it says; `model.keras` and `head.keras` then lie in `folder`.

    The process lives off the pipe to this one: it ends with it, however that dies, and clears `folder` away.

    Args:
        folder: an empty folder.
        settings: `Settings` of the method.
        training: `TrainOptions`.
        model: path of the network's `.keras` file.
        taken: names of the layers that are changed.
        progress: called with (done, total, what).

    Raises:
        UserError: what the process found wrong.
        RuntimeError: it failed otherwise, with the end of what it printed.
    """
    job = {"settings": dataclasses.asdict(settings), "training": dataclasses.asdict(training)}
    write_json(folder / JOB, {**job, "model": str(model), "taken": list(taken)})
    with open(folder / "process.log", "w+", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", WORKER, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, **ENVIRONMENT, "PYTHONPATH": os.pathsep.join(os.path.abspath(p) for p in sys.path)},
            # A Ctrl-C goes to this process alone, which then ends the other.
            start_new_session=True,
        )
        try:
            for line in process.stdout:
                with contextlib.suppress(ValueError):  # what a library prints is no progress
                    if progress:
                        progress(*json.loads(line)["progress"])
            process.wait()
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
            process.stdin.close()
        if (folder / MISTAKE).is_file():
            mistake = read_json(folder / MISTAKE)
            raise (ConfigError if mistake["config"] else UserError)(mistake["message"])
        if process.returncode or not (folder / RESULT).is_file():
            log.seek(0)
            raise RuntimeError(
                f"the process of tensorflow-model-optimization died, exit code {process.returncode}: "
                f"{Path(log.name).read_text(encoding='utf-8')[-2000:]}"
            )
    return read_json(folder / RESULT)


def end_with_parent(folder):
    """In the other process: wait for the end of the pipe that the parent holds, then leave nothing behind."""
    # Not by way of `sys.stdin`, whose lock a waiting thread would hold while the interpreter ends.
    while os.read(0, 1):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)
