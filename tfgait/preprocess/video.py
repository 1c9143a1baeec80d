"""Video files and cameras → frames, of a kind and size that were looked at before anything is decoded."""

import contextlib
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


class Video:
    """Frames of a video file or a camera, decoded one at a time: iterating gives (H, W, 3) uint8, blue, green, red.

    Made by `open_video`.

    Args:
        name: of the file or camera, for messages.
        capture: of OpenCV.
        whole: whether fewer frames than the header promises are an error.
    """

    def __init__(self, name, capture, whole):
        self.name, self._capture, self._whole = name, capture, whole
        width, height, promised = (
            int(capture.get(p)) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FRAME_COUNT)
        )
        if not 0 < width * height <= MOST_PIXELS:
            raise DataError(
                f"{name} must have frames of 1 to {MOST_PIXELS} pixels. Received: a header that says {width}×{height}."
            )
        self.size = height, width
        self.promised = max(0, promised)
        fps = float(capture.get(cv2.CAP_PROP_FPS))
        self.fps = fps if np.isfinite(fps) and fps > 0 else 0.0

    def __iter__(self):
        """Yield the frames; raise `DataError` where the file ends before its header says."""
        count = 0
        while (read := self._capture.read())[0]:
            count += 1
            yield read[1]
        if self._whole and (count < self.promised - max(1, MISSING * self.promised) or not count):
            raise DataError(
                f"{self.name} is cut short: its header promises {self.promised} frames, {count} can be read."
            )


@contextlib.contextmanager
def open_video(source):
    """Yield the `Video` of a file (AVI, MP4, QuickTime, Matroska) or, for a number from 0, of a camera.

    Raises:
        DataError: the file is absent, empty, damaged or no video, its frames are too large; or there is no such camera.
    """
    camera = isinstance(source, int)
    if not camera:
        _check_start(Path(source))
    # What FFmpeg and OpenCV print about a damaged file says less than our error.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    opened = (source,) if camera else (str(Path(source).resolve()), cv2.CAP_FFMPEG)
    capture = cv2.VideoCapture(*opened)
    try:
        if not capture.isOpened():
            raise DataError(
                f"camera {source} cannot be opened: there is none, or another program uses it."
                if camera
                else f"{source} cannot be decoded: it is cut short, damaged, or of an unknown codec."
            )
        yield Video(f"camera {source}" if camera else source, capture, whole=not camera)
    finally:
        capture.release()
        cv2.utils.logging.setLogLevel(level)


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
    with open_video(Path(path)) as video:
        return _frames(video, colour), video.fps


def _check_start(path):
    try:
        with open(path, "rb") as file:
            start = file.read(12)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    if not start.startswith(STARTS) and start[4:8] not in QUICKTIME:
        what = "is no AVI, MP4, QuickTime or Matroska video" if start else "is empty"
        raise DataError(f"{path} {what}.")


def _frames(video, colour):
    height, width = video.size
    most = MOST_FRAME_BYTES // (width * height * (3 if colour else 1))
    code = cv2.COLOR_BGR2RGB if colour else cv2.COLOR_BGR2GRAY
    frames = []
    if video.promised <= most:
        for frame in video:
            frames.append(cv2.cvtColor(frame, code))
            if len(frames) > most:
                break
    if max(video.promised, len(frames)) > most:
        raise DataError(
            f"{video.name} must have at most {most} frames of {width}×{height}. "
            f"Received: {max(video.promised, len(frames))}."
        )
    return np.stack(frames)
