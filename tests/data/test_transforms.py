import numpy as np
import pytest

from tfgait.core.errors import ConfigError
from tfgait.data.transforms import AUGMENTATIONS, Affine, Chain, Erase, Mirror, Threshold


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture
def silhouettes():
    return rng().integers(1, 256, (40, 3, 64, 44, 1), dtype=np.uint8)


@pytest.fixture
def flow():
    return rng().integers(-3000, 3001, (40, 5, 60, 60, 2), dtype=np.int16)


def changed(before, after):
    return (before != after).any(axis=(1, 2, 3, 4))


@pytest.mark.parametrize("name", ["flow", "silhouettes"])
def test_type_shape_and_chance_are_kept(request, name):
    batch = request.getfixturevalue(name)
    transform = AUGMENTATIONS[name]
    first = transform(batch.copy(), rng(1))
    assert first.dtype == batch.dtype
    assert first.shape == batch.shape
    np.testing.assert_array_equal(first, transform(batch.copy(), rng(1)))
    assert (first != transform(batch.copy(), rng(2))).any()
    assert changed(batch, first).any()


@pytest.mark.parametrize("transform", [Affine(p=0.5, degrees=10), Mirror(0.5), Erase(0.5), Threshold(0.5)])
def test_what_one_item_gets_does_not_depend_on_the_others(flow, transform):
    other = flow.copy()
    other[1:] = 0
    first, second = transform(flow.copy(), rng(1)), transform(other, rng(1))
    np.testing.assert_array_equal(first[0], second[0])


@pytest.mark.parametrize("transform", [Affine(0.0), Mirror(0.0), Erase(0.0), Threshold(0.0), Chain()])
def test_no_share_no_change(silhouettes, transform):
    np.testing.assert_array_equal(transform(silhouettes.copy(), rng()), silhouettes)


@pytest.mark.parametrize(
    ("transform", "share"),
    [(Affine(p=0.75, zoom=0.04), 0.75), (Mirror(0.375), 0.375), (Erase(0.25), 0.25), (Threshold(), 0.5)],
)
def test_the_share_of_changed_sequences(transform, share):
    batch = rng().integers(-3000, 3001, (4000, 1, 8, 8, 2), dtype=np.int16)
    found = changed(batch, transform(batch.copy(), rng(1))).mean()
    assert abs(found - share) < 5 * np.sqrt(share * (1 - share) / 4000)


def test_shifts_move_all_frames_by_the_same_whole_pixels(silhouettes):
    silhouettes = silhouettes[:, :, :14, :12]
    moved = Affine(p=1, zoom=0.0)(silhouettes.copy(), rng(3))
    found = set()
    for before, after in zip(silhouettes, moved, strict=True):
        matches = [
            (dx, dy) for dx in range(-6, 7) for dy in range(-6, 7) if np.array_equal(_shifted(before, dx, dy), after)
        ]
        assert len(matches) == 1
        found.add(matches[0])
    assert {dx for dx, _ in found} == {dy for _, dy in found} == {-5, -3, 0, 3, 5}


def _shifted(frames, dx, dy):
    """Move (T, H, W, C) right by dx and down by dy, zero where nothing comes from: a slow way on purpose."""
    result = np.zeros_like(frames)
    _, height, width, _ = frames.shape
    for y in range(height):
        for x in range(width):
            if 0 <= y - dy < height and 0 <= x - dx < width:
                result[:, y, x] = frames[:, y - dy, x - dx]
    return result


def test_zoom_and_rotation_stay_within_their_bounds_about_the_middle():
    y, x = np.mgrid[0:61, 0:61].astype(np.int16)
    ramp = np.stack([x - 30, y - 30], axis=-1)[None, None] * np.int16(100)
    for seed in range(20):
        zoomed = Affine(p=1, shifts=(0,), nearest=True)(ramp.copy(), rng(seed))[0, 0].astype(float) / 100
        assert np.abs(zoomed[30, 30]).max() <= 0.01
        # A picture made larger by 1.04 shows at 20 what was at 20 / 1.04.
        scale = 20 / zoomed[30, 50, 0], 20 / zoomed[50, 30, 1]
        assert 0.959 < min(scale) <= max(scale) < 1.041
        turned = Affine(p=1, shifts=(0,), zoom=0.0, degrees=10)(ramp.copy(), rng(seed))[0, 0].astype(float) / 100
        angle = np.degrees(np.arctan2(turned[30, 50, 1], turned[30, 50, 0]))
        assert abs(angle) <= 10.2
        assert abs(np.hypot(*turned[30, 50]) - 20) < 0.1


