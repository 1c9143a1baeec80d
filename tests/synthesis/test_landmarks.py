import numpy as np
import pytest

from tfgait.core.errors import ConfigError
from tfgait.synthesis import body as bodies
from tfgait.synthesis.landmarks import motion_from_landmarks
from tfgait.synthesis.sequence import render_motion
from tfgait.synthesis.skeleton import SOLE
from tfgait.synthesis.walker import Walker

# our joint -> the bone of CMU's ASF that ends there
CMU = {
    "pelvis": "root", "waist": "lowerback", "chest": "thorax", "neck": "upperneck", "head": "head",
    "left_hip": "lhipjoint", "left_knee": "lfemur", "left_ankle": "ltibia", "left_ball": "lfoot", "left_toe": "ltoes",
    "left_shoulder": "lclavicle", "left_elbow": "lhumerus", "left_wrist": "lradius", "left_hand": "lhand",
}  # fmt: skip
CMU |= {k.replace("left", "right"): "r" + v[1:] for k, v in CMU.items() if k.startswith("left")}
BVH = {
    "pelvis": "Hips", "neck": "Neck", "head": "Head", "left_hip": "LeftUpLeg", "left_knee": "LeftLeg",
    "left_ankle": "LeftFoot", "left_ball": "LeftToeBase", "left_shoulder": "LeftArm", "left_elbow": "LeftForeArm",
    "left_wrist": "LeftHand",
}  # fmt: skip
BVH |= {k.replace("left", "right"): v.replace("Left", "Right") for k, v in BVH.items() if k.startswith("left")}
WALK = Walker(11).walk(frames=50)


def _recorded(names, turn=0.7, y_up=True):
    """The walk as a recording has it: other names, another direction, y up."""
    points = np.stack([WALK.motion[ours] for ours in names], axis=1)
    cos, sin = np.cos(turn), np.sin(turn)
    points = points @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]]) + [3.0, -2.0, 0.4]
    return list(names.values()), points[..., [1, 2, 0]] if y_up else points


@pytest.mark.parametrize(("names", "y_up"), [(CMU, True), (CMU, False), (BVH, True)])
def test_a_recording_of_a_walker_becomes_that_walk_again(names, y_up):
    motion = motion_from_landmarks(*_recorded(names, y_up=y_up), 25.0)
    np.testing.assert_allclose(motion.joints[:, SOLE, 2].min(axis=1), 0.0, atol=1e-12)
    step = motion["pelvis"][-1] - motion["pelvis"][0]
    assert step[0] > 1.5 and abs(step[1]) < 1e-9
    # the walk's own way may lean a little to the side; relative to the pelvis the limbs are where they were
    for name in ("left_knee", "right_ankle", "left_elbow", "right_wrist", "left_shoulder"):
        found, true = motion[name] - motion["pelvis"], WALK.motion[name] - WALK.motion["pelvis"]
        np.testing.assert_allclose(found, true, atol=0.02)
    for name in ("left_heel", "right_toe", "head", "nose"):
        found, true = motion[name] - motion["pelvis"], WALK.motion[name] - WALK.motion["pelvis"]
        assert np.median(np.linalg.norm(found - true, axis=-1)) < 0.09, name


def test_a_cmu_skeleton_written_by_hand_stands_and_renders():
    # a person of 1.7 m, walking along +z with y up, legs swinging by hand
    t = np.arange(30) / 25
    swing = 0.35 * np.sin(2 * np.pi * t)
    names, tracks = [], []

    def add(name, x, y, z):
        names.append(name)
        tracks.append(np.stack([x + 0 * t, y + 0 * t, z + 1.2 * t], axis=-1))

    add("root", 0, 0.98, 0)
    for side, sign in (("l", 1), ("r", -1)):  # left is +x when one walks along +z with y up
        a = sign * swing
        add(f"{side}hipjoint", 0.09 * sign, 0.9, 0)
        add(f"{side}femur", 0.09 * sign, 0.9 - 0.42 * np.cos(a), 0.42 * np.sin(a))
        add(f"{side}tibia", 0.09 * sign, 0.9 - 0.83 * np.cos(a), 0.83 * np.sin(a))
        add(f"{side}foot", 0.09 * sign, 0.87 - 0.83 * np.cos(a), 0.83 * np.sin(a) + 0.12)
        add(f"{side}clavicle", 0.18 * sign, 1.36, 0)
        add(f"{side}humerus", 0.2 * sign, 1.08, -0.1 * sign * swing)
        add(f"{side}radius", 0.2 * sign, 0.86, 0.05)
        add(f"{side}wrist", 0.2 * sign, 0.84, 0.06)
    add("lowerback", 0, 1.1, 0)
    add("upperneck", 0, 1.47, 0.02)
    add("head", 0, 1.62, 0.03)
    motion = motion_from_landmarks(names, np.stack(tracks, axis=1), 25.0)
    assert (motion["left_hip"][:, 1] > motion["right_hip"][:, 1]).all()
    assert (motion["nose"][:, 0] > motion["neck"][:, 0]).all()
    assert motion["head"][:, 2].max() == pytest.approx(1.68, abs=0.08)
    fitted = bodies.fit(motion)
    assert fitted.lengths["thigh"] == pytest.approx(0.42, abs=1e-6)
    assert fitted.lengths["hip_half"] == pytest.approx(0.09, abs=1e-6)
    masks = render_motion(motion, None, "cl-01", "036")["silhouettes"]
    assert masks.any(axis=(1, 2)).all()


def test_bad_recordings():
    names, points = _recorded(CMU)
    without = [n for n in names if n != "lfemur"]
    with pytest.raises(ConfigError, match="names must hold the left knee, as lfemur"):
        motion_from_landmarks(without, points[:, : len(without)], 25.0)
    with pytest.raises(ConfigError, match="must be in metres"):
        motion_from_landmarks(names, points * 100, 25.0)
    with pytest.raises(ConfigError, match="y or z up"):
        motion_from_landmarks(names, -points, 25.0)
    with pytest.raises(ConfigError, match="positions must be"):
        motion_from_landmarks(names, points[:, :-1], 25.0)
    with pytest.raises(ConfigError, match="finite"):
        motion_from_landmarks(names, points * np.nan, 25.0)
