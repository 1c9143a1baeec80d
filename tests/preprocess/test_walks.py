from types import SimpleNamespace

import numpy as np
import pytest
from films import filmed, iou, whole, write_film

from tfgait.preprocess.silhouettes import align, cut
from tfgait.preprocess.walks import Follower, walks_in


def seen_at(*boxes):
    """A foreground that sees one box a frame, None for nobody."""
    left = iter(boxes)

    def find(frame):
        box = next(left)
        if box is None:
            return None
        mask = np.zeros((240, 320), np.uint8)
        x, y, width, height = box
        mask[y : y + height, x : x + width] = 255
        return SimpleNamespace(mask=mask, box=box)

    return SimpleNamespace(find=find)


def tracks(*boxes):
    follower = Follower(seen_at(*boxes))
    found = [follower.see(None) for _ in boxes]
    return [s and s.track for s in found], follower.track


BOX = (100, 60, 40, 120)


def test_a_track_outlives_twelve_frames_and_no_more():
    assert tracks(BOX, *[None] * 12, BOX) == ([1, *[None] * 12, 1], 1)
    assert tracks(BOX, *[None] * 13, BOX) == ([1, *[None] * 13, 2], 2)
    assert tracks(BOX, *[None] * 13)[1] == 0 and tracks(None)[1] == 0


def test_a_jump_is_another_person():
    assert tracks(BOX, (117, 60, 40, 120), (134, 60, 40, 120))[0] == [1, 1, 1]
    assert tracks(BOX, (125, 60, 40, 120))[0] == [1, 2]
    assert tracks(BOX, None, (125, 60, 40, 120))[0] == [1, None, 1]  # two frames give time for two steps
    assert tracks(BOX, (105, 85, 30, 75))[0] == [1, 2]  # another size
    assert tracks(BOX, (102, 70, 38, 100))[0] == [1, 1]


def test_a_mask_that_cannot_be_aligned_is_nobody():
    assert tracks((100, 60, 3, 4))[0] == [None]


@pytest.mark.parametrize("name", ["walk.mp4", "walk.avi"])
def test_the_silhouettes_of_a_video(tmp_path, name):
    pictures, silhouettes = filmed()
    [found] = walks_in(write_film(tmp_path / name, pictures, "mp4v" if name.endswith("mp4") else "MJPG"))
    exact = cut(align([s for s in silhouettes if whole(s)])[0])[..., None]
    assert found.dtype == np.uint8 and found.shape[1:] == (64, 44, 1)
    assert abs(len(found) - len(exact)) <= 2
    assert np.mean([max(iou(f, e) for e in exact) for f in found]) > 0.8


def test_nobody_walks_through_an_empty_room(tmp_path):
    assert walks_in(write_film(tmp_path / "walk.mp4", filmed()[0][:25])) == []


def test_the_first_frame_may_show_somebody_already(tmp_path):
    pictures, _ = filmed()
    [found] = walks_in(write_film(tmp_path / "walk.mp4", pictures[45:]))
    assert len(found) > 20
