"""The frames of a video named one after the other, drawn, written and shown."""

import contextlib
import os
import re
import sys
import time
from dataclasses import dataclass

import cv2

from tfgait.core.errors import ConfigError
from tfgait.preprocess.annotation import KNOWN, UNKNOWN, WAITING, annotate
from tfgait.preprocess.video_writer import video_writer

FPS = 25.0  # of what does not say its own
SMOOTH = 0.1  # weight of the newest frame in the speed that is shown
TITLE = "tfgait live"
LEAVE = (ord("q"), 27)  # keys; 27 is Esc


@dataclass(frozen=True)
class Watched:
    """How a watch went.

    Args:
        frames: that were seen.
        fps: frames a second, from one picture to the next.
        cpu_ms: CPU time of the process a frame, ms.
        stopped: whether Ctrl-C ended it.
    """

    frames: int
    fps: float
    cpu_ms: float
    stopped: bool


def watch(video, naming, options, progress=None):
    """Let a `Naming` see every frame of a `Video`, and return the `Watched`.

    Args:
        video: an iterable of frames with `size`, `fps` and `promised`.
        naming: what names whoever is seen.
        options: `LiveOptions`; `out`, `show` and `frames` are used.
        progress: called with (done, total, what).

    Raises:
        DataError: the video is damaged, or `out` cannot be written.
    """
    count, speed, stopped = 0, 0.0, False
    wall, cpu = time.perf_counter(), time.process_time()
    with contextlib.ExitStack() as stack:
        write = stack.enter_context(video_writer(options.out, video.size, video.fps or FPS)) if options.out else None
        show = stack.enter_context(_window()) if options.show else None
        try:
            began = wall
            for frame in video:
                seen, track = naming.see(frame)
                count += 1
                if write or show:
                    drawn = _drawn(frame, seen, track, speed)
                    if write:
                        write(drawn)
                    if show and not show(drawn):
                        break
                now = time.perf_counter()
                speed += (SMOOTH if speed else 1) * (1 / max(now - began, 1e-6) - speed)
                began = now
                if progress:
                    progress(count, max(count, video.promised), "frames")
                if count == options.frames:
                    break
        except KeyboardInterrupt:
            stopped = True
        naming.end()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Watched(count, round(count / wall, 1), round(1000 * cpu / max(1, count), 2), stopped)


def check_window():
    """Raise `ConfigError` where OpenCV was built without windows, or there is no display for them."""
    if re.search(r"GUI:\s+NONE", cv2.getBuildInformation()):
        raise ConfigError(
            "show needs an OpenCV with windows: pip uninstall opencv-python-headless, pip install opencv-python; "
            "--out writes the same pictures. Received: show=True."
        )
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise ConfigError("show needs a display; --out writes the same pictures. Received: show=True.")


@contextlib.contextmanager
def _window():
    """Yield a function that shows a frame and returns whether to go on."""

    def show(frame):
        cv2.imshow(TITLE, frame)
        return cv2.waitKey(1) & 0xFF not in LEAVE

    try:
        yield show
    finally:
        cv2.destroyAllWindows()


def _drawn(frame, seen, track, speed):
    corner = f"{speed:.0f} frames/s" if speed else ""
    if seen is None:
        return annotate(frame, None, "", WAITING, corner)
    if not track.answers:
        return annotate(frame, seen.box, "...", WAITING, corner)
    colour = {True: KNOWN, False: UNKNOWN, None: WAITING}[track.known]
    name = "unknown" if track.known is False else track.name
    return annotate(frame, seen.box, f"{name} {track.distance:.2f}", colour, corner)