def test_what_comes_in_from_outside(silhouettes):
    right = Affine(p=1, shifts=(5,), zoom=0.0)(silhouettes.copy(), rng())
    assert not right[:, :, :5].any()
    assert not right[:, :, :, :5].any()
    near = Affine(p=1, shifts=(5,), zoom=0.0, nearest=True)(silhouettes.copy(), rng())
    np.testing.assert_array_equal(near[:, :, 5:, :5], np.repeat(silhouettes[:, :, :-5, :1], 5, axis=3))


def test_mirrored_silhouettes(silhouettes):
    np.testing.assert_array_equal(Mirror(1)(silhouettes.copy(), rng()), silhouettes[:, :, :, ::-1])


def test_mirrored_flow_turns_the_sign_of_x_alone(flow):
    mirrored = Mirror(1, flow=True)(flow.copy(), rng())
    np.testing.assert_array_equal(mirrored[..., 0], -flow[:, :, :, ::-1, 0])
    np.testing.assert_array_equal(mirrored[..., 1], flow[:, :, :, ::-1, 1])
    np.testing.assert_array_equal(Mirror(1, flow=True)(mirrored, rng()), flow)


def test_mirrored_flow_does_not_wrap():
    batch = np.full((1, 1, 2, 2, 2), -32768, np.int16)
    assert (Mirror(1, flow=True)(batch, rng())[..., 0] == 32767).all()


def test_thresholds_are_in_pixels():
    values = np.array([2300, 2301, -2300, -2301, 50, 49, -50, -49, 0, 32767, -32768, 1000], np.int16)
    batch = np.stack([values, values], axis=-1).reshape(1, 1, 3, 4, 2)
    kept = Threshold(1)(batch, rng())[0, 0, ..., 0].ravel()
    assert kept.tolist() == [2300, 0, -2300, 0, 50, 0, -50, 0, 0, 0, 0, 1000]


def test_erased_is_one_rectangle_the_same_in_all_frames_and_not_the_whole(silhouettes):
    erased = Erase(1)(silhouettes.copy(), rng())
    areas, places = [], set()
    for before, after in zip(silhouettes, erased, strict=True):
        gone = (after == 0)[..., 0]
        assert (gone == gone[:1]).all()
        rows, columns = np.flatnonzero(gone[0].any(axis=1)), np.flatnonzero(gone[0].any(axis=0))
        assert gone[0].sum() == len(rows) * len(columns)
        np.testing.assert_array_equal(after[~gone], before[~gone])
        areas.append(gone[0].mean())
        assert 0.29 < len(rows) / len(columns) < 3.6 or len(columns) == 44
        places.add((rows[0], columns[0]))
    assert 0.04 < min(areas) <= max(areas) < 0.21
    # Axes that are swapped would keep every rectangle within the first 44 rows.
    assert max(row for row, _ in places) > 44
    assert len(places) > 30


def test_no_sequence_is_blanked(silhouettes):
    for seed in range(20):
        after = AUGMENTATIONS["silhouettes"](silhouettes.copy(), rng(seed))
        assert (after.mean(axis=(1, 2, 3, 4)) > 0.6 * silhouettes.mean(axis=(1, 2, 3, 4))).all()


@pytest.mark.parametrize(
    "bad",
    [
        lambda: Affine(p=1.5),
        lambda: Affine(shifts=()),
        lambda: Affine(zoom=1),
        lambda: Affine(degrees=-1),
        lambda: Mirror(-0.1),
        lambda: Threshold(fast=0.1),
        lambda: Erase(area=(0.2, 0.1)),
        lambda: Erase(aspect=0),
    ],
)
def test_bad_options(bad):
    with pytest.raises(ConfigError, match="Received"):
        bad()
