"""Outlines of convex parts in the picture, all frames at once."""

import numpy as np

CORNERS = 20
_ANGLES = 2 * np.pi * np.arange(CORNERS) / CORNERS
_DIRECTIONS = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)]).astype(np.float32)  # (2, CORNERS)


def outlines(camera, centres, axes):
    """Outlines of hulls of ellipsoids.

    In each of `CORNERS` directions the hull reaches as far as the farthest of its ellipsoids; the points reached, in
    order, are the corners. An ellipsoid is seen through the camera's slope at its centre.

    Args:
        camera: a `Camera`.
        centres: `(T, P, R, 3)` metres.
        axes: `(T, P, R, 3, 3)` half axes, metres.

    Returns:
        float32 `(T, P, CORNERS, 2)` pixels, and the mean depth `(T, P)` in metres.
    """
    middle, depth = camera.project(centres)
    seen = np.matmul(axes, np.swapaxes(camera.slope(centres), -1, -2)).astype(np.float32)  # (T, P, R, 3, 2)
    middle = middle.astype(np.float32)
    across = seen @ _DIRECTIONS  # (T, P, R, 3, K): how far each half axis reaches in each direction
    reach = np.sqrt(np.einsum("tprak,tprak->tprk", across, across))
    far = (middle @ _DIRECTIONS + reach).argmax(axis=2)[:, :, None]  # (T, P, 1, K)
    touch = np.einsum("tprak,tprac->tprkc", across, seen) / np.maximum(reach, 1e-6)[..., None]
    points = np.take_along_axis(touch + middle[..., None, :], far[..., None], axis=2)[:, :, 0]
    return points, depth.mean(axis=2)


def wider(outline, pixels):
    """Outlines `(T, P, CORNERS, 2)` moved out by `pixels` (in, if negative)."""
    return outline + np.float32(pixels) * _DIRECTIONS.T
