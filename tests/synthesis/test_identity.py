"""Who somebody is lies in body and motion, and in nothing else."""

import cv2
import numpy as np
import pytest

from tfgait.synthesis.sequence import WalkerSettings, make_sequence

PEOPLE, WALKS = 20, 6
CONDITIONS = [f"nm-{i:02d}" for i in range(1, WALKS + 1)]


def _rank1(features):
    """The part of the last 2 walks of each person whose nearest among the first 4 walks of all is of that person."""
    features = np.asarray(features, float)
    gallery = features[:, :4].reshape(PEOPLE * 4, -1)
    probes = features[:, 4:].reshape(PEOPLE * 2, -1)
    distances = ((probes[:, None] - gallery) ** 2).sum(axis=-1)
    return (distances.argmin(axis=1) // 4 == np.arange(PEOPLE * 2) // 2).mean()


def _numbers(made):
    """What a picture shows beside body and motion: scale, position, brightness, number of frames."""
    boxes = np.array([cv2.boundingRect(m) for m in made["silhouettes"]], float)
    x, y, width, height = boxes.mean(axis=0)
    grey = made["grey"]
    inside = grey[made["silhouettes"] > 0].mean()
    return [height, x + width / 2, y + height / 2, inside, grey.mean(), grey.std(), len(grey)]


def test_scale_position_brightness_and_length_do_not_tell_who():
    modalities = ("silhouettes", "grey")
    scores = []
    for view in ("000", "090"):
        features = [
            [_numbers(make_sequence(s, c, view, seed=0, frames=5, modalities=modalities)) for c in CONDITIONS]
            for s in range(PEOPLE)
        ]
        spread = np.std(features, axis=(0, 1))
        scores.append(_rank1(features / np.where(spread > 0, spread, 1.0)))
    # 80 probes at chance 1 / 20: 13.4 % is 3.5 standard deviations above
    assert np.mean(scores) < 0.134


def _energy(subject, condition, settings):
    """A coarse gait energy image of 24 frames: cut to the person, one height, centred."""
    masks = make_sequence(subject, condition, "072", seed=0, frames=24, settings=settings)["silhouettes"]
    total = np.zeros((32, 32), np.float32)
    for mask in masks:
        _, y, _, height = cv2.boundingRect(mask)
        x = cv2.moments(mask[y : y + height // 2], True)
        middle, scale = x["m10"] / x["m00"], 32 / height
        matrix = np.array([[scale, 0, 16 - scale * middle], [0, scale, -scale * y]])
        total += cv2.warpAffine(mask, matrix, (32, 32), flags=cv2.INTER_LINEAR)
    return total.ravel()


@pytest.mark.parametrize("equal", [{}, {"equal_bodies": True}, {"equal_motion": True}])
def test_body_alone_and_motion_alone_tell_who(equal):
    settings = WalkerSettings(**equal)
    features = [[_energy(s, c, settings) for c in CONDITIONS] for s in range(PEOPLE)]
    assert _rank1(features) > 0.4  # chance is 0.05


def test_without_body_and_motion_nothing_is_left():
    settings = WalkerSettings(equal_bodies=True, equal_motion=True)
    features = [[_energy(s, c, settings) for c in CONDITIONS] for s in range(PEOPLE)]
    assert _rank1(features) < 0.18  # 40 probes at chance 1 / 20: 3.7 standard deviations
