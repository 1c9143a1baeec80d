import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.preprocess.flow import flow_windows
from tfgait.preprocess.windows import picture_windows

BOXES = np.stack([np.linspace(60, 160, 42), np.zeros(42), np.full(42, 40), np.full(42, 200)], axis=1)
SHAPES = {"grey": np.uint8, "silhouettes": np.uint8, "depth": np.uint16}


def ramp(dtype, frames=42, height=240, width=320):
    """Frames whose values tell the column: four pixels of the video are one of the map."""
    return np.broadcast_to((np.arange(width) * 200 // width).astype(dtype), (frames, height, width)).copy()


def column_numbers(first, second):
    x = np.broadcast_to(np.arange(first.shape[1], dtype=np.float32), first.shape)
    return np.stack([x, x], axis=-1)


@pytest.mark.parametrize("modality", SHAPES)
def test_a_window_is_what_a_slow_loop_cuts(modality):
    rng = np.random.default_rng(0)
    frames = rng.integers(1, 250, (30, 240, 320)).astype(SHAPES[modality])
    boxes = np.tile([[100.0, 0, 40, 200]], (30, 1))  # centred on column 30 of the map, less half a pixel
    windows = picture_windows(frames, modality, boxes)
    assert [start for start, _ in windows] == [0]
    small = frames[:25].reshape(25, 60, 4, 80, 4).mean(axis=(2, 4))
    # The centre lies at 120 / 4 - 0.5: everything moves right by half a column.
    moved = np.concatenate([small[..., :1] / 2, (small[..., 1:60] + small[..., :59]) / 2], axis=-1)
    assert windows[0][1].shape == (25, 60, 60, 1) and windows[0][1].dtype == SHAPES[modality]
    np.testing.assert_allclose(windows[0][1][..., 1:, 0], moved[..., 1:], atol=1.01)


def test_all_modalities_look_through_one_opening():
    grey = picture_windows(ramp(np.uint8), "grey", BOXES)
    depth = picture_windows(ramp(np.uint16) * 20, "depth", BOXES)
    rgb = picture_windows(np.repeat(ramp(np.uint8)[..., None], 3, axis=-1), "rgb", BOXES)
    flow = flow_windows(ramp(np.uint8), BOXES, column_numbers)
    for windows in (grey, depth, rgb, flow):
        assert [start for start, _ in windows] == [0, 5, 10, 15]
    for (start, g), (_, d), (_, c), (_, f) in zip(grey, depth, rgb, flow, strict=True):
        column = f[12, 30, 30, 0] / 100
        assert abs(column + 0.5 - BOXES[start + 12, 0] - 20) < 0.1  # the box's middle
        for seen, times in ((g, 1), (d, 20), (c, 1)):
            assert abs(seen[12, 30, 30, 0] / times - column * 200 / 320) < 1.5
        np.testing.assert_array_equal(c, np.repeat(g, 3, axis=-1))


def test_depth_that_is_unknown_pulls_nothing_nearer():
    depth = np.full((30, 240, 320), 4000, np.uint16)
    depth[:, :, 1::2] = 0
    depth[:, 100:140] = 0
    [(_, window)] = picture_windows(depth, "depth", np.tile([[140.0, 0, 40, 200]], (30, 1)))
    assert (window[:, :24] == 4000).all() and (window[:, 36:] == 4000).all()
    assert not window[:, 26:34].any()


def test_a_window_without_a_box_is_left_out_and_a_frame_borrows_one():
    boxes = np.zeros((42, 4))
    boxes[30] = 130, 0, 40, 200
    windows = picture_windows(ramp(np.uint8), "grey", boxes)
    assert [start for start, _ in windows] == [10, 15]
    assert abs(int(windows[0][1][0, 0, 30, 0]) - 150 * 200 / 320) <= 1.5


def test_what_the_camera_did_not_see_is_zero():
    [(_, window)] = picture_windows(
        np.full((30, 240, 320), 90, np.uint8), "grey", np.tile([[0.0, 0, 40, 200]], (30, 1))
    )
    assert not window[:, :, :24].any() and (window[:, :, 26:] == 90).all()


@pytest.mark.parametrize(
    ("frames", "modality", "message"),
    [
        (np.zeros((26, 24, 32), np.uint8), "grey", "at least 27 frames for grey. Received: 26 frames"),
        (np.zeros((30, 24, 32), np.uint8), "depth", r"depth must be uint16 \(T, H, W\).*Received: uint8"),
        (np.zeros((30, 24, 32), np.uint8), "rgb", r"rgb must be uint8 \(T, H, W, 3\)"),
        (np.zeros((30, 24, 32, 3), np.uint8), "grey", r"grey must be uint8 \(T, H, W\)"),
        (np.zeros((30, 0, 32), np.uint8), "grey", "none of them 0"),
        ([1, 2], "grey", "Received: list"),
        (np.zeros((30, 24, 32), np.uint8), "grey", "nobody is boxed"),
    ],
)
def test_videos_that_cannot_be_used(frames, modality, message):
    with pytest.raises(DataError, match=message):
        picture_windows(frames, modality, np.zeros((30, 4)))


def test_bad_options():
    grey = np.zeros((30, 24, 32), np.uint8)
    with pytest.raises(ConfigError, match="modality must be one of grey, rgb, depth, silhouettes"):
        picture_windows(grey, "poses", np.zeros((30, 4)))
    with pytest.raises(ConfigError, match="boxes must be finite"):
        picture_windows(grey, "grey", np.zeros((29, 4)))
    with pytest.raises(ConfigError, match="window and step"):
        picture_windows(grey, "grey", np.zeros((30, 4)), step=0)
