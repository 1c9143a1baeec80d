import numpy as np
import pytest

from tfgait.core.errors import ConfigError
from tfgait.synthesis import body as bodies
from tfgait.synthesis import gait as gaits
from tfgait.synthesis.kinematics import pose, walk_on_ground
from tfgait.synthesis.settings import WalkerSettings
from tfgait.synthesis.skeleton import JOINT, SIDES, SOLE, Motion
from tfgait.synthesis.surface import build
from tfgait.synthesis.walker import Walker

BONES = {
    "shank": ("knee", "ankle"),
    "thigh": ("hip", "knee"),
    "upper_arm": ("shoulder", "elbow"),
    "forearm": ("elbow", "wrist"),
}
UPRIGHT = ("ankle_height", "shank", "thigh", "loin", "thorax", "neck", "head")


def _track(joints, a, b):
    return np.linalg.norm(joints[:, JOINT[a]] - joints[:, JOINT[b]], axis=-1)


def test_bones_keep_their_length_while_walking():
    for subject in range(5):
        walk = Walker(subject).walk("bg-01", seed=1, frames=40)
        joints, size = walk.motion.joints, walk.body.lengths
        for bone, (a, b) in BONES.items():
            for side in SIDES:
                np.testing.assert_allclose(_track(joints, f"{side}_{a}", f"{side}_{b}"), size[bone], rtol=1e-9)
        for bone, a, b in (("loin", "pelvis", "waist"), ("thorax", "waist", "chest"), ("head", "neck", "head")):
            np.testing.assert_allclose(_track(joints, a, b), size[bone], rtol=1e-9)


def test_without_angles_the_body_stands_upright_and_is_as_tall_as_every_other():
    still = {name: np.zeros((2, 1)) for name in gaits.NAMES}
    for seed in range(5):
        body = bodies.sample(np.random.default_rng(seed), spread=1.4)
        assert sum(body.lengths[k] for k in UPRIGHT) == pytest.approx(bodies.STATURE)
        joints = pose(body, still)
        # the neck leans by the forward offset of the head and is that much lower
        drop = body.lengths["neck"] * (1 - 1 / np.hypot(1, body.offsets["head_forward"] / body.lengths["neck"]))
        height = joints[0, JOINT["head"], 2] - joints[0, SOLE, 2].min()
        assert height == pytest.approx(bodies.STATURE - drop, abs=1e-9)


def test_the_normal_gait_is_the_table_it_was_read_from():
    gait = gaits.from_traits(np.zeros(gaits.TRAITS))
    angles = gait.angles(2 * np.pi * np.arange(20) / 20)
    for name in ("hip", "knee", "foot"):
        assert np.abs(np.degrees(angles[name][0]) - gaits.CHANNELS[name].curve).max() < 2.5, name
        # the right leg does the same half a stride later
        np.testing.assert_allclose(angles[name][1], np.roll(angles[name][0], 10), atol=1e-9)


def test_the_normal_walk_is_human():
    gait = gaits.from_traits(np.zeros(gaits.TRAITS))
    body = bodies.from_traits(np.zeros(len(bodies.NAMES)))
    phase = 2 * np.pi * gait.cadence * np.arange(400) / 100
    joints = walk_on_ground(pose(body, gait.angles(phase)))
    motion = Motion(joints, 100.0)
    speed = np.ptp(motion["pelvis"][:, 0]) / 4
    assert 0.9 < speed < 1.5
    assert 1.0 < speed / gait.cadence < 1.6  # a stride, metres
    assert 0.02 < np.ptp(motion["pelvis"][:, 2]) < 0.08
    assert np.ptp(motion["pelvis"][:, 1]) < 0.12
    assert np.diff(motion["pelvis"][:, 0]).min() > 0


def test_feet_stand_on_the_ground_and_do_not_slide():
    for subject in range(4):
        joints = Walker(subject).walk("nm-02", seed=0, frames=60).motion.joints
        soles = joints[:, SOLE]
        np.testing.assert_allclose(soles[..., 2].min(axis=1), 0.0, atol=1e-12)
        height = (soles[1:, :, 2] + soles[:-1, :, 2]) / 2
        lowest = height.argmin(axis=1)
        step = np.abs(np.diff(soles[..., 0], axis=0))[np.arange(len(lowest)), lowest]
        forward = np.ptp(joints[:, JOINT["pelvis"], 0]) / (len(joints) - 1)
        assert np.median(step) < 0.15 * forward


def test_a_person_stays_the_same_and_a_walk_does_not():
    settings = WalkerSettings()
    assert Walker(7).body == Walker(7, settings).body != Walker(8).body
    same = Walker(7).walk("nm-01", seed=3, frames=20).motion.joints
    np.testing.assert_array_equal(same, Walker(7).walk("nm-01", seed=3, frames=20).motion.joints)
    for condition, seed in (("nm-02", 3), ("nm-01", 4)):
        assert np.abs(same - Walker(7).walk(condition, seed=seed, frames=20).motion.joints).max() > 0.01


