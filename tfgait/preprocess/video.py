"""Video files → frames, of a kind and size that were looked at before anything is decoded."""

import os
from pathlib import Path

import cv2
import numpy as np

from tfgait.core.errors import DataError
from tfgait.preprocess.images import MOST_PIXELS

SUFFIXES = (".avi", ".mp4", ".mov", ".mkv")
MOST_FRAME_BYTES = 1 << 32  # of one video, decoded
MISSING = 0.01  # the part of the frames a header may promise too many: some containers only estimate them
# OpenCV would also open playlists, which lead to other files.
STARTS = (b"RIFF", b"\x1aE\xdf\xa3")  # avi, mkv
QUICKTIME = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")  # mp4 and mov, at byte 4


def read_video_file(path, colour=False):
    """Read all frames of an AVI, MP4, QuickTime or Matroska file.

    Args:
        path: the file.
        colour: True gives red, green, blue.

    Returns:
        frames: (T, H, W) or (T, H, W, 3) uint8.
        fps: frames a second as the file says, 0 where it does not.

    Raises:
        DataError: the file is absent, empty, cut short, no video, or larger than 4 GiB when decoded.
    """
    path = Path(path)
    _check_start(path)
    # What FFmpeg and OpenCV print about a damaged file says less than our error.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    capture = cv2.VideoCapture(str(path.resolve()), cv2.CAP_FFMPEG)
    try:
        if not capture.isOpened():
            raise DataError(f"{path} cannot be decoded: it is cut short, damaged, or of an unknown codec.")
        frames = _frames(path, capture, colour)
        fps = float(capture.get(cv2.CAP_PROP_FPS))
    finally:
        capture.release()
        cv2.utils.logging.setLogLevel(level)
    return frames, fps if np.isfinite(fps) and fps > 0 else 0.0


def _check_start(path):
    try:
        with open(path, "rb") as file:
            start = file.read(12)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    if not start.startswith(STARTS) and start[4:8] not in QUICKTIME:
        what = "is no AVI, MP4, QuickTime or Matroska video" if start else "is empty"
        raise DataError(f"{path} {what}.")


def _frames(path, capture, colour):
    width, height, promised = (
        int(capture.get(p)) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FRAME_COUNT)
    )
    if not 0 < width * height <= MOST_PIXELS:
        raise DataError(
            f"{path} must have frames of 1 to {MOST_PIXELS} pixels. Received: a header that says {width}×{height}."
        )
    most = MOST_FRAME_BYTES // (width * height * (3 if colour else 1))
    code = cv2.COLOR_BGR2RGB if colour else cv2.COLOR_BGR2GRAY
    frames = []
    while promised <= most and len(frames) <= most:
        there, frame = capture.read()
        if not there:
            break
        frames.append(cv2.cvtColor(frame, code))
    else:
        raise DataError(
            f"{path} must have at most {most} frames of {width}×{height}. Received: {max(promised, len(frames))}."
        )
    if len(frames) < promised - max(1, MISSING * promised) or not frames:
        raise DataError(f"{path} is cut short: its header promises {promised} frames, {len(frames)} can be read.")
    return np.stack(frames)
