import subprocess
import sys
import zlib

import cv2
import numpy as np
import pytest

from tfgait.core.errors import ConfigError
from tfgait.synthesis.camera import HEIGHT, WIDTH
from tfgait.synthesis.contact_sheet import contact_sheet
from tfgait.synthesis.faults import add_faults
from tfgait.synthesis.sequence import CONDITIONS, MODALITIES, VIEWS, WalkerSettings, make_sequence, render_motion
from tfgait.synthesis.skeleton import Motion
from tfgait.synthesis.walker import Walker

ONE = make_sequence(5, "nm-01", "072", seed=2, frames=12, modalities=MODALITIES)


def _masks(*key, frames=8, seed=2, **settings):
    return make_sequence(*key, seed=seed, frames=frames, settings=WalkerSettings(**settings))["silhouettes"]


def test_shapes_types_and_values():
    assert {k: (v.shape, v.dtype) for k, v in ONE.items()} == {
        "silhouettes": ((12, HEIGHT, WIDTH), np.uint8),
        "poses": ((12, 17, 3), np.float32),
        "grey": ((12, HEIGHT, WIDTH), np.uint8),
        "rgb": ((12, HEIGHT, WIDTH, 3), np.uint8),
        "depth": ((12, HEIGHT, WIDTH), np.uint16),
    }
    assert set(np.unique(ONE["silhouettes"])) == {0, 255}
    assert ONE["poses"][..., 2].min() >= 0 and ONE["poses"][..., 2].max() <= 1
    assert len(CONDITIONS) == 10 and len(VIEWS) == 11


def test_one_person_whole_in_every_picture():
    for condition in CONDITIONS[::3]:
        for view in VIEWS[::2]:
            for mask in _masks(9, condition, view, frames=60, edge_noise=0.0)[::12]:
                _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
                areas = np.sort(stats[1:, cv2.CC_STAT_AREA])
                assert areas[-1] > 1000 and areas[:-1].sum() < 0.02 * areas[-1]
                assert not mask[[0, -1]].any() and not mask[:, [0, -1]].any()
                assert 60 < cv2.boundingRect(mask)[3] < 200


