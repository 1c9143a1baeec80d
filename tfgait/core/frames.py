"""Which frames of a stored sequence stand for it when nothing is drawn by chance."""

import numpy as np

from tfgait.core.errors import ConfigError, DataError


def central_frames(length, frames):
    """Return the indices (frames,) of the central frames of a sequence, cycled where it is too short.

    Args:
        length: frames the sequence has, at least 1.
        frames: how many to take, at least 1.

    Raises:
        ConfigError, DataError: one of them is below 1.
    """
    if frames < 1:
        raise ConfigError(f"frames must be at least 1. Received: frames={frames}.")
    if length < 1:
        raise DataError(f"a sequence must have at least 1 frame. Received: length={length}.")
    if length < frames:
        return np.arange(frames) % length
    return np.arange(frames) + (length - frames) // 2
