"""What a depth camera sees of a walk: each part an elliptic cylinder, before a floor and a wall.

The errors follow a Kinect of the first kind, with which TUM-GAID was filmed: noise that grows with the square of the
distance (1.5 mm at 1 m; Khoshelham & Elberink, Sensors 12, 2012, equation 10), and pixels without a value at the rims
of what stands free.
"""

import cv2
import numpy as np

from tfgait.synthesis.camera import HEIGHT, WIDTH

_BEHIND = 1.2  # metres from the farthest point of the walk to the wall
_NOISE = 1.5e-3  # metres, at 1 m
_RIM = 0.3  # metres of difference between neighbours that make a rim
_LOST, _SPECKS = 0.5, 0.003  # the parts of the pixels of a rim, and of all others, that are unknown


def depth(surface, outline, camera, rng):
    """Depth pictures, uint16 `(T, HEIGHT, WIDTH)`: millimetres along the axis of the camera, 0 where unknown.

    Args:
        surface: the `Surface` of T frames.
        outline: `(T, P, K, 2)` pixels, its outlines.
        camera: the `Camera`.
        rng: a generator for what the camera gets wrong.
    """
    pictures = np.repeat(_room(camera, surface.centres)[None], len(outline), axis=0)
    parts = _Cylinders(surface, outline, camera)
    low = np.clip(np.floor(outline.min(axis=2)).astype(int), 0, (WIDTH, HEIGHT))
    high = np.clip(np.ceil(outline.max(axis=2)).astype(int) + 1, 0, (WIDTH, HEIGHT))
    for t, picture in enumerate(pictures):
        for p in range(outline.shape[1]):
            (x0, y0), (x1, y1) = low[t, p], high[t, p]
            if x1 > x0 and y1 > y0:
                mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
                cv2.fillConvexPoly(mask, np.rint(outline[t, p]).astype(np.int32) - (x0, y0), 1)
                seen = picture[y0:y1, x0:x1]
                np.minimum(seen, parts.distance(t, p, (x0, y0), mask.shape), out=seen, where=mask > 0)
    return np.stack([_measured(picture, rng) for picture in pictures])


class _Cylinders:
    """The parts as elliptic cylinders along their axes, as wide as their outlines and as deep as their ellipsoids."""

    def __init__(self, surface, outline, camera):
        start, near = camera.project(surface.centres[:, :, 0])
        end, far = camera.project(surface.centres[:, :, -1])
        way = end - start
        length = np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 1e-3)
        self._start, self._along = start, way / length**2
        self._across = np.stack([-way[..., 1], way[..., 0]], -1) / length
        self._near, self._way = near, far - near
        sides = np.einsum("tpkc,tpc->tpk", outline - start[:, :, None], self._across)
        self._middle = (sides.max(axis=2) + sides.min(axis=2)) / 2
        self._half = np.maximum((sides.max(axis=2) - sides.min(axis=2)) / 2, 0.5)
        self._bulge = np.linalg.norm(surface.axes @ camera.rotation[2], axis=-1).mean(axis=2)

    def distance(self, t, p, corner, shape):
        """Metres `shape` from the camera to the near side of part `p`, its first pixel at `corner`."""
        grid = np.stack(np.meshgrid(np.arange(shape[1]), np.arange(shape[0])), -1) + corner - self._start[t, p]
        along = np.clip(grid @ self._along[t, p], 0, 1)
        across = np.clip((grid @ self._across[t, p] - self._middle[t, p]) / self._half[t, p], -1, 1)
        return self._near[t, p] + along * self._way[t, p] - self._bulge[t, p] * np.sqrt(1 - across**2)


def _room(camera, centres):
    """Metres `(HEIGHT, WIDTH)` to the floor, z = 0, and to an upright wall behind the whole walk."""
    column, row = np.meshgrid(np.arange(WIDTH) - WIDTH / 2, np.arange(HEIGHT) - HEIGHT / 2)
    rays = np.stack([column, row, np.full_like(row, camera.focal)], axis=-1) / camera.focal @ camera.rotation
    ahead = camera.rotation[2] * (1, 1, 0)
    ahead /= np.linalg.norm(ahead)
    wall = ((centres - camera.position) @ ahead).max() + _BEHIND
    with np.errstate(divide="ignore"):
        floor = np.where(rays[..., 2] < 0, -camera.position[2] / rays[..., 2], np.inf)
    return np.minimum(floor, wall / (rays @ ahead))


def _measured(metres, rng):
    """Add the errors of the sensor and turn metres into its uint16 millimetres."""
    shallow = metres.astype(np.float32)
    rim = cv2.dilate(shallow, np.ones((3, 3))) - cv2.erode(shallow, np.ones((3, 3))) > _RIM
    lost = rng.random(metres.shape, dtype=np.float32) < np.where(rim, _LOST, _SPECKS)
    noisy = metres + _NOISE * metres**2 * rng.standard_normal(metres.shape, dtype=np.float32)
    return np.where(lost, 0, np.clip(np.rint(1000 * noisy), 1, 65_535)).astype(np.uint16)
