"""Small trees of images for tests."""

import cv2
import numpy as np


def person(height=80, width=60, at=20, value=255):
    """A mask (H, W) of somebody 16 pixels wide."""
    mask = np.zeros((height, width), np.uint8)
    mask[10:70, at : at + 16] = value
    return mask


def write_sequence(folder, frames=3, make=lambda i: person(at=20 + i), suffix=".png"):
    folder.mkdir(parents=True)
    for i in range(frames):
        cv2.imwrite(str(folder / f"{i + 1}{suffix}"), make(i))
    return folder
