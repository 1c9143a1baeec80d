import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.preprocess.estimators import Dis, Farneback
from tfgait.preprocess.flow import flow_maps, flow_windows, to_stored
from tfgait.preprocess.windows import window_starts

cv2 = pytest.importorskip("cv2")


def video(frames=30, height=120, width=160, dx=1.0, dy=0.0, patch=40, left=20):
    """A textured square that moves over a black ground, by whole and part pixels."""
    noise = np.random.default_rng(0).integers(0, 256, (patch, patch)).astype(np.uint8)
    texture = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 1.5), None, 40, 255, cv2.NORM_MINMAX)
    moves = [np.float32([[1, 0, left + dx * t], [0, 1, 30 + dy * t]]) for t in range(frames)]
    return np.stack([cv2.warpAffine(texture, move, (width, height)) for move in moves])


def constant(value):
    return lambda first, second: np.full((*first.shape, 2), value, np.float32)


def column_numbers(first, second):
    """Flow that says where it was measured: x of the pixel's middle, and half of it."""
    x = np.broadcast_to(np.arange(first.shape[1]) + 0.5, first.shape)
    return np.stack([x, x / 2], axis=-1).astype(np.float32)


def test_starts_follow_the_published_bound():
    for length in (0, 25, 26, 27, 31, 32, 60, 61, 100):
        assert list(window_starts(length)) == [i for i in range(0, length, 5) if i + 1 + 25 < length]


@pytest.mark.parametrize("estimator", [Farneback(), Farneback(0.5, window=9), Dis("medium")])
def test_flow_of_a_moving_square_is_in_pixels_of_the_video(estimator):
    dx, dy = 2.0, -0.5
    maps = flow_maps(video(frames=4, dx=dx, dy=dy), estimator)
    assert maps.shape == (3, 60, 80, 2)
    inside = maps[0, 22:28, 18:24]  # the square covers rows 15 to 35 and columns 10 to 30 of the map
    np.testing.assert_allclose(np.median(inside, axis=(0, 1)), [dx, dy], atol=0.15)


def test_values_are_not_rescaled_with_the_map():
    for size in ((240, 320), (480, 640), (60, 80)):
        [(start, flow)] = flow_windows(np.zeros((27, *size), np.uint8), estimator=constant(3.21))
        assert start == 0
        assert flow.dtype == np.int16
        assert flow.shape == (25, 60, 60, 2)
        assert (flow[:, :, 10:50] == 321).all()


@pytest.mark.parametrize("centre", [120.0, 160.0, 201.0])
def test_the_boxed_person_of_frame_12_comes_to_column_30(centre):
    boxes = np.tile([[5.0, 0, 20, 200]], (27, 1))
    boxes[12] = centre - 20, 0, 40, 200
    [(_, flow)] = flow_windows(np.zeros((27, 240, 320), np.uint8), boxes, column_numbers)
    assert abs(flow[0, 30, 30, 0] / 100 - centre) <= 0.02
    np.testing.assert_allclose(flow[..., 1], flow[..., 0] / 2, atol=1)
    # Neighbouring columns of the map are four pixels of the video apart, to the right.
    assert abs(flow[3, 0, 31, 0] - flow[3, 0, 30, 0] - 400) <= 1


def test_a_frame_without_a_box_borrows_the_nearest():
    boxes = np.zeros((27, 4))
    boxes[14] = 130, 0, 40, 200
    boxes[2] = 20, 0, 40, 200
    [(_, flow)] = flow_windows(np.zeros((27, 240, 320), np.uint8), boxes, column_numbers)
    assert abs(flow[0, 30, 30, 0] / 100 - 150) <= 0.02


def test_what_the_camera_did_not_see_is_zero():
    boxes = np.tile([[0.0, 0, 40, 200]], (27, 1))
    [(_, flow)] = flow_windows(np.zeros((27, 240, 320), np.uint8), boxes, constant(1.0))
    assert not flow[:, :, :24].any()
    assert (flow[:, :, 27:] == 100).all()


@pytest.mark.parametrize("boxes", [None, np.zeros((42, 4))])
def test_without_boxes_the_person_is_where_the_motion_is(boxes):
    frames = video(frames=42, dx=1.5, left=40)
    windows = flow_windows(frames, boxes, Farneback(0.5))
    assert [start for start, _ in windows] == [0, 5, 10, 15]
    for _, flow in windows:
        speed = np.abs(flow[12, ..., 0].astype(np.float32)).sum(axis=0)
        assert abs((speed * np.arange(60)).sum() / speed.sum() - 30) < 1.5


def test_flow_too_large_for_the_store_saturates():
    values = np.array([327.67, 327.68, 5000.0, -327.68, -400.0, 0.004, 0.006, -1.239])
    assert to_stored(values).tolist() == [32767, 32767, 32767, -32768, -32768, 0, 1, -124]


def test_other_shapes_of_video_keep_their_proportions():
    assert flow_maps(np.zeros((2, 90, 160), np.uint8), constant(1.0)).shape == (1, 60, 107, 2)
    [(_, flow)] = flow_windows(np.zeros((27, 120, 40), np.uint8), estimator=constant(1.0))
    assert flow.shape == (25, 60, 60, 2)
    assert (flow != 0).any(axis=(0, 1, 3)).sum() == 20


@pytest.mark.parametrize(
    ("grey", "message"),
    [
        (np.zeros((26, 60, 80), np.uint8), "at least 27 frames for flow. Received: 26"),
        (np.zeros((0, 60, 80), np.uint8), "none of them 0"),
        (np.zeros((30, 60, 80), np.float32), "Received: float32"),
        (np.zeros((30, 60, 80, 3), np.uint8), "grey must be uint8"),
        ("video", "Received: str"),
        (np.zeros((30, 60, 80), np.uint8), "nothing moves"),
    ],
)
def test_videos_that_cannot_be_used(grey, message):
    with pytest.raises(DataError, match=message):
        flow_windows(grey)


def test_bad_options():
    grey = np.zeros((30, 60, 80), np.uint8)
    for bad in (np.zeros((29, 4)), np.full((30, 4), np.nan), np.tile([500, 0, 10, 10], (30, 1))):
        with pytest.raises(ConfigError, match="boxes must be"):
            flow_windows(grey, bad, constant(1.0))
    for estimator in (constant(np.nan), lambda first, second: np.zeros((60, 80))):
        with pytest.raises(ConfigError, match="an estimator must give finite flow"):
            flow_windows(grey, estimator=estimator)
    with pytest.raises(ConfigError, match="window and step"):
        flow_windows(grey, step=0)
    with pytest.raises(ConfigError, match="scale must lie"):
        Farneback(0)
    with pytest.raises(ConfigError, match="preset"):
        Dis("slow")
