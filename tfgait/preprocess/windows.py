"""Video → windows around the walker: where they start, where the person stands in them, how they are cut.

Shared by every modality, so that the windows of flow, grey, rgb, depth and silhouettes of one video show the same
frames through the same opening.
"""

import cv2
import numpy as np

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.modality import modality as modality_of

MAP_HEIGHT = 60  # rows of a shrunk frame; its columns follow the video's shape, 80 for 4:3
MAP_WIDTH = 60  # columns that are cut around the person
WINDOW = 25  # frames of one sample
STEP = 5  # frames between two samples
CENTRE_FRAME = 12  # the frame of a window whose person is centred
PICTURES = ("grey", "rgb", "depth", "silhouettes")


def window_starts(length, window=WINDOW, step=STEP):
    """Return the first frames of all windows of a video of `length` frames.

    A window that starts at i has the flow from frame i to frame i + window; as published it is used only where
    ``i + 1 + window < length``, one frame short of what fits.
    """
    return range(0, max(0, length - window - 1), step)


def checked_starts(length, window, step, modality):
    """Return `window_starts` as a range that is not empty.

    Raises:
        ConfigError: window or step is below 1.
        DataError: the video is shorter than ``window + 2`` frames.
    """
    if window < 1 or step < 1:
        raise ConfigError(f"window and step must be at least 1. Received: window={window}, step={step}.")
    starts = window_starts(length, window, step)
    if not starts:
        raise DataError(f"a video must have at least {window + 2} frames for {modality}. Received: {length} frames.")
    return starts


def picture_windows(frames, modality, boxes, window=WINDOW, step=STEP):
    """Cut a video into windows of pictures, 60×60 around the person, aligned with its `flow_windows`.

    Each frame is averaged down to 60 rows (4:3 video: 80×60), moved sideways with its whole window so that the person
    of frame 12 is centred on column 30, cut to 60 columns. What the camera did not see is zero. In depth the mean is
    that of the known pixels, so that unknown ones (zero) pull nothing nearer.

    Args:
        frames: (T, H, W), or (T, H, W, 3) for rgb, of the type in which the store keeps the modality.
        modality: one of `PICTURES`.
        boxes: (T, 4) x, y, width, height in pixels, zero width where nobody is seen; such a frame borrows the box of
            the nearest one in the window.
        window: frames a window, at least 1.
        step: frames between the starts of two windows, at least 1.

    Returns:
        list of (start, pictures): first frame; (window, 60, 60, C) of the modality's stored type. Windows in which
        nobody is boxed are left out.

    Raises:
        DataError: another shape or type, fewer than ``window + 2`` frames, or nobody in any window.
        ConfigError: boxes that do not fit the video.

    Reference: data tools of UGaitNet and Embedded-Gait (windows of 25 every 5, 80×60, 60×60).
    """
    _check(frames, modality)
    starts = checked_starts(len(frames), window, step, modality)
    centres = box_centres(boxes, frames.shape)
    used = frames[: starts[-1] + window]
    maps = np.stack([shrink(frame) for frame in (_weighed(used) if modality == "depth" else used)])
    scale = maps.shape[2] / frames.shape[2]
    found = []
    for start in starts:
        centre = window_centre(centres, start, window)
        if centre is not None:
            part = crop(maps[start : start + window], on_map(centre, scale))
            found.append((start, _stored(part, modality)))
    if not found:
        raise DataError("nobody is boxed in any window of the video.")
    return found


def box_centres(boxes, shape):
    """Return the middle column of every box (T,), in pixels from the left edge; NaN where nobody is seen."""
    boxes = np.asarray(boxes, np.float64)
    if boxes.shape != (shape[0], 4) or not np.isfinite(boxes).all():
        raise ConfigError(f"boxes must be finite, of shape {(shape[0], 4)}. Received: shape {boxes.shape}.")
    centres = boxes[:, 0] + boxes[:, 2] / 2
    seen = boxes[:, 2] > 0
    if ((centres < 0) | (centres > shape[2]))[seen].any():
        raise ConfigError(f"boxes must be centred inside a video {shape[2]} pixels wide. Received: one that is not.")
    return np.where(seen, centres, np.nan)


def window_centre(centres, start, window):
    """Return the column (pixels of the video) of the person of a window's frame 12, or None where nobody is seen."""
    part = centres[start : start + window]
    seen = np.flatnonzero(np.isfinite(part))
    return None if not len(seen) else part[seen[np.abs(seen - centre_frame(window)).argmin()]]


def centre_frame(window):
    """Return the frame of a window of that many frames whose person is centred."""
    return min(CENTRE_FRAME, window - 1)


def on_map(centre, scale):
    """Return the index of the map's column at `centre`, in pixels from the left edge of the video."""
    # A pixel's middle lies half a pixel right of its index, in the video as in the map.
    return centre * scale - 0.5


def shrink(frame):
    """Average one frame (H, W[, C]) down to 60 rows; the columns follow its proportions."""
    return cv2.resize(frame, (map_width(*frame.shape[:2]), MAP_HEIGHT), interpolation=cv2.INTER_AREA)


def map_width(height, width):
    """Return the columns of a frame of these proportions that has 60 rows."""
    return max(1, round(MAP_HEIGHT * width / height))


def crop(maps, centre):
    """Move every map sideways by the same, maybe fractional, way so that `centre` comes to column 30; cut to 60."""
    move = np.float32([[1, 0, MAP_WIDTH // 2 - centre], [0, 1, 0]])
    return np.stack([cv2.warpAffine(m, move, (MAP_WIDTH, MAP_HEIGHT), flags=cv2.INTER_LINEAR) for m in maps])


def _check(frames, modality):
    kind = modality_of(modality)
    if kind.name not in PICTURES:
        raise ConfigError(f"modality must be one of {', '.join(PICTURES)}. Received: modality={modality}.")
    colours = (3,) if kind.name == "rgb" else ()
    received = f"{frames.dtype} {frames.shape}" if isinstance(frames, np.ndarray) else type(frames).__name__
    if (
        not isinstance(frames, np.ndarray)
        or frames.dtype != kind.dtype
        or frames.ndim != 3 + len(colours)
        or frames.shape[3:] != colours
        or 0 in frames.shape
    ):
        wanted = "(T, H, W, 3)" if colours else "(T, H, W)"
        raise DataError(f"{modality} must be {kind.dtype} {wanted}, none of them 0. Received: {received}.")


def _weighed(depth):
    """Yield depth and its being known, (H, W, 2) float32 each frame: both are averaged, then divided."""
    for frame in depth:
        yield np.stack([frame, frame > 0], axis=-1).astype(np.float32)


def _stored(part, modality):
    if modality == "depth":
        known = part[..., 1]
        part = np.divide(part[..., 0], known, out=np.zeros_like(known), where=known > 1e-3)
    dtype = np.dtype(modality_of(modality).dtype)
    part = part if part.dtype == dtype else np.rint(part).astype(dtype)
    return part if part.ndim == 4 else part[..., None]
