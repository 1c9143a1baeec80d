"""What a still camera sees when nobody is there, from a video that is at hand as a whole."""

import cv2
import numpy as np

from tfgait.core.errors import DataError
from tfgait.preprocess.tracks import LEAST_AREA, LEAST_CHANGE, SAMPLES

FIRST = 12  # frames; where nothing moves in them nobody is there


def background_of(frames):
    """Return the background of a video as one frame of it.

    Nobody moves in the first half second of a video that begins before the person comes: its median is the background.
    Else that of at most 102 frames spread over all of it is, which holds where nobody stays in one place for half of
    the time.

    Args:
        frames: an iterable of (H, W) or (H, W, 3) uint8, read once; few are kept.

    Raises:
        DataError: there is no frame.
    """
    first, spread, step = [], [], 1
    for number, frame in enumerate(frames):
        if number < FIRST:
            first.append(frame)
        if number % step == 0:
            spread.append(frame)
        if len(spread) > 2 * SAMPLES:
            spread, step = spread[::2], 2 * step
    if not first:
        raise DataError("a video must have at least 1 frame. Received: none.")
    return np.median(np.stack(spread if _moves(first) else first), axis=0).astype(np.uint8)


def _moves(frames):
    """Return whether something of a person's size changes between the first of some frames and the others."""
    still = _smooth(frames[0])
    changed = [cv2.absdiff(_smooth(frame), still) for frame in frames[1:]]
    return any((change - np.median(change) > LEAST_CHANGE).mean() > LEAST_AREA for change in map(np.float32, changed))


def _smooth(frame):
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) if frame.ndim == 3 else frame
    return cv2.GaussianBlur(grey, (5, 5), 0)
