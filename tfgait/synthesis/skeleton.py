"""The landmarks of a walking person, and a walk as landmarks over time.

Every source of motion (the parametric walker, motion capture) ends in a `Motion`; the renderer knows nothing else.
"""

from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import ConfigError

SIDES = ("left", "right")
_MIDLINE = ("pelvis", "waist", "chest", "neck", "head", "nose")
_PAIRED = ("eye", "ear", "shoulder", "elbow", "wrist", "hand", "hip", "knee", "ankle", "heel", "ball", "toe")
JOINTS = _MIDLINE + tuple(f"{side}_{name}" for name in _PAIRED for side in SIDES)
JOINT = {name: i for i, name in enumerate(JOINTS)}
SOLE = tuple(JOINT[f"{side}_{name}"] for side in SIDES for name in ("heel", "ball", "toe"))

# Marks of the face from the base of the skull, in lengths of the head: forward, to the left, up.
FACE = {
    "nose": (0.55, 0.0, 0.42),
    "left_eye": (0.45, 0.17, 0.58),
    "right_eye": (0.45, -0.17, 0.58),
    "left_ear": (0.0, 0.39, 0.50),
    "right_ear": (0.0, -0.39, 0.50),
}
# The sole from the ankle, in lengths of the foot: how far behind it the heel lies, before it the ball, and the toes.
HEEL, BALL, TOES = -0.27, 0.47, 0.26
HAND = 0.9  # the fingers curl: their tips are this part of the hand's length from the wrist


@dataclass(frozen=True)
class Motion:
    """A straight walk.

    Args:
        joints: float64 `(T, J, 3)` in metres, in the order of `JOINTS`; x is the way walked, y left, z up. The lowest
            point of the feet lies on z = 0 and the pelvis is halfway at x = 0.
        fps: frames a second.

    Raises:
        ConfigError: the array has another shape, holds a number that is not finite, or `fps` is not positive.
    """

    joints: np.ndarray
    fps: float

    def __post_init__(self):
        joints = np.asarray(self.joints, dtype=np.float64)
        if joints.ndim != 3 or joints.shape[0] < 1 or joints.shape[1:] != (len(JOINTS), 3):
            raise ConfigError(f"joints must be (T, {len(JOINTS)}, 3). Received: joints of shape {joints.shape}")
        if not np.isfinite(joints).all():
            raise ConfigError("joints must be finite. Received: joints with nan or inf")
        if not (np.isfinite(self.fps) and self.fps > 0):
            raise ConfigError(f"fps must be positive. Received: fps={self.fps}")
        object.__setattr__(self, "joints", joints)

    def __getitem__(self, name):
        """The track `(T, 3)` of one joint."""
        return self.joints[:, JOINT[name]]

    def __len__(self):
        return len(self.joints)


def place(joints):
    """Put landmarks `(T, J, 3)` on the ground (every frame) and halfway at x = 0, y = 0; returns a new array."""
    joints = joints - [*_halfway(joints[:, JOINT["pelvis"]]), 0.0]
    joints[..., 2] -= joints[:, SOLE, 2].min(axis=1)[:, None]
    return joints


def _halfway(track):
    return (track[:, :2].min(axis=0) + track[:, :2].max(axis=0)) / 2


def resample(motion, fps):
    """The same walk at another frame rate, linearly between frames."""
    if not fps > 0:
        raise ConfigError(f"fps must be positive. Received: fps={fps}")
    if fps == motion.fps:
        return motion
    count = int((len(motion) - 1) * fps / motion.fps + 1e-9) + 1
    at = np.arange(count) * (motion.fps / fps)
    low = np.minimum(at.astype(int), len(motion) - 1)
    high = np.minimum(low + 1, len(motion) - 1)
    part = (at - low)[:, None, None]
    return Motion(place(motion.joints[low] * (1 - part) + motion.joints[high] * part), float(fps))
