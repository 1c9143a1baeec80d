"""Keras network to a SavedModel folder, and the folder run."""

import contextlib
import shutil
import tempfile
from pathlib import Path

import tensorflow as tf

from tfgait.core.errors import ConfigError, DataError
from tfgait.deploy.keras_runner import set_threads
from tfgait.deploy.serving import SIGNATURE
from tfgait.runtime.runner import Port, Runner
from tfgait.runtime.sidecar import read_sidecar


class SavedModelRunner(Runner):
    """A SavedModel folder, run by this process's TensorFlow.

    Args:
        path: the folder.
        threads: as of `KerasRunner`.

    Raises:
        ConfigError: threads below 1.
        DataError: the folder holds no readable SavedModel with a named signature, or is not what its sidecar describes.
    """

    def __init__(self, path, threads=None):
        set_threads(threads)
        self.path = Path(path)
        read_sidecar(self.path)
        try:
            self._loaded = tf.saved_model.load(str(path))
            self._call = self._loaded.signatures[SIGNATURE]
        except (OSError, KeyError, ValueError) as error:
            raise DataError(f"{path} is not a readable SavedModel: {error}") from error
        self.inputs = _ports(self._call.structured_input_signature[1])
        self.outputs = _ports(self._call.structured_outputs)

    def invoke(self, values):
        """Run one batch."""
        found = self._call(**{name: tf.constant(value) for name, value in values.items()})
        return {name: value.numpy() for name, value in found.items()}


def save(ready, folder):
    """Write the SavedModel of a `Serving` or `StagedServing`; a disk that cannot hold it raises `DataError`."""
    try:
        tf.saved_model.save(ready.module, str(folder), signatures=ready.signatures)
    except tf.errors.OpError as error:
        reason = error.message.rpartition("; ")[2].partition(" [Op:")[0]
        raise DataError(f"{folder} cannot hold a SavedModel: {reason}") from error


@contextlib.contextmanager
def whole_folder(folder):
    """Yield a temporary path for a SavedModel; rename it to `folder` when the block succeeds, remove it when not.

    Raises:
        ConfigError: the folder holds something else than a SavedModel.
    """
    folder = Path(folder)
    if folder.exists() and not (folder / "saved_model.pb").is_file() and any(folder.iterdir()):
        raise ConfigError(f"out must be a new folder, or one with a SavedModel to replace. Received: out={folder}.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
        made = Path(scratch) / folder.name
        yield made
        if folder.exists():
            shutil.rmtree(folder)
        made.rename(folder)


def _ports(specs):
    return {name: Port(name, tuple(spec.shape), spec.dtype.name) for name, spec in specs.items()}
