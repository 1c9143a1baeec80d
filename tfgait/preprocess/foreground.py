"""Frames of a still camera → the mask of the person who moves before the background, one frame at a time."""

from dataclasses import dataclass

import cv2
import numpy as np

from tfgait.core.errors import DataError
from tfgait.preprocess.images import MOST_PIXELS

ROWS, COLUMNS = 360, 640  # larger frames are shrunk into these
WARM_UP = 12  # frames that show the background alone
HISTORY = 250  # frames in which the background is learnt anew
EVERY = 4  # frames between two that are learnt
DISTANCE = 25.0  # squared, in standard deviations, from which a pixel is no background
SHADOW = 0.65  # of the brightness of the background, from which a darker pixel of its colour is a shadow
LEAST_ROWS = 32  # of a person; a smaller one shows no limbs
SLENDER = (0.15, 1.1)  # width of a person by height
PERSON = 0.1  # the least part of its box that a person fills
SAME = 0.5  # the least area, by the largest, of who is followed already
STILL = 0.02  # of the pixels of a person change where somebody moves
CHANGE = 10  # grey levels; less is no change
EDGE = 2  # pixels
GRID = 4  # of all pixels, every fourth across and down tells the light
DARK = 20  # grey levels; what is darker tells nothing about the light


@dataclass(frozen=True)
class Person:
    """Who is seen in one frame.

    Args:
        mask: (h, w) uint8, 0 or 255, of the frame or of it shrunk to at most 640×360.
        box: x, y, width, height in pixels of the frame.
    """

    mask: np.ndarray
    box: tuple


