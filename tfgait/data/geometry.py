"""Where a sequence stands in its frames: shifted, zoomed, rotated, mirrored; see `tfgait.data.transforms`."""

from dataclasses import dataclass

import cv2
import numpy as np

from tfgait.core.errors import ConfigError

SHIFTS = (-5, -3, 0, 3, 5)  # pixels
ZOOM = 0.04
CHANNELS = 128  # the most that every OpenCV takes


def check_share(**values):
    """Raise `ConfigError` unless every value lies in [0, 1]."""
    for name, value in values.items():
        if not 0 <= value <= 1:
            raise ConfigError(f"{name} must lie in [0, 1]. Received: {name}={value}.")


@dataclass(frozen=True)
class Affine:
    """Shift, zoom, rotate and mirror a sequence about its middle, all frames alike.

    Args:
        p: share of the sequences that are changed.
        shifts: pixels, drawn for x and for y.
        zoom: largest change of size, drawn for x and for y.
        degrees: largest rotation either way.
        mirror: share of the changed sequences that are turned left to right as well.
        flow: channel 0 is motion to the right, whose sign turns with the picture.
        nearest: fill with the nearest pixel, as for flow; False fills with zero, as for silhouettes, whose head and
            feet touch the border and would be drawn out.

    Reference: constants of Embedded-Gait; `degrees=10` of its GaitSet generator and of OpenGait.
    """

    p: float = 0.75
    shifts: tuple = SHIFTS
    zoom: float = ZOOM
    degrees: float = 0.0
    mirror: float = 0.0
    flow: bool = False
    nearest: bool = False

    def __post_init__(self):
        check_share(p=self.p, mirror=self.mirror)
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
        mirrored = rng.random(items) < self.mirror
        border = cv2.BORDER_REPLICATE if self.nearest else cv2.BORDER_CONSTANT
        middle = np.array([width - 1, height - 1]) / 2
        memory = _memory(batch)
        for item in np.flatnonzero(changed):
            cosine, sine = np.cos(turn[item]), np.sin(turn[item])
            linear = np.array([[cosine, -sine], [sine, cosine]]) * scale[item]
            if mirrored[item]:
                linear[0] *= -1
            move = np.column_stack([linear, middle + shift[item] - linear @ middle])
            _warp(batch[item], move, border, self.flow and mirrored[item], memory)
        return batch


def _memory(batch):
    """Return what `_warp` writes into: allocated for every sequence it would take longer than the warping."""
    _, frames, height, width, channels = batch.shape
    size = height * width * channels * min(frames, max(1, CHANNELS // channels))
    return [np.empty(size, kind) for kind in (batch.dtype, np.float32, np.float32, batch.dtype)]


def _warp(frames, move, border, turn_sign, memory):
    """Move frames (T, H, W, C) in place by a 2 × 3 matrix, as channels of one picture: faster than one by one."""
    count, height, width, channels = frames.shape
    step = max(1, CHANNELS // channels)
    for start in range(0, count, step):
        part = frames[start : start + step]
        stored, picture, moved, back = (m[: part.size].reshape(-1, len(part)) for m in memory)
        picture[...] = cv2.transpose(part.reshape(len(part), -1), dst=stored)
        moved = cv2.warpAffine(
            picture.reshape(height, width, -1),
            move,
            (width, height),
            dst=moved.reshape(height, width, -1),
            flags=cv2.INTER_LINEAR,
            borderMode=border,
        ).reshape(height, width, channels, len(part))
        if turn_sign:
            # The least int16 has no opposite.
            moved[:, :, 0] = np.minimum(-moved[:, :, 0], np.iinfo(frames.dtype).max)
        np.rint(moved, out=moved)
        stored[...] = moved.reshape(stored.shape)
        part[...] = cv2.transpose(stored, dst=back.reshape(len(part), -1)).reshape(part.shape)


@dataclass(frozen=True)
class Mirror:
    """Turn a sequence of pictures left to right.

    Args:
        p: share of the sequences that are turned.
    """

    p: float = 0.5

    def __post_init__(self):
        check_share(p=self.p)

    def __call__(self, batch, rng):
        _, frames, height, width, channels = batch.shape
        for item in np.flatnonzero(rng.random(len(batch)) < self.p):
            # One image of all frames, one above the other.
            turned = cv2.flip(batch[item].reshape(frames * height, width, channels), 1)
            batch[item] = turned.reshape(batch.shape[1:])
        return batch
