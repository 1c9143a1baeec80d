"""Silhouettes of outlines."""

import cv2
import numpy as np

from tfgait.synthesis.camera import HEIGHT, WIDTH

SHIFT = 4  # bits of a pixel's fraction


def fixed(outline):
    """Corners in pixels as the fixed-point int32 that OpenCV fills."""
    return np.rint(outline * (1 << SHIFT)).astype(np.int32)


def silhouettes(outline):
    """Fill outlines `(T, P, K, 2)` of convex parts, in pixels: uint8 `(T, HEIGHT, WIDTH)`, 0 or 255."""
    frames, parts, corners = outline.shape[:3]
    pictures = np.zeros((frames, HEIGHT, WIDTH), np.uint8)
    fill, at = cv2.fillConvexPoly, 0
    polygons = list(fixed(outline).reshape(frames * parts, corners, 2))
    for picture in pictures:
        for polygon in polygons[at : at + parts]:
            fill(picture, polygon, 255, cv2.LINE_8, SHIFT)
        at += parts
    return pictures
