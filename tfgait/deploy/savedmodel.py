"""Keras network to a SavedModel folder, read back and compared before it counts as written."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from tfgait.core.errors import ConfigError, DataError
from tfgait.deploy.keras_runner import KerasRunner
from tfgait.deploy.parity import check_parity, compare
from tfgait.deploy.serving import SIGNATURE
from tfgait.runtime.encoder import Encoder
from tfgait.runtime.runner import Port, Runner

# One batch and its embedding, for another TensorFlow to compare with.
EXAMPLE = "assets.extra/example.npz"


class SavedModelRunner(Runner):
    """A SavedModel folder, run by this process's TensorFlow.

    Raises:
        DataError: the folder holds no readable SavedModel with a named signature.
    """

    def __init__(self, path):
        self.path = Path(path)
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


def write_saved_model(ready, folder, sequences, form):
    """Write a SavedModel with one signature, whole or not at all, and return its `Parity` to the network.

    Args:
        ready: `Serving`.
        folder: where to; one that holds a SavedModel is replaced, another one that is not empty is refused.
        sequences: stored sequences (T, H, W, C) to compare on, real ones.
        form: `Format` row whose tolerance applies.

    Raises:
        ConfigError: the folder holds something else.
        DataError: the disk cannot hold it.
        ParityError: what is read back does not agree with the network.
    """
    folder = Path(folder)
    if folder.exists() and not (folder / "saved_model.pb").is_file() and any(folder.iterdir()):
        raise ConfigError(f"out must be a new folder, or one with a SavedModel to replace. Received: out={folder}.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
        made = Path(scratch) / folder.name
        save(ready, made)
        runner = SavedModelRunner(made)
        encoder = Encoder(runner)
        reference = Encoder(KerasRunner(ready.network), encoder.frames).encode(sequences)
        parity = compare(reference, encoder.encode(sequences))
        check_parity(parity, form)
        _add_example(made, runner, encoder, sequences[0])
        if folder.exists():
            shutil.rmtree(folder)
        made.rename(folder)
    return parity


def _add_example(folder, runner, encoder, sequence):
    name, size = encoder.modality.name, runner.inputs[encoder.modality.name].shape[0] or 1
    frames = sequence[np.arange(encoder.frames) % len(sequence)]
    batch = np.repeat(encoder.modality.to_network(frames)[None].astype(np.float32), size, axis=0)
    (folder / EXAMPLE).parent.mkdir()
    np.savez(folder / EXAMPLE, **{name: batch, **runner.run({name: batch})})


def _ports(specs):
    return {name: Port(name, tuple(spec.shape), spec.dtype.name) for name, spec in specs.items()}
