"""What a surface is made of: hulls of ellipsoids that ride on landmarks, and frames to set them in."""

import numpy as np

RINGS = 3
CLOTH = 0.008  # metres that plain clothes add to the trunk


class Surface:
    """Collects the parts of one walk.

    `names` holds the names of its P parts; the last-but-one index of `axes` runs over the half axes of an ellipsoid.
    """

    def __init__(self, frames):
        self.frames = frames
        self.names = []
        self._centres, self._axes = [], []

    def add(self, name, *rings):
        """Add the hull of one to three `(centre (T, 3), axes (T, 3, 3) or radius)`."""
        self.names.append(name)
        for k in range(RINGS):
            centre, shape = rings[min(k, len(rings) - 1)]
            self._centres.append(centre)
            ball = np.ndim(shape) == 0
            self._axes.append(np.broadcast_to(shape * np.eye(3), (self.frames, 3, 3)) if ball else shape)

    @property
    def centres(self):
        """Of the ellipsoids, `(T, P, RINGS, 3)` in metres."""
        return np.stack(self._centres, 1).reshape(self.frames, -1, RINGS, 3)

    @property
    def axes(self):
        """Of the ellipsoids, `(T, P, RINGS, 3, 3)` in metres."""
        return np.stack(self._axes, 1).reshape(self.frames, -1, RINGS, 3, 3)


def unit(vector):
    """Vectors `(..., 3)` brought to length 1."""
    return vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-9)


def frame_of(across, up):
    """Axes `(T, 3, 3)`: left, forward, up; up is kept, left is made square to it."""
    up = unit(up)
    forward = unit(np.cross(across, up))
    return np.stack([np.cross(up, forward), forward, up], axis=1)


def sole(point, side):
    """Up from the sole of a foot `(T, 3)`, and the foot's frame `(T, 3, 3)`."""
    ankle, heel, ball = (point[f"{side}_{n}"] for n in ("ankle", "heel", "ball"))
    up = unit(ankle - (heel + ball) / 2)
    return up, frame_of(np.cross(up, ball - heel), up)


def ellipsoid(frame, *half):
    """Half axes `(T, 3, 3)` of an ellipsoid in a frame `(T, 3, 3)`, from its half width, depth and height in metres."""
    return frame * np.array(half)[:, None]


def between(a, b, share):
    """The point at `share` of the way from `a` to `b`, both `(T, 3)`."""
    return a + share * (b - a)
