"""Grey video → windows of optical flow around the walker, as the flow networks take them."""

import cv2
import numpy as np

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.modality import modality
from tfgait.preprocess.estimators import Farneback

MAP_HEIGHT = 60  # rows of a flow map; its columns follow the video's shape, 80 for 4:3
WINDOW = 25  # flow maps of one sample
STEP = 5  # frames between two samples
CENTRE_FRAME = 12  # the frame of a window whose person is centred
MOVING = 0.5  # pixels a frame; less is not motion


def window_starts(length, window=WINDOW, step=STEP):
    """Return the first frames of all windows of a video of `length` frames.

    A window that starts at i has the flow from frame i to frame i + window; as published it is used only where
    ``i + 1 + window < length``, one frame short of what fits.
    """
    return range(0, max(0, length - window - 1), step)


def flow_windows(grey, boxes=None, estimator=None, window=WINDOW, step=STEP):
    """Cut a video into windows of optical flow, 60×60 around the person.

    Flow between consecutive frames, each map averaged down to 60 rows (4:3 video: 80×60) with its values left in
    pixels of the video, moved sideways as a whole so that the person of frame 12 is centred on column 30, cut to
    60 columns. What the camera did not see is zero.

    Args:
        grey: (T, H, W) uint8.
        boxes: (T, 4) x, y, width, height in pixels, zero width where nobody is seen; such a frame borrows the box
            of the nearest one in the window. None, or a window without boxes: the person is where the motion is.
        estimator: as in `tfgait.preprocess.estimators`; None is `Farneback()`.
        window: flow maps a window, at least 1.
        step: frames between the starts of two windows, at least 1.

    Returns:
        list of (start, flow): first frame; (window, 60, 60, 2) int16, hundredths of a pixel a frame, x then y,
        saturated at ±327.67 pixels. Windows in which nothing moves and nobody is boxed are left out.

    Raises:
        DataError: no uint8 video, shorter than ``window + 2`` frames, or one in which nothing moves.
        ConfigError: boxes that do not fit the video, or an estimator that gives something else than finite flow.

    Reference: data tools of UGaitNet and Embedded-Gait (windows of 25 every 5, 80×60, 60×60, ×100).
    """
    if not isinstance(grey, np.ndarray) or grey.ndim != 3 or grey.dtype != np.uint8 or 0 in grey.shape:
        received = f"{grey.dtype} {grey.shape}" if isinstance(grey, np.ndarray) else type(grey).__name__
        raise DataError(f"grey must be uint8 (T, H, W), none of them 0. Received: {received}.")
    if window < 1 or step < 1:
        raise ConfigError(f"window and step must be at least 1. Received: window={window}, step={step}.")
    starts = window_starts(len(grey), window, step)
    if not starts:
        raise DataError(f"a video must have at least {window + 2} frames for flow. Received: {len(grey)} frames.")
    centres = None if boxes is None else _box_centres(boxes, grey.shape)
    maps = flow_maps(grey[: starts[-1] + window + 1], estimator or Farneback())
    scale = maps.shape[2] / grey.shape[2]
    found = []
    for start in starts:
        part = maps[start : start + window]
        middle = min(CENTRE_FRAME, window - 1)
        centre = None if centres is None else _nearest(centres[start : start + window], middle)
        # A pixel's middle lies half a pixel right of its index, in the video as in the map.
        centre = _motion_centre(part[middle]) if centre is None else centre * scale - 0.5
        if centre is not None:
            found.append((start, to_stored(_crop(part, centre))))
    if not found:
        raise DataError(f"nothing moves by {MOVING} pixels a frame in any window of the video, so there is nobody.")
    return found


def flow_maps(grey, estimator):
    """Return the flow between consecutive frames, (T - 1, 60, W', 2) float32, W' = 60·W/H, in pixels of the video."""
    height, width = grey.shape[1:]
    size = (max(1, round(MAP_HEIGHT * width / height)), MAP_HEIGHT)
    maps = np.empty((len(grey) - 1, size[1], size[0], 2), np.float32)
    for index in range(len(maps)):
        flow = np.asarray(estimator(grey[index], grey[index + 1]), np.float32)
        if flow.ndim != 3 or flow.shape[2] != 2 or not np.isfinite(flow).all():
            raise ConfigError(
                "an estimator must give finite flow of shape (h, w, 2). "
                f"Received: shape {flow.shape} from {estimator}, frame {index}."
            )
        maps[index] = cv2.resize(flow, size, interpolation=cv2.INTER_AREA)
    return maps


def to_stored(flow):
    """Turn pixels a frame into the store's int16 hundredths, rounded; what does not fit saturates, never wraps."""
    stored = modality("flow")
    limits = np.iinfo(stored.dtype)
    return np.clip(np.rint(flow / stored.scale), limits.min, limits.max).astype(stored.dtype)


def _box_centres(boxes, shape):
    """Return the middle column of every box (T,), in pixels from the left edge; NaN where nobody is seen."""
    boxes = np.asarray(boxes, np.float64)
    if boxes.shape != (shape[0], 4) or not np.isfinite(boxes).all():
        raise ConfigError(f"boxes must be finite, of shape {(shape[0], 4)}. Received: shape {boxes.shape}.")
    centres = boxes[:, 0] + boxes[:, 2] / 2
    seen = boxes[:, 2] > 0
    if ((centres < 0) | (centres > shape[2]))[seen].any():
        raise ConfigError(f"boxes must be centred inside a video {shape[2]} pixels wide. Received: one that is not.")
    return np.where(seen, centres, np.nan)


def _nearest(centres, index):
    seen = np.flatnonzero(np.isfinite(centres))
    return None if not len(seen) else centres[seen[np.abs(seen - index).argmin()]]


def _motion_centre(flow):
    """Return the median column of what moves in one map, or None where nothing does."""
    speed = np.hypot(flow[..., 0], flow[..., 1])
    mass = np.where(speed >= MOVING, speed, 0).sum(axis=0, dtype=np.float64).cumsum()
    return None if mass[-1] == 0 else int(np.searchsorted(mass, mass[-1] / 2))


def _crop(maps, centre):
    """Move every map sideways by the same, maybe fractional, way so that `centre` comes to column 30; cut to 60."""
    size = modality("flow").shape[1]
    move = np.float32([[1, 0, size // 2 - centre], [0, 1, 0]])
    return np.stack([cv2.warpAffine(m, move, (size, MAP_HEIGHT), flags=cv2.INTER_LINEAR) for m in maps])
