"""What segmentation gets wrong, beyond noise on the edge."""

import cv2
import numpy as np

_MISSING, _HOLED, _RAGGED = 0.06, 0.5, 0.5  # the parts of the frames that fail at severity 1


def add_faults(pictures, severity, rng):
    """Break silhouettes in place: holes, ragged edges and missing (empty) frames; the first frame is never missing.

    Args:
        pictures: uint8 `(T, H, W)`, 0 or 255.
        severity: 0 to 1, scales how many frames fail.
        rng: the source of the faults.
    """
    for t, picture in enumerate(pictures):
        missing, holed, ragged = rng.random(3) < severity * np.array([_MISSING, _HOLED, _RAGGED])
        box = cv2.boundingRect(picture)
        if missing and t:
            picture[:] = 0
        if box[2] == 0:
            continue
        if holed:
            _holes(picture, box, rng)
        if ragged:
            _ragged(picture, rng)


def _holes(picture, box, rng):
    left, top, width, height = box
    for _ in range(rng.integers(1, 4)):
        centre = (left + int(width * rng.random()), top + int(height * rng.random()))
        axes = (int(rng.integers(2, 7)), int(rng.integers(2, 10)))
        cv2.ellipse(picture, centre, axes, float(rng.uniform(0, 180)), 0, 360, 0, -1)


def _ragged(picture, rng):
    """Bite into the edge and grow from it, in patches of about 3 pixels."""
    kernel = np.ones((5, 5), np.uint8)
    height, width = picture.shape
    coarse = rng.integers(0, 2, (height // 3 + 1, width // 3 + 1), dtype=np.uint8)
    patches = cv2.resize(coarse, None, fx=3, fy=3, interpolation=cv2.INTER_NEAREST)[:height, :width].astype(bool)
    grown, eaten = cv2.dilate(picture, kernel), cv2.erode(picture, kernel)
    picture[:] = np.where(patches, grown, eaten)
