"""Frames → a video file, whole or absent."""

import contextlib
from pathlib import Path

import cv2

from tfgait.core.errors import DataError, check_choice
from tfgait.core.files import whole_file
from tfgait.preprocess.video import open_video

CODECS = {".mp4": "mp4v", ".mov": "mp4v", ".mkv": "mp4v", ".avi": "MJPG"}  # which every build of OpenCV can write


@contextlib.contextmanager
def video_writer(path, size, fps):
    """Yield a function that adds a frame (H, W, 3) uint8, blue, green, red; the file is there once the block succeeds.

    Args:
        path: of the file, .mp4, .mov, .mkv or .avi.
        size: (height, width) of the frames.
        fps: frames a second, above 0.

    Raises:
        ConfigError: another suffix.
        DataError: the folder cannot be written, no codec is at hand, or what was written is not whole.
    """
    path = Path(path)
    check_choice("suffix of the video", path.suffix, list(CODECS))
    count = 0
    with _writable(path), whole_file(path) as temporary:
        writer = cv2.VideoWriter(
            str(temporary), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*CODECS[path.suffix]), fps, size[::-1]
        )

        def add(frame):
            nonlocal count
            writer.write(frame)
            count += 1

        try:
            if not writer.isOpened():
                raise DataError(f"{path} cannot be written as {CODECS[path.suffix]} of {size[1]}×{size[0]}.")
            yield add
        finally:
            writer.release()
        _check(path, temporary, count)


@contextlib.contextmanager
def _writable(path):
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror}.") from error
    yield


def _check(path, temporary, count):
    """Raise `DataError` unless the file has as many frames as were given: what FFmpeg cannot write it does not say."""
    if not count:
        raise DataError(f"{path} must have at least 1 frame. Received: none.")
    with open_video(temporary) as video:
        if video.promised < count:
            raise DataError(
                f"{path} could not be written: {video.promised} of {count} frames are in it. Is space left?"
            )