def test_switches_make_people_equal():
    bodies_equal, motion_equal = WalkerSettings(equal_bodies=True), WalkerSettings(equal_motion=True)
    assert Walker(1, bodies_equal).body == Walker(2, bodies_equal).body
    assert Walker(1, motion_equal).body != Walker(2, motion_equal).body
    first, second = Walker(1, motion_equal).gait, Walker(2, motion_equal).gait
    np.testing.assert_array_equal(first.harmonics, second.harmonics)
    assert Walker(1, bodies_equal).gait.cadence != Walker(2, bodies_equal).gait.cadence


def test_a_bag_hampers_its_arm_and_a_coat_both():
    def swing(condition, subject):
        walk = Walker(subject, WalkerSettings(motion_within=0.0, speed_within=0.0)).walk(condition, frames=60)
        hand = walk.motion.joints[:, [JOINT["left_elbow"], JOINT["right_elbow"]], 0]
        return np.ptp(hand - walk.motion["chest"][:, None, 0], axis=0), walk.outfit

    seen = set()
    for subject in range(12):
        free, _ = swing("nm-01", subject)
        hampered, outfit = swing("bg-01", subject)
        seen.add(outfit.bag)
        if outfit.bag != "backpack":
            assert hampered[outfit.side] < 0.7 * free[outfit.side]
        assert (swing("cl-01", subject)[0] < 0.98 * free).all()
    assert len(seen) == 3


def test_coating_shoes_make_the_feet_larger_and_hamper_them():
    still = WalkerSettings(motion_within=0.0, speed_within=0.0, body_within=0.0)

    def feet(condition, subject):
        walk = Walker(subject, still).walk(condition, frames=60)
        shape = build(walk.motion, walk.body, walk.outfit)
        corners = shape.centres[:, :, :, None] + np.concatenate([shape.axes, -shape.axes], axis=3)
        feet = [i for i, name in enumerate(shape.names) if name in ("foot", "toes", "overshoe")]
        left = np.ptp(corners[:, feet[: len(feet) // 2]], axis=(1, 2, 3))
        turn = walk.motion["left_ball"] - walk.motion["left_heel"]
        return left[left[:, 2].argmin()], np.ptp(np.arctan2(turn[:, 2], turn[:, 0]))

    for subject in range(4):
        (plain, rolled), (shod, less) = feet("n-01", subject), feet("s-01", subject)
        length, width, height = shod - plain  # of a foot that stands
        assert 0.015 < length < 0.06 and 0.01 < width < 0.06 and 0.02 < height < 0.08
        assert 0.8 * rolled < less < 0.97 * rolled


def test_every_backpack_condition_has_a_backpack():
    assert {Walker(s).walk("b-01", frames=1).outfit.bag for s in range(12)} == {"backpack"}
    assert Walker(0).walk("s-02", frames=1).outfit.bag is None


def test_months_change_a_person_more_than_a_day_and_less_than_another_person():
    settings = WalkerSettings(speed_within=0.0)

    def angles(subject, condition):
        walk = Walker(subject, settings).walk(condition, frames=60).motion
        knee = np.linalg.norm(walk["left_hip"] - walk["left_ankle"], axis=-1)
        arm = np.linalg.norm(walk["left_shoulder"] - walk["left_wrist"], axis=-1)
        lean = walk["head"][:, 0] - walk["pelvis"][:, 0]
        return np.array([knee.mean(), knee.std(), arm.mean(), arm.std(), lean.mean()])

    people = {(s, c): angles(s, c) for s in range(12) for c in ("n-01", "n-02", "n-07", "n-08")}
    scale = np.std(list(people.values()), axis=0)

    def apart(pairs):
        return np.mean([np.linalg.norm((people[a] - people[b]) / scale) for a, b in pairs])

    same_day = apart([((s, "n-01"), (s, "n-02")) for s in range(12)] + [((s, "n-07"), (s, "n-08")) for s in range(12)])
    months = apart([((s, "n-01"), (s, "n-07")) for s in range(12)] + [((s, "n-02"), (s, "n-08")) for s in range(12)])
    others = apart([((s, "n-01"), (t, "n-01")) for s in range(12) for t in range(s)])
    assert 1.1 * same_day < months < 0.7 * others


def test_fit_finds_the_lengths_of_a_body():
    walk = Walker(3).walk(frames=30)
    fitted = bodies.fit(walk.motion)
    for name, length in walk.body.lengths.items():
        assert fitted.lengths[name] == pytest.approx(length, rel=0.05), name


@pytest.mark.parametrize("subject", [-1, 1.5, "1", True])
def test_subject_must_be_a_number(subject):
    with pytest.raises(ConfigError, match="subject must be"):
        Walker(subject)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"condition": "xx-01"}, "condition must be"),
        ({"condition": "nm-1"}, "condition must be"),
        ({"condition": "nm-00"}, "condition must be"),
        ({"frames": 0}, "frames must be"),
        ({"frames": 151}, "frames must be"),
        ({"frames": 30.0}, "frames must be"),
        ({"seed": -1}, "seed must be"),
    ],
)
def test_walk_refuses(arguments, message):
    with pytest.raises(ConfigError, match=message):
        Walker(0).walk(**arguments)


@pytest.mark.parametrize(
    "setting", [{"body_spread": -1.0}, {"coat_hides": 1.5}, {"fps": 0.0}, {"motion_within": float("nan")}]
)
def test_settings_refuse(setting):
    with pytest.raises(ConfigError, match=f"{next(iter(setting))} must"):
        WalkerSettings(**setting)
