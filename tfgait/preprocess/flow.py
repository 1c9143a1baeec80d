"""Grey video → windows of optical flow around the walker, as the flow networks take them."""

import cv2
import numpy as np

from tfgait.core.errors import DataError
from tfgait.core.modality import modality
from tfgait.preprocess.estimators import Farneback, checked_flow
from tfgait.preprocess.windows import (
    MAP_HEIGHT,
    STEP,
    WINDOW,
    box_centres,
    centre_frame,
    checked_starts,
    crop,
    map_width,
    on_map,
    window_centre,
)

MOVING = 0.5  # pixels a frame; less is not motion


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
    starts = checked_starts(len(grey), window, step, "flow")
    centres = None if boxes is None else box_centres(boxes, grey.shape)
    maps = flow_maps(grey[: starts[-1] + window + 1], estimator or Farneback())
    scale = maps.shape[2] / grey.shape[2]
    found = []
    for start in starts:
        part = maps[start : start + window]
        centre = None if centres is None else window_centre(centres, start, window)
        centre = _motion_centre(part[centre_frame(window)]) if centre is None else on_map(centre, scale)
        if centre is not None:
            found.append((start, to_stored(crop(part, centre))))
    if not found:
        raise DataError(f"nothing moves by {MOVING} pixels a frame in any window of the video, so there is nobody.")
    return found


def flow_maps(grey, estimator):
    """Return the flow between consecutive frames, (T - 1, 60, W', 2) float32, W' = 60·W/H, in pixels of the video."""
    maps = np.empty((len(grey) - 1, MAP_HEIGHT, map_width(*grey.shape[1:]), 2), np.float32)
    for index in range(len(maps)):
        flow = checked_flow(estimator(grey[index], grey[index + 1]), f"{estimator}, frame {index}")
        maps[index] = cv2.resize(flow, maps.shape[2:0:-1], interpolation=cv2.INTER_AREA)
    return maps


def to_stored(flow):
    """Turn pixels a frame into the store's int16 hundredths, rounded; what does not fit saturates, never wraps."""
    stored = modality("flow")
    limits = np.iinfo(stored.dtype)
    return np.clip(np.rint(flow / stored.scale), limits.min, limits.max).astype(stored.dtype)


def _motion_centre(flow):
    """Return the median column of what moves in one map, or None where nothing does."""
    speed = np.hypot(flow[..., 0], flow[..., 1])
    mass = np.where(speed >= MOVING, speed, 0).sum(axis=0, dtype=np.float64).cumsum()
    return None if mass[-1] == 0 else int(np.searchsorted(mass, mass[-1] / 2))
