import cv2
import numpy as np
import pytest

from tfgait.core.errors import DataError
from tfgait.preprocess import silhouettes
from tfgait.preprocess.tracks import boxes_of_masks, boxes_of_motion, read_boxes, smooth
from tfgait.synthesis.sequence import make_sequence


def middle(boxes):
    return boxes[:, 0] + boxes[:, 2] / 2


@pytest.mark.parametrize(("subject", "condition"), [(0, "nm-01"), (1, "s-01"), (3, "bg-01"), (4, "n-02")])
def test_a_walker_before_a_wall_is_found_within_a_few_pixels(subject, condition):
    made = make_sequence(subject, condition, "090", seed=0, frames=60, modalities=("grey", "silhouettes"))
    found, true = smooth(boxes_of_motion(made["grey"])), silhouettes.boxes(made["silhouettes"])
    assert (found[:, 2] > 0).all()
    away = np.abs(middle(found) - middle(true))
    assert np.median(away) < 3 and away.max() < 9  # of 320; the person is about 60 wide
    assert np.median(np.abs(found[:, 3] - true[:, 3])) < 12


def test_the_largest_part_of_a_mask_is_the_person():
    masks = np.zeros((3, 100, 200), np.uint8)
    masks[0, 20:80, 50:70] = 255
    masks[0, 10:20, 150:180] = 255
    masks[1, 5:8, 5:8] = 255  # a speck
    np.testing.assert_array_equal(boxes_of_masks(masks), [[50, 20, 20, 60], [0, 0, 0, 0], [0, 0, 0, 0]])


def test_nothing_moves_and_nobody_is_seen():
    noise = np.random.default_rng(0).normal(100, 3, (30, 120, 160)).clip(0, 255).astype(np.uint8)
    assert not boxes_of_motion(noise).any()
    assert not smooth(np.zeros((5, 4))).any()


def test_gaps_are_filled_and_long_absences_stay():
    boxes = np.zeros((60, 4))
    seen = np.r_[5:15, 20:25, 45:55]
    boxes[seen] = np.stack([3.0 * seen, np.full(25, 7), np.full(25, 20), np.full(25, 60)], axis=1)
    filled = smooth(boxes)
    present = np.r_[5:25, 45:55]
    np.testing.assert_allclose(filled[present, 0], 3.0 * present, atol=1e-9)
    np.testing.assert_array_equal(np.flatnonzero(filled[:, 2]), present)
    assert not filled[25:45].any()


def test_what_jumps_is_smoothed_away():
    boxes = np.tile([[50.0, 10, 20, 60]], (20, 1))
    boxes[10] = 150, 10, 20, 60
    np.testing.assert_allclose(smooth(boxes), np.tile([[50.0, 10, 20, 60]], (20, 1)))
    shaky = np.tile([[50.0, 10, 20, 60]], (40, 1)) + np.random.default_rng(0).normal(0, 2, (40, 4))
    assert smooth(shaky)[:, 0].std() < 0.6 * shaky[:, 0].std()


def test_a_file_of_boxes(tmp_path):
    path = tmp_path / "walk.csv"
    path.write_text("frame,x,y,width,height\n3,10.5,20,30,40\n\n0,0,0,5,5\n")
    np.testing.assert_array_equal(
        read_boxes(path, 5, (100, 200)), [[0, 0, 5, 5], [0] * 4, [0] * 4, [10.5, 20, 30, 40], [0] * 4]
    )


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("", "line 1 must be frame,x,y,width,height. Received: "),
        ("x,y,w,h\n", "line 1 must be frame,x,y,width,height. Received: x,y,w,h"),
        ("0,1,2,3\n", "line 2 must hold five numbers. Received: 0,1,2,3"),
        ("0,1,2,3,4\n0,1,2,3,wide\n", "line 3 must hold five numbers"),
        ("5,1,2,3,4\n", "line 2: frame must lie in 0 to 4. Received: 5"),
        ("1.5,1,2,3,4\n", "frame must lie in"),
        ("nan,1,2,3,4\n", "frame must lie in"),
        ("0,1,2,0,4\n", "a box must be centred inside the video, 200×100, and have a size. Received: 1,2,0,4"),
        ("0,190,2,30,4\n", "a box must be centred inside"),
        ("0,1,2,nan,4\n", "a box must be centred inside"),
        ("0,1,-inf,4,inf\n", "a box must be centred inside"),
        ("0,1,2,3,4\n0,1,2,3,4\n", "line 3: frame 0 has a box already"),
    ],
)
def test_lines_that_are_no_boxes(tmp_path, lines, message):
    head = "frame,x,y,width,height\n" if lines[:1].isdigit() or lines[:1] == "n" else ""
    (tmp_path / "walk.csv").write_text(head + lines)
    with pytest.raises(DataError, match=message):
        read_boxes(tmp_path / "walk.csv", 5, (100, 200))


def test_files_that_are_no_text(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_boxes(tmp_path / "absent.csv", 5, (100, 200))
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((9, 9), np.uint8))
    with pytest.raises(DataError, match="is no text"):
        read_boxes(tmp_path / "a.png", 5, (100, 200))
    (tmp_path / "huge.csv").write_bytes(bytes((1 << 24) + 1))
    with pytest.raises(DataError, match="at most 16777216 bytes"):
        read_boxes(tmp_path / "huge.csv", 5, (100, 200))
