"""2D poses in COCO's 17 points, as an estimator would give them."""

import numpy as np

from tfgait.synthesis.camera import HEIGHT, WIDTH
from tfgait.synthesis.skeleton import JOINT

COCO = ("nose",) + tuple(
    f"{side}_{name}"
    for name in ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    for side in ("left", "right")
)
_POINTS = [JOINT[name] for name in COCO]
_FACE = 5  # the first of COCO's points


def poses(motion, camera, rng, noise=1.0, misses=0.02):
    """The COCO-17 points of a walk.

    Points behind the body, and the face of somebody who walks away, get less confidence and more noise.

    Args:
        motion: a `Motion` of T frames.
        camera: a `Camera`.
        rng: the source of noise and misses.
        noise: standard deviation of a well seen point, pixels.
        misses: the part of the points that is missed: 0, 0 with confidence 0. So are points outside the picture.

    Returns:
        float32 `(T, 17, 3)`: x, y in pixels of the picture, confidence in [0, 1].
    """
    pixels, depth = camera.project(motion.joints[:, _POINTS])
    # metres behind the middle of the body
    behind = depth - camera.project(motion["pelvis"])[1][:, None]
    seen = 0.92 - 1.5 * np.clip(behind, 0.0, 0.25)
    facing = motion["nose"] - (motion["left_ear"] + motion["right_ear"]) / 2
    away = (facing * (motion["nose"] - camera.position)).sum(-1)
    away /= np.linalg.norm(facing, axis=-1) * np.linalg.norm(motion["nose"] - camera.position, axis=-1)
    seen[:, :_FACE] = 0.92 - 0.6 * np.clip(away, 0.0, 1.0)[:, None]
    shape = depth.shape
    confidence = np.clip(seen + 0.04 * rng.standard_normal(shape), 0.05, 1.0)
    pixels = pixels + (noise * (1.9 - confidence) * rng.standard_normal((2, *shape))).transpose(1, 2, 0)
    missed = rng.random(shape) < misses
    missed |= ((pixels < 0) | (pixels > (WIDTH - 1, HEIGHT - 1))).any(axis=-1)
    found = np.concatenate([pixels, confidence[..., None]], axis=-1)
    return np.where(missed[..., None], 0.0, found).astype(np.float32)