class Foreground:
    """Finds the largest whole person before a background that is learnt, by a mixture of Gaussians a pixel.

    The first 12 frames are taken as background, unless `learn` was given some before. From then on the model follows
    the light everywhere but where the person is, so that somebody who walks towards the camera does not fade into it;
    what stops moving does.

    Reference: Zivkovic and van der Heijden, "Efficient adaptive density estimation per image pixel for the task of
    background subtraction", Pattern Recognition Letters 27, 2006 (OpenCV's MOG2).
    """

    def __init__(self):
        self._model = cv2.createBackgroundSubtractorMOG2(HISTORY, DISTANCE, detectShadows=True)
        self._model.setShadowThreshold(SHADOW)
        self._first = self._background = self._before = self._last = None
        self._seen = 0

    def learn(self, background):
        """Take a picture, of the size and kind of the frames, as the background."""
        self._background = self._shrunk(background)
        self._model.apply(self._background, learningRate=1)
        self._seen = WARM_UP

    def find(self, frame):
        """Return the `Person` of the next frame, or None.

        Args:
            frame: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) uint8: grey, or blue, green, red; opacity is ignored.

        Raises:
            DataError: anything else, more than 2²⁵ pixels, or another size than the first frame.
        """
        small = self._shrunk(frame)
        self._seen += 1
        if self._seen <= WARM_UP:
            self._model.apply(small, learningRate=1 / self._seen)
            self._before, self._background = small, self._model.getBackgroundImage()
            return None
        small = cv2.convertScaleAbs(small, alpha=self._dimming(small))
        raw = self._model.apply(small, learningRate=0)
        mask, box = self._largest(_closed(raw))
        if self._seen % EVERY == 0:
            self._follow(small, mask)
        self._before, self._last = small, box
        if box is None or _leaves(box, mask.shape):
            return None
        down, across = frame.shape[0] / mask.shape[0], frame.shape[1] / mask.shape[1]
        x, y, width, height = box
        return Person(mask, (round(x * across), round(y * down), round(width * across), round(height * down)))

    def _shrunk(self, frame):
        frame = _checked(frame)
        self._first = self._first or frame.shape
        height, width = self._first[:2]
        if frame.shape[:2] != (height, width):
            raise DataError(
                f"every frame must be as large as the first, {width}×{height}. "
                f"Received: {frame.shape[1]}×{frame.shape[0]}."
            )
        if frame.shape != self._first:
            raise DataError(f"every frame must have as many channels as the first. Received: {frame.shape}.")
        scale = min(1, ROWS / height, COLUMNS / width)
        if scale < 1:
            size = max(1, round(width * scale)), max(1, round(height * scale))
            frame = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        return frame

    def _dimming(self, small):
        """Return the factor that gives a frame the light of the background: a lamp, or a camera that adapts."""
        seen, known = (picture[::GRID, ::GRID].astype(np.float32) for picture in (small, self._background))
        bright = (seen > DARK) & (known > DARK)
        return float(np.median(known[bright] / seen[bright])) if bright.any() else 1.0

    def _largest(self, mask):
        """Return the mask and the box of the largest part that could be a person; both empty where there is none."""
        # Clothes as bright as the wall break a person into parts, above each other.
        kernel = np.ones((max(3, mask.shape[0] // 16), max(3, mask.shape[1] // 64)), np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel))
        found = [k for k in range(1, count) if _could_be(stats[k])]
        if not found:
            return np.zeros_like(mask), None
        most = max(stats[k, cv2.CC_STAT_AREA] for k in found)
        large = [k for k in found if stats[k, cv2.CC_STAT_AREA] >= SAME * most]
        # Whom we follow already goes before somebody who is a little larger for a moment.
        best = max(large, key=lambda k: (overlap(self._last, stats[k, :4]) > 0, stats[k, cv2.CC_STAT_AREA]))
        return mask & cv2.inRange(labels, best, best), tuple(int(v) for v in stats[best, :4])

    def _follow(self, small, mask):
        """Learn a frame, but for the person as long as it moves."""
        person = cv2.dilate(mask, np.ones((9, 9), np.uint8))
        changed = cv2.absdiff(small, self._before).reshape(*mask.shape, -1).max(axis=2) > CHANGE
        learnt = small
        if changed[person > 0].mean() > STILL if person.any() else False:
            learnt = cv2.copyTo(self._background, person, small.copy())
        self._model.apply(learnt, learningRate=EVERY / HISTORY)
        self._background = self._model.getBackgroundImage()


def overlap(first, second):
    """Return the intersection of two boxes x, y, width, height by their union, in [0, 1]; 0 where one is None."""
    if first is None or second is None:
        return 0.0
    across = min(first[0] + first[2], second[0] + second[2]) - max(first[0], second[0])
    down = min(first[1] + first[3], second[1] + second[3]) - max(first[1], second[1])
    common = max(0, across) * max(0, down)
    return float(common / max(1, first[2] * first[3] + second[2] * second[3] - common))


def _checked(frame):
    received = f"{frame.dtype} {frame.shape}" if isinstance(frame, np.ndarray) else type(frame).__name__
    if (
        not isinstance(frame, np.ndarray)
        or frame.dtype != np.uint8
        or frame.ndim not in (2, 3)
        or frame.shape[2:] not in ((), (1,), (3,), (4,))
        or 0 in frame.shape
    ):
        raise DataError(f"every frame must be uint8 (H, W) or (H, W, 1, 3 or 4), none of them 0. Received: {received}.")
    if frame.shape[0] * frame.shape[1] > MOST_PIXELS:
        size = f"{frame.shape[1]}×{frame.shape[0]}"
        raise DataError(f"every frame must have at most {MOST_PIXELS} pixels. Received: {size}.")
    if frame.shape[2:] == (4,):
        return cv2.cvtColor(frame, cv2.COLOR_BGRA2BGR)
    return frame[..., 0] if frame.shape[2:] == (1,) else frame


def _closed(raw):
    """Return the pixels that differ from the background, single ones gone and cracks closed."""
    mask = cv2.inRange(raw, 255, 255)
    mask = cv2.medianBlur(mask, 3)
    return cv2.morphologyEx(mask, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))


def _could_be(part):
    x, y, width, height, area = part
    return height >= LEAST_ROWS and SLENDER[0] <= width / height <= SLENDER[1] and area >= PERSON * width * height


def _leaves(box, shape):
    x, y, width, height = box
    return x < EDGE or y < EDGE or x + width > shape[1] - EDGE or y + height > shape[0] - EDGE
