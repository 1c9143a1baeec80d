import numpy as np
import pytest

from tfgait.core.errors import ConfigError
from tfgait.synthesis.skeleton import JOINT, JOINTS, SOLE, Motion, place, resample


def _joints(frames=5):
    return np.random.default_rng(0).normal(size=(frames, len(JOINTS), 3))


def test_place_puts_every_frame_on_the_ground_and_the_way_about_zero():
    placed = place(_joints())
    np.testing.assert_allclose(placed[:, SOLE, 2].min(axis=1), 0.0, atol=1e-12)
    pelvis = placed[:, JOINT["pelvis"]]
    np.testing.assert_allclose(pelvis[:, :2].min(axis=0), -pelvis[:, :2].max(axis=0))


def test_resample_keeps_the_frames_that_fall_together():
    motion = Motion(place(_joints(9)), 100.0)
    half = resample(motion, 50.0)
    assert len(half) == 5
    steps = np.diff(half.joints, axis=0), np.diff(motion.joints[::2], axis=0)
    np.testing.assert_allclose(*steps, atol=1e-12)
    assert resample(motion, 100.0) is motion


@pytest.mark.parametrize(
    ("joints", "fps", "message"),
    [
        (np.zeros((4, 3, 3)), 25.0, "joints must be"),
        (np.zeros((0, len(JOINTS), 3)), 25.0, "joints must be"),
        (np.full((2, len(JOINTS), 3), np.nan), 25.0, "finite"),
        (np.zeros((2, len(JOINTS), 3)), 0.0, "fps must be positive"),
    ],
)
def test_motion_refuses(joints, fps, message):
    with pytest.raises(ConfigError, match=message):
        Motion(joints, fps)
