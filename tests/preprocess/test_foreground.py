import cv2
import numpy as np
import pytest
from films import filmed, iou, whole

from tfgait.core.errors import DataError
from tfgait.preprocess import foreground as module
from tfgait.preprocess.foreground import Foreground, overlap


def people(frames, finder=None):
    finder = finder or Foreground()
    return [finder.find(frame) for frame in frames]


NOISE = np.random.default_rng(1).normal(0, 2, (7, 240, 320, 3))


def noisy(picture, number):
    return np.clip(picture + NOISE[number % 7], 0, 255).astype(np.uint8)


def room():
    return np.random.default_rng(0).integers(90, 140, (240, 320, 3)).astype(np.uint8)


def standing(picture, x=140, y=60, width=40, height=120):
    """A picture with a bright block in it."""
    made = picture.copy()
    made[y : y + height, x : x + width] = (200, 220, 240)
    return made


@pytest.mark.parametrize(("subject", "condition", "view"), [(9201, "nm-01", "090"), (9203, "bg-01", "000")])
def test_the_mask_is_that_of_the_person(subject, condition, view):
    pictures, silhouettes = filmed(subject, condition, view)
    found = people(pictures)
    fits = [iou(p.mask, s) for p, s in zip(found, silhouettes, strict=True) if p and whole(s)]
    assert len(fits) >= 0.97 * sum(map(whole, silhouettes))
    assert np.mean(fits) > 0.87 and np.min(fits) > 0.75
    assert not any(p for p, s in zip(found, silhouettes, strict=True) if p and not s.any())


def test_a_light_that_changes_is_nobody_and_hides_nobody():
    pictures, silhouettes = filmed()
    light = 1 + 0.25 * np.sin(np.arange(len(pictures)) / 8)
    found = people(cv2.convertScaleAbs(p, alpha=a) for p, a in zip(pictures, light, strict=True))
    assert not any(found[:25])
    fits = [iou(p.mask, s) for p, s in zip(found, silhouettes, strict=True) if p and whole(s)]
    assert len(fits) >= 0.9 * sum(map(whole, silhouettes)) and np.mean(fits) > 0.8


def test_who_moves_on_the_spot_stays_and_what_stands_still_fades():
    empty = room()
    moving = [standing(empty, height=120 + 6 * (k % 2), width=40 + 6 * (k // 2 % 2)) for k in range(100)]
    for frames, stays in ((moving, True), ([standing(empty)] * 100, False)):
        found = people([noisy(f, k) for k, f in enumerate([empty] * 15 + frames)])
        assert all(found[20:40]) and (found[-1] is not None) == stays


def test_the_larger_of_two_and_of_equal_ones_who_was_followed():
    empty = room()
    finder = Foreground()
    people([empty] * 12, finder)
    both = standing(standing(empty, 40), 220, width=44)
    assert finder.find(both).box == pytest.approx((220, 60, 44, 120), abs=2)
    finder = Foreground()
    people([empty] * 12, finder)
    assert finder.find(standing(empty, 40)).box == pytest.approx((40, 60, 40, 120), abs=2)
    assert finder.find(both).box[0] < 50
    assert finder.find(standing(standing(empty, 40, width=15), 220, width=60)).box[0] > 200


def test_who_is_not_whole_is_nobody():
    empty = room()
    finder = Foreground()
    people([empty] * 12, finder)
    for part in ({"x": 0}, {"x": 280}, {"y": 120}, {"y": 0}, {"width": 150}, {"height": 20}, {"width": 8}):
        assert finder.find(standing(empty, **part)) is None, part
    assert finder.find(standing(empty))


def test_frames_of_every_kind_and_size():
    pictures, silhouettes = filmed()
    pictures, silhouettes, middle = pictures[10:61], silhouettes[10:], 50
    plain = people(pictures)[middle]
    alpha = people(np.concatenate([p, np.full((*p.shape[:2], 1), 7, np.uint8)], axis=2) for p in pictures)[middle]
    np.testing.assert_array_equal(alpha.mask, plain.mask)
    grey = [cv2.cvtColor(p, cv2.COLOR_BGR2GRAY) for p in pictures]
    found, same = people(grey)[middle], people(g[..., None] for g in grey)[middle]
    np.testing.assert_array_equal(found.mask, same.mask)
    assert iou(found.mask, silhouettes[middle]) > 0.7
    large = people(cv2.resize(p, None, fx=4, fy=4) for p in pictures)[middle]
    assert large.mask.shape == (360, 480)
    np.testing.assert_allclose(np.array(large.box) / 4, plain.box, atol=3)
    assert not any(people(p[:16, :16] for p in pictures))


def test_a_background_that_was_learnt_needs_no_empty_room():
    pictures, silhouettes = filmed()
    finder = Foreground()
    finder.learn(np.median(pictures[:12], axis=0).astype(np.uint8))
    found = finder.find(pictures[60])
    assert whole(silhouettes[60]) and iou(found.mask, silhouettes[60]) > 0.8


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (np.zeros((4, 4), np.float32), "Received: float32"),
        (np.zeros((4, 4, 2), np.uint8), r"Received: uint8 \(4, 4, 2\)"),
        (np.zeros((0, 4), np.uint8), r"Received: uint8 \(0, 4\)"),
        ("walk.mp4", "Received: str"),
        (np.zeros((9, 8, 3), np.uint8), "as large as the first, 8×8. Received: 8×9"),
        (np.zeros((8, 8), np.uint8), "as many channels as the first"),
    ],
)
def test_what_is_no_frame(frame, message):
    finder = Foreground()
    finder.find(np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(DataError, match=message):
        finder.find(frame)


def test_frames_of_too_many_pixels(monkeypatch):
    monkeypatch.setattr(module, "MOST_PIXELS", 100)
    with pytest.raises(DataError, match="at most 100 pixels. Received: 11×10"):
        Foreground().find(np.zeros((10, 11), np.uint8))


def test_overlap_of_boxes():
    assert overlap((0, 0, 10, 10), (5, 0, 10, 10)) == pytest.approx(50 / 150)
    assert overlap((0, 0, 4, 4), (0, 0, 4, 4)) == 1
    assert (
        overlap((0, 0, 4, 4), (4, 0, 4, 4)) == overlap((0, 0, 4, 4), (9, 9, 1, 1)) == overlap(None, (0, 0, 1, 1)) == 0
    )
