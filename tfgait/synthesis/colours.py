"""Colour for the grey pictures of a walk: a tint for each material, drawn anew for every walk."""

import cv2
import numpy as np

from tfgait.synthesis.grey import MATERIALS, materials_of, paint_order
from tfgait.synthesis.render import SHIFT, fixed

LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601: of red, green and blue in grey
_SKIN = np.array([1.25, 0.95, 0.8])


def rgb(pictures, names, outline, depth, rng):
    """Colour pictures, uint8 `(T, H, W, 3)` red, green, blue; as grey they are `pictures` but for saturated pixels.

    Args:
        pictures: `(T, H, W)` uint8, from `grey`.
        names: of the P parts of the surface.
        outline, depth: as in `grey`.
        rng: a generator for the colours of the clothes, the same from every view of a walk.
    """
    tints = np.stack([np.ones(3), *(_tint(rng) if m != "skin" else _SKIN / (_SKIN @ LUMA) for m in MATERIALS)])
    labels = np.array([1 + MATERIALS.index(m) for m in materials_of(names)])
    corners, order = fixed(outline), paint_order(names, depth)
    made = np.empty((*pictures.shape, 3), np.uint8)
    for t, picture in enumerate(pictures):
        label = np.zeros(picture.shape, np.uint8)
        for p in order[t]:
            cv2.fillConvexPoly(label, corners[t, p], int(labels[p]), cv2.LINE_8, SHIFT)
        made[t] = np.clip(np.rint(picture[..., None] * tints[label]), 0, 255)
    return made


def _tint(rng):
    """Factors `(3,)` of a random hue and strength whose luma is 1."""
    hue, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.5)
    tint = 1 + strength * np.cos(hue - 2 * np.pi * np.arange(3) / 3)
    return tint / (tint @ LUMA)
