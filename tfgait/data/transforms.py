"""Random changes of training batches, on stored bytes: uint8 silhouettes or int16 flow, (B, T, H, W, C).

A transform is a callable ``transform(batch, rng) -> batch``. It draws once a sequence, never once a frame, may write
into `batch`, and keeps type and shape. The generator is made from (seed, epoch, step) by the caller, and every draw
has one value a sequence, so item i of a step is always changed the same way.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from tfgait.core.errors import ConfigError
from tfgait.core.modality import modality

SHIFTS = (-5, -3, 0, 3, 5)  # pixels
ZOOM = 0.04


def _check_share(**values):
    for name, value in values.items():
        if not 0 <= value <= 1:
            raise ConfigError(f"{name} must lie in [0, 1]. Received: {name}={value}.")


@dataclass(frozen=True)
class Affine:
    """Shift, zoom and rotate a sequence about its middle, all frames alike.

    Args:
        p: share of the sequences that are changed.
        shifts: pixels, drawn for x and for y.
        zoom: largest change of size, drawn for x and for y.
        degrees: largest rotation either way.
        nearest: fill with the nearest pixel, as for flow; False fills with zero, as for silhouettes, whose head and
            feet touch the border and would be drawn out.

    Reference: constants of Embedded-Gait; `degrees=10` of its GaitSet generator and of OpenGait.
    """

    p: float = 0.75
    shifts: tuple = SHIFTS
    zoom: float = ZOOM
    degrees: float = 0.0
    nearest: bool = False

    def __post_init__(self):
        _check_share(p=self.p)
        if not self.shifts or not 0 <= self.zoom < 1 or not 0 <= self.degrees <= 180:
            raise ConfigError(
                "shifts must name at least one, zoom lie in [0, 1) and degrees in [0, 180]. "
                f"Received: shifts={self.shifts}, zoom={self.zoom}, degrees={self.degrees}."
            )

    def __call__(self, batch, rng):
        items, _, height, width, _ = batch.shape
        changed = rng.random(items) < self.p
        shift = rng.choice(self.shifts, (items, 2))
        scale = 1 + rng.uniform(-self.zoom, self.zoom, (items, 2))
        turn = np.deg2rad(rng.uniform(-self.degrees, self.degrees, items))
        border = cv2.BORDER_REPLICATE if self.nearest else cv2.BORDER_CONSTANT
        middle = np.array([width - 1, height - 1]) / 2
        for item in np.flatnonzero(changed):
            cosine, sine = np.cos(turn[item]), np.sin(turn[item])
            linear = np.array([[cosine, -sine], [sine, cosine]]) * scale[item]
            move = np.column_stack([linear, middle + shift[item] - linear @ middle])
            for frame in batch[item]:
                # OpenCV drops a last axis of one channel.
                warped = cv2.warpAffine(frame, move, (width, height), flags=cv2.INTER_LINEAR, borderMode=border)
                frame[...] = warped.reshape(frame.shape)
        return batch


@dataclass(frozen=True)
class Mirror:
    """Turn a sequence left to right.

    Args:
        p: share of the sequences that are turned.
        flow: channel 0 is motion to the right, whose sign turns with it.
    """

    p: float = 0.5
    flow: bool = False

    def __post_init__(self):
        _check_share(p=self.p)

    def __call__(self, batch, rng):
        _, frames, height, width, channels = batch.shape
        for item in np.flatnonzero(rng.random(len(batch)) < self.p):
            # One image of all frames, one above the other.
            turned = cv2.flip(batch[item].reshape(frames * height, width, channels), 1)
            turned = turned.reshape(batch.shape[1:])
            if self.flow:
                # The least int16 has no opposite.
                turned[..., 0] = -np.maximum(turned[..., 0], -np.iinfo(turned.dtype).max)
            batch[item] = turned
        return batch


@dataclass(frozen=True)
class Threshold:
    """Set flow that is too fast or too slow for a limb to zero.

    Args:
        p: share of the sequences that are changed.
        fast, slow: pixels a frame; what is above `fast` or below `slow`, x and y each on its own, becomes zero.

    Reference: 23 and 0.5 pixels of Embedded-Gait.
    """

    p: float = 0.5
    fast: float = 23.0
    slow: float = 0.5

    def __post_init__(self):
        _check_share(p=self.p)
        if not 0 <= self.slow < self.fast:
            raise ConfigError(f"slow must lie between 0 and fast. Received: slow={self.slow}, fast={self.fast}.")

    def __call__(self, batch, rng):
        fast, slow = (round(v / modality("flow").scale) for v in (self.fast, self.slow))
        for item in np.flatnonzero(rng.random(len(batch)) < self.p):
            values = batch[item]
            # Both sides are compared: the absolute value of the least int16 is negative.
            outside = (values > fast) | (values < -fast) | ((values < slow) & (values > -slow))
            values[outside] = 0
        return batch


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
    area: tuple = (0.05, 0.2)
    aspect: float = 0.3

    def __post_init__(self):
        _check_share(p=self.p)
        if not 0 < self.area[0] <= self.area[1] <= 1 or not 0 < self.aspect <= 1:
            raise ConfigError(
                "area must be two shares in (0, 1], ascending, and aspect lie in (0, 1]. "
                f"Received: area={self.area}, aspect={self.aspect}."
            )

    def __call__(self, batch, rng):
        items, _, height, width, _ = batch.shape
        changed = rng.random(items) < self.p
        area = rng.uniform(*self.area, items) * height * width
        aspect = rng.uniform(self.aspect, 1 / self.aspect, items)
        tall = np.clip(np.rint(np.sqrt(area * aspect)), 1, height).astype(int)
        wide = np.clip(np.rint(np.sqrt(area / aspect)), 1, width).astype(int)
        top, left = rng.integers(0, height - tall + 1), rng.integers(0, width - wide + 1)
        for item in np.flatnonzero(changed):
            batch[item, :, top[item] : top[item] + tall[item], left[item] : left[item] + wide[item]] = 0
        return batch


@dataclass(frozen=True)
class Chain:
    """Apply transforms one after the other; none at all leaves the batch as it is."""

    transforms: tuple = ()

    def __call__(self, batch, rng):
        for transform in self.transforms:
            batch = transform(batch, rng)
        return batch


AUGMENTATIONS = {
    # Mirrored are 3 of 8, as there, where half of the three quarters that were moved are.
    "flow": Chain((Affine(nearest=True), Mirror(0.375, flow=True), Threshold())),
    "silhouettes": Chain((Affine(p=0.2, shifts=(0,), zoom=0.0, degrees=10.0), Mirror(0.2), Erase(0.2))),
}
