import numpy as np
import pytest
from films import filmed

from tfgait.core.errors import DataError
from tfgait.preprocess import background as module
from tfgait.preprocess.background import background_of


def test_an_empty_room_at_the_beginning_is_it():
    pictures, _ = filmed(view="000")  # whoever comes towards the camera stays in one place
    np.testing.assert_array_equal(background_of(iter(pictures)), np.median(pictures[:12], axis=0).astype(np.uint8))


def test_of_who_walks_by_from_the_first_frame_on_the_median_is_taken():
    pictures, silhouettes = filmed()
    walking = pictures[45:]
    assert silhouettes[45].any()
    found = background_of(iter(walking))
    covered = silhouettes[45] > 0
    wrong = np.abs(walking[0].astype(int) - pictures[0])[covered].mean()
    assert np.abs(found.astype(int) - pictures[0])[covered].mean() < 0.3 * wrong


def test_few_frames_are_kept_of_many(monkeypatch):
    kept = []
    monkeypatch.setattr(module.np, "stack", lambda frames: kept.append(len(frames)) or np.array(frames))
    moving = (np.full((40, 40), 90 + 100 * (k % 2), np.uint8) * (np.arange(40) > k % 7) for k in range(5000))
    background_of(moving)
    assert kept[-1] <= 102


def test_no_frame_and_one():
    with pytest.raises(DataError, match="at least 1 frame"):
        background_of(iter(()))
    frame = np.random.default_rng(0).integers(0, 256, (8, 9), dtype=np.uint8)
    np.testing.assert_array_equal(background_of([frame]), frame)
