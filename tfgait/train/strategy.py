"""Where a training runs."""

import re

import tensorflow as tf

from tfgait.core.errors import ConfigError


def make_strategy(device=""):
    """Return the `tf.distribute.Strategy` of a device option.

    Args:
        device: ``"cpu"``; ``"gpu"`` for the first one; ``"0,1"`` for several by number, batches divided among them;
            empty: the first GPU where there is one, else the CPU.

    Raises:
        ConfigError: there is no such device.
    """
    gpus = tf.config.list_logical_devices("GPU")
    if device == "cpu" or (not device and not gpus):
        return tf.distribute.OneDeviceStrategy("/cpu:0")
    if device not in ("", "gpu") and not re.fullmatch(r"\d+(,\d+)*", device):
        raise ConfigError(f"device must be cpu, gpu, or numbers such as 0,1. Received: device={device}.")
    wanted = [0] if device in ("", "gpu") else sorted({int(n) for n in device.split(",")})
    if not gpus or wanted[-1] >= len(gpus):
        raise ConfigError(
            f"device must be one that TensorFlow sees: cpu{''.join(f', {n}' for n in range(len(gpus)))}. "
            f"Received: device={device}."
        )
    names = [f"/gpu:{n}" for n in wanted]
    return tf.distribute.OneDeviceStrategy(names[0]) if len(names) == 1 else tf.distribute.MirroredStrategy(names)
