import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.preprocess.silhouettes import align, boxes, cut


@pytest.fixture
def arrays(golden):
    with np.load(golden / "preprocessing" / "silhouettes.npz", allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


def person(height=240, width=320, left=140, top=60, tall=120):
    mask = np.zeros((height, width), np.uint8)
    mask[top : top + tall, left : left + 30] = 255
    return mask


@pytest.mark.parametrize(("method", "suffix"), [("opengait", ""), ("gaitset", "_original_gaitset")])
def test_equals_the_published_silhouettes(arrays, method, suffix):
    names = sorted({key.split("/")[1] for key in arrays if key.startswith("frames/")})
    assert len(names) == 27
    for name in names:
        aligned, kept = align(arrays[f"frames/{name}/mask"][None], method)
        assert kept.tolist() == [not arrays[f"frames/{name}/dropped{suffix}"]], name
        if kept[0]:
            np.testing.assert_array_equal(aligned[0], arrays[f"frames/{name}/aligned{suffix}"], name)


def test_equals_the_published_sequence_of_masks_of_different_sizes(arrays):
    aligned, kept = align([arrays[f"frames/{name}/mask"] for name in arrays["sequence/frame_names"]])
    np.testing.assert_array_equal(aligned, arrays["sequence/aligned"])
    assert kept.tolist() == [True, False, True, False, True, True]


def test_a_rectangle_fills_the_height_around_column_32():
    aligned, kept = align(np.stack([person(left=left) for left in (0, 50, 290)]))
    assert kept.all()
    # 30 of 120 pixels wide becomes 16 of 64; the resize blurs one column at either side.
    assert (aligned[:, :, 26:39] == 255).all()
    assert not aligned[:, :, :22].any()
    assert not aligned[:, :, 43:].any()


def test_frames_behind_a_dropped_one_are_not_mixed_with_it():
    tall, wide = person(), person(tall=60)
    aligned, kept = align(np.stack([tall, np.zeros_like(tall), wide, tall]))
    assert kept.tolist() == [True, False, True, True]
    np.testing.assert_array_equal(aligned[0], aligned[2])
    np.testing.assert_array_equal(aligned[1], align(wide[None])[0][0])


def test_no_frames_and_a_mask_too_narrow_to_scale():
    aligned, kept = align(np.zeros((0, 240, 320), np.uint8))
    assert aligned.shape == (0, 64, 64)
    assert kept.shape == (0,)
    assert not align(np.full((1, 300, 2), 255, np.uint8))[1].any()


def test_cut_leaves_the_middle_44_columns():
    frames = np.arange(64 * 64, dtype=np.int32).reshape(1, 64, 64)
    assert cut(frames).shape == (1, 64, 44)
    assert cut(frames)[0, 0].tolist() == list(range(10, 54))


def test_boxes():
    masks = np.stack([person(left=7), np.zeros((240, 320), np.uint8)])
    assert boxes(masks).tolist() == [[7, 60, 30, 120], [0, 0, 0, 0]]
    assert boxes(masks[:0]).shape == (0, 4)


@pytest.mark.parametrize("bad", [np.zeros((1, 4, 4), np.float32), np.zeros((1, 4, 4, 3), np.uint8), ["mask"]])
def test_what_is_no_mask_is_refused(bad):
    with pytest.raises(DataError, match="every mask must be uint8"):
        align(bad)


def test_an_unknown_method_is_refused():
    with pytest.raises(ConfigError, match="Did you mean 'opengait'"):
        align(person()[None], "opengate")
