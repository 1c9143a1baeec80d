"""What a sequence loses: rectangles and brightness; see `tfgait.data.transforms`."""

from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import ConfigError
from tfgait.data.geometry import check_share

AREA, ASPECT = (0.05, 0.2), 0.3


def rectangles(rng, area, aspect, height, width):
    """Draw one rectangle inside each of N fields, as many numbers whatever their size.

    Args:
        rng: `numpy.random.Generator`.
        area: least and largest share of the field.
        aspect: least height over width; the largest is its inverse.
        height, width: of the fields in pixels, (N,) int64; in one of 0 pixels lies one of 0 pixels.

    Returns:
        top, left, tall, wide: (N,) int64.
    """
    share = rng.uniform(*area, len(height)) * height * width
    ratio = rng.uniform(aspect, 1 / aspect, len(height))
    tall = np.clip(np.rint(np.sqrt(share * ratio)), 1, height).astype(np.int64)
    wide = np.clip(np.rint(np.sqrt(share / ratio)), 1, width).astype(np.int64)
    top, left = rng.random((2, len(height)))
    return (top * (height - tall + 1)).astype(np.int64), (left * (width - wide + 1)).astype(np.int64), tall, wide


def _check_rectangle(area, aspect):
    if not 0 < area[0] <= area[1] <= 1 or not 0 < aspect <= 1:
        raise ConfigError(
            "area must be two shares in (0, 1], ascending, and aspect lie in (0, 1]. "
            f"Received: area={area}, aspect={aspect}."
        )


@dataclass(frozen=True)
class Erase:
    """Set a random rectangle to zero, the same in all frames of a sequence.

    Args:
        p: share of the sequences that are changed; the others stay as they are.
        area: least and largest share of the frame.
        aspect: least height over width; the largest is its inverse.

    Reference: Zhong et al., "Random erasing data augmentation", 2017; constants of OpenGait.
    """

    p: float = 0.3
    area: tuple = AREA
    aspect: float = ASPECT

    def __post_init__(self):
        check_share(p=self.p)
        _check_rectangle(self.area, self.aspect)

    def __call__(self, batch, rng):
        items, _, height, width, _ = batch.shape
        changed = rng.random(items) < self.p
        fields = np.full(items, height), np.full(items, width)
        top, left, tall, wide = rectangles(rng, self.area, self.aspect, *fields)
        for item in np.flatnonzero(changed):
            batch[item, :, top[item] : top[item] + tall[item], left[item] : left[item] + wide[item]] = 0
        return batch


@dataclass(frozen=True)
class EraseInside:
    """Set a random rectangle inside the person's bounding box to zero, another one in every frame.

    Args:
        p: share of the frames that are changed; the others, and those that show nobody, stay as they are.
        area: least and largest share of the bounding box.
        aspect: least height over width; the largest is its inverse.

    Reference: the GaitSet generator of Embedded-Gait, which blanks the frames it does not erase.
    """

    p: float = 0.75
    area: tuple = AREA
    aspect: float = ASPECT

    def __post_init__(self):
        check_share(p=self.p)
        _check_rectangle(self.area, self.aspect)

    def __call__(self, batch, rng):
        for frames in batch:
            changed = rng.random(len(frames)) < self.p
            seen = frames.any(axis=3)
            first_row, end_row = _extent(seen.any(axis=2))
            first_column, end_column = _extent(seen.any(axis=1))
            fields = end_row - first_row, end_column - first_column
            top, left, tall, wide = rectangles(rng, self.area, self.aspect, *fields)
            top, left = top + first_row, left + first_column
            for i in np.flatnonzero(changed):
                frames[i, top[i] : top[i] + tall[i], left[i] : left[i] + wide[i]] = 0
        return batch


def _extent(seen):
    """Return the first true column of every row (T, N) and the one after the last; equal where there is none."""
    first, end = seen.argmax(axis=1), seen.shape[1] - seen[:, ::-1].argmax(axis=1)
    return first, np.where(seen.any(axis=1), end, first)


@dataclass(frozen=True)
class Noise:
    """Multiply every pixel of every frame by a random number of its own.

    Args:
        p: share of the sequences that are changed.
        least, most: bounds of the factor, in [0, 1].

    Reference: 0.01 and 0.99 of the GaitSet generator of Embedded-Gait.
    """

    p: float = 1.0
    least: float = 0.01
    most: float = 0.99

    def __post_init__(self):
        check_share(p=self.p, least=self.least, most=self.most)
        if self.least > self.most:
            raise ConfigError(f"least must be at most most. Received: least={self.least}, most={self.most}.")

    def __call__(self, batch, rng):
        for item in np.flatnonzero(rng.random(len(batch)) < self.p):
            factor = rng.random(batch.shape[1:], np.float32)
            factor *= self.most - self.least
            factor += self.least
            factor *= batch[item]
            batch[item] = np.rint(factor, out=factor)
        return batch