def test_the_same_again_in_any_order_and_process():
    keys = [(s, c, v) for s in (1, 2) for c in ("nm-01", "cl-02") for v in ("000", "108")]
    forth = {key: _masks(*key, frames=4) for key in keys}
    for key in reversed(keys):
        np.testing.assert_array_equal(forth[key], _masks(*key, frames=4))
    code = (
        "import zlib; from tfgait.synthesis.sequence import MODALITIES, make_sequence;"
        "made = make_sequence(5, 'nm-01', '072', seed=2, frames=12, modalities=MODALITIES[::-1]);"
        "print([zlib.crc32(made[m].tobytes()) for m in MODALITIES])"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == str([zlib.crc32(ONE[m].tobytes()) for m in MODALITIES])


def test_everything_named_changes_the_picture():
    plain = _masks(5, "nm-01", "072")
    for other in ((6, "nm-01", "072"), (5, "nm-02", "072"), (5, "nm-01", "090")):
        assert (plain != _masks(*other)).any()
    assert (plain != _masks(5, "nm-01", "072", seed=3)).any()


def test_a_coat_and_a_bag_make_the_outline_larger():
    still = {"motion_within": 0.0, "body_within": 0.0, "edge_noise": 0.0, "threshold_bias": 0.0}

    def area(subject, condition):
        masks = _masks(subject, condition, "054", frames=20, **still)
        # brought to one height, since distances differ
        return np.mean([(m > 0).sum() / cv2.boundingRect(m)[3] ** 2 for m in masks])

    plain, bag, coat = (np.mean([area(s, c) for s in range(6)]) for c in ("nm-01", "bg-01", "cl-01"))
    assert bag > 1.03 * plain and coat > 1.08 * plain


def test_poses_lie_in_the_silhouette():
    sure = WalkerSettings(pose_noise=0.0, pose_misses=0.0, edge_noise=0.0, threshold_bias=0.0)
    for view in VIEWS[::2]:
        made = make_sequence(3, "nm-01", view, seed=0, frames=10, modalities=("silhouettes", "poses"), settings=sure)
        for mask, points in zip(made["silhouettes"], made["poses"], strict=True):
            x, y = np.rint(points[:, :2]).astype(int).T
            assert cv2.dilate(mask, np.ones((5, 5)))[y, x].all()


def test_some_points_are_missed_and_hidden_ones_are_less_sure():
    made = make_sequence(3, "nm-01", "090", seed=0, frames=60, modalities=("poses",))["poses"]
    missed = made[..., 2] == 0
    assert 0 < missed.mean() < 0.06 and not made[missed].any()
    left, right = made[:, 5::2, 2], made[:, 6::2, 2]
    assert left[left > 0].mean() > right[right > 0].mean() + 0.1  # the camera sees the left side
    away = make_sequence(3, "nm-01", "180", seed=0, frames=60, modalities=("poses",))["poses"]
    assert away[:, 0, 2].mean() < 0.6 < made[:, 0, 2].mean()


def test_grey_moves_where_the_person_is():
    grey, masks = ONE["grey"].astype(int), ONE["silhouettes"]
    person = cv2.dilate(masks.max(axis=0), np.ones((7, 7))) > 0
    change = np.abs(np.diff(grey, axis=0)).mean(axis=0)
    assert change[person].mean() > 3 * change[~person].mean()
    assert grey[0][~person].std() > 5  # the wall has a texture


def test_optical_flow_sees_the_walk():
    settings = WalkerSettings(pose_noise=0.0, pose_misses=0.0)
    made = make_sequence(4, "nm-01", "090", seed=0, frames=12, modalities=MODALITIES, settings=settings)
    flow = cv2.calcOpticalFlowFarneback(made["grey"][5], made["grey"][6], None, 0.5, 3, 15, 3, 5, 1.2, 0)
    x, y = np.rint(made["poses"][5, 5:7, :2].mean(axis=0)).astype(int)  # between the shoulders
    seen = flow[y + 4 : y + 12, x - 3 : x + 4, 0].mean()
    moved = (made["poses"][6, 5:7, 0] - made["poses"][5, 5:7, 0]).mean()
    assert moved < -2 and abs(seen - moved) < 0.35 * abs(moved)


def test_texture_rides_on_the_body():
    settings = WalkerSettings(pose_noise=0.0, pose_misses=0.0)
    kept, slipped = [], []
    for subject in range(6):
        made = make_sequence(subject, "nm-01", "090", seed=0, frames=8, modalities=("poses", "grey"), settings=settings)
        head = made["poses"][:, 3:5, :2].mean(axis=1) - [0, 1]  # between the ears
        for t in range(7):
            patches = [
                cv2.getRectSubPix(made["grey"][frame], (9, 9), tuple(map(float, place))).astype(float)
                for frame, place in ((t, head[t]), (t + 1, head[t + 1]), (t + 1, head[t]))
            ]
            kept.append(np.abs(patches[1] - patches[0]).mean())
            slipped.append(np.abs(patches[2] - patches[0]).mean())
    assert np.mean(kept) < 0.6 * np.mean(slipped)


def test_the_first_frame_is_never_missing():
    for seed in range(100):
        alone = np.full((1, 40, 40), 255, np.uint8)
        add_faults(alone, 1.0, np.random.default_rng(seed))
        assert alone.any()


def test_faults_empty_some_frames_and_break_others():
    whole = _masks(5, "nm-01", "072", frames=60)
    faulty = _masks(5, "nm-01", "072", frames=60, faults=1.0)
    empty = ~faulty.any(axis=(1, 2))
    assert 0 < empty.sum() < 12
    assert ((faulty != whole).any(axis=(1, 2))).mean() > 0.5
    np.testing.assert_array_equal(whole, _masks(5, "nm-01", "072", frames=60, faults=0.0))


def test_a_recorded_walk_passes_through_the_same_renderer():
    walk = Walker(4).walk(frames=20)
    body = walk.body
    for condition in ("nm-01", "bg-01", "cl-01"):
        made = render_motion(walk.motion, body, condition, "054", seed=1, modalities=MODALITIES)
        assert made["silhouettes"].shape == (20, HEIGHT, WIDTH) and made["silhouettes"].any(axis=(1, 2)).all()
        again = render_motion(walk.motion, body, condition, "054", seed=1, modalities=("grey",))
        np.testing.assert_array_equal(made["grey"], again["grey"])
    assert render_motion(walk.motion, None)["silhouettes"].any(axis=(1, 2)).all()


def test_a_recorded_runner_stays_in_the_picture():
    joints = Walker(4).walk(frames=60).motion.joints.copy()
    joints[..., 0] += np.linspace(-2.5, 2.5, 60)[:, None]
    masks = render_motion(Motion(joints, 25.0), None)["silhouettes"]
    assert masks.any(axis=(1, 2)).all() and not masks[:, :, [0, -1]].any()


def test_contact_sheet_has_a_tile_for_each():
    sheet = contact_sheet([1, 2], ("nm-01", "cl-01"), ("000", "090", "180"), seed=0)
    assert sheet.shape == (4 * 134 + 6, 3 * 102 + 6) and sheet.dtype == np.uint8
    for top in range(6, sheet.shape[0], 134):
        for left in range(6, sheet.shape[1], 102):
            assert 0.08 < (sheet[top : top + 128, left : left + 96] > 200).mean() < 0.6
    with pytest.raises(ConfigError, match="must not be empty"):
        contact_sheet([], CONDITIONS, VIEWS)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"view": "200"}, "view must be"),
        ({"condition": "coat"}, "condition must be"),
        ({"modalities": "silhouettes"}, "modalities must be"),
        ({"modalities": ()}, "modalities must be"),
        ({"modalities": ("silhouette",)}, "Did you mean 'silhouettes'"),
        ({"seed": 1.5}, "seed must be"),
        ({"subject": -3}, "subject must be"),
    ],
)
def test_bad_input(changed, message):
    good = {"subject": 0, "condition": "nm-01", "view": "090", "seed": 0, "frames": 2}
    with pytest.raises(ConfigError, match=message):
        make_sequence(**good | changed)
