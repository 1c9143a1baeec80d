"""What ordinary Keras callbacks remember, and a callback of our own."""

import keras
import numpy as np
import tensorflow as tf

_SCALARS = (bool, int, float, str, type(None))


def callback_state(callback):
    """Return (scalars, arrays) that a callback remembers: {attribute: scalar} and {attribute: list of arrays}."""
    scalars, arrays = {}, {}
    for name, value in vars(callback).items():
        value = value.item() if isinstance(value, np.generic) else value
        if isinstance(value, _SCALARS):
            scalars[name] = value
        elif isinstance(value, list) and value and all(isinstance(a, np.ndarray) for a in value):
            arrays[name] = value
    return scalars, arrays


def restore_callback(callback, scalars, arrays):
    """Set what `callback_state` returned; call it after `on_train_begin`, which makes callbacks forget."""
    for name, value in {**scalars, **arrays}.items():
        setattr(callback, name, value)


class TensorBoardScalars(keras.callbacks.Callback):
    """Write every number of an epoch's logs for TensorBoard.

    Args:
        folder: of the event files.
    """

    def __init__(self, folder):
        super().__init__()
        self._folder = folder
        self._writer = None

    def on_train_begin(self, logs=None):
        self._writer = tf.summary.create_file_writer(str(self._folder))

    def on_epoch_end(self, epoch, logs=None):
        with self._writer.as_default(step=epoch + 1):
            for name, value in (logs or {}).items():
                tf.summary.scalar(name, value)
        self._writer.flush()

    def on_train_end(self, logs=None):
        self._writer.close()


class EpochLog(keras.callbacks.Callback):
    """Write one line an epoch to a logger.

    Args:
        logger: of `logging`.
    """

    def __init__(self, logger):
        super().__init__()
        self._logger = logger

    def on_epoch_end(self, epoch, logs=None):
        numbers = ", ".join(f"{name} {value:.4g}" for name, value in (logs or {}).items())
        self._logger.info("epoch %d: %s", epoch + 1, numbers)
