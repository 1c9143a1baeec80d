import numpy as np
import pytest

from tfgait.core.errors import ConfigError
from tfgait.core.modality import modality
from tfgait.data import geometry
from tfgait.data.erasing import Erase, EraseInside, Noise
from tfgait.data.geometry import Affine, Mirror
from tfgait.data.transforms import AUGMENTATIONS, Chain, Threshold


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


@pytest.mark.parametrize("name", list(AUGMENTATIONS))
def test_type_shape_and_chance_are_kept(name):
    stored = modality(name.partition("_")[0])
    batch = rng().integers(1, 200, (40, 3, *stored.shape)).astype(stored.dtype)
    transform = AUGMENTATIONS[name]
    first = transform(batch.copy(), rng(1))
    assert first.dtype == batch.dtype
    assert first.shape == batch.shape
    np.testing.assert_array_equal(first, transform(batch.copy(), rng(1)))
    assert (first != transform(batch.copy(), rng(2))).any()
    assert changed(batch, first).any()


@pytest.mark.parametrize(
    "transform",
    [Affine(p=0.5, degrees=10), Mirror(0.5), Erase(0.5), Threshold(0.5), Chain((EraseInside(), Noise()), p=0.5)],
)
def test_what_one_item_gets_does_not_depend_on_the_others(flow, transform):
    other = flow.copy()
    other[1:] = 0
    first, second = transform(flow.copy(), rng(1)), transform(other, rng(1))
    np.testing.assert_array_equal(first[0], second[0])


@pytest.mark.parametrize(
    "transform",
    [
        Affine(0.0),
        Mirror(0.0),
        Erase(0.0),
        Threshold(0.0),
        EraseInside(0.0),
        Noise(0.0),
        Chain(),
        Chain((Erase(1),), p=0.0),
    ],
)
def test_no_share_no_change(silhouettes, transform):
    np.testing.assert_array_equal(transform(silhouettes.copy(), rng()), silhouettes)


@pytest.mark.parametrize(
    ("transform", "share"),
    [
        (Affine(p=0.75, zoom=0.04), 0.75),
        (Mirror(0.375), 0.375),
        (Erase(0.25), 0.25),
        (Threshold(), 0.5),
        (Chain((Mirror(1),), p=0.3), 0.3),
    ],
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


def still(**options):
    """Return an `Affine` that does to every sequence nothing but what is asked for."""
    return Affine(**{"p": 1, "shifts": (0,), "zoom": 0.0, **options})


def test_mirrored_flow_turns_the_sign_of_x_alone(flow):
    transform = still(mirror=1, flow=True)
    mirrored = transform(flow.copy(), rng())
    np.testing.assert_array_equal(mirrored[..., 0], -flow[:, :, :, ::-1, 0])
    np.testing.assert_array_equal(mirrored[..., 1], flow[:, :, :, ::-1, 1])
    np.testing.assert_array_equal(transform(mirrored, rng()), flow)


def test_somebody_who_walks_right_on_the_left_walks_left_on_the_right():
    batch = np.zeros((1, 25, 60, 60, 2), np.int16)
    batch[:, :, 20:40, 5:15, 0] = 400
    [mirrored] = still(mirror=1, flow=True)(batch, rng())
    assert (mirrored[:, 20:40, 45:55, 0] == -400).all() and (mirrored[..., 0] != 0).sum() == 25 * 20 * 10


def test_mirrored_flow_does_not_wrap():
    batch = np.full((1, 1, 2, 2, 2), -32768, np.int16)
    assert (still(mirror=1, flow=True)(batch, rng())[..., 0] == 32767).all()


def test_half_of_the_moved_are_mirrored_and_none_of_the_others():
    batch = np.tile(np.arange(8, dtype=np.int16), (4000, 1, 8, 1))[..., None].repeat(2, axis=4)
    found = Affine(shifts=(0,), zoom=0.01, mirror=0.5)(batch.copy(), rng(1))
    turned = found[:, 0, 4, 7, 0] == 0
    assert abs(turned.mean() - 0.375) < 5 * np.sqrt(0.375 * 0.625 / 4000)
    assert AUGMENTATIONS["flow"].transforms[1] == Affine(0.75, mirror=0.5, flow=True, nearest=True)


@pytest.mark.parametrize("nearest", [True, False])
def test_warping_equals_interpolation_by_hand(nearest):
    """All frames, more than OpenCV takes at once, against four neighbours weighted one by one."""
    batch = rng().integers(-3000, 3001, (1, 300, 20, 16, 2), dtype=np.int16)
    linear, frames = np.array([[0.97, -0.1], [0.15, 1.03]]), batch[0].astype(float)
    move = np.column_stack([linear, (2.5, -1.75)])
    moved = batch.copy()
    border = geometry.cv2.BORDER_REPLICATE if nearest else geometry.cv2.BORDER_CONSTANT
    geometry._warp(moved[0], move, border, False, geometry._memory(batch))

    def pixel(x, y):
        if nearest:
            x, y = min(max(x, 0), 15), min(max(y, 0), 19)
        return frames[:, y, x] if 0 <= x < 16 and 0 <= y < 20 else np.zeros((300, 2))

    inverse = np.linalg.inv(linear)
    for y in range(0, 20, 3):
        for x in range(16):
            from_x, from_y = inverse @ (np.array([x, y]) - move[:, 2])
            left, top = int(np.floor(from_x)), int(np.floor(from_y))
            right, down = from_x - left, from_y - top
            wanted = (1 - down) * ((1 - right) * pixel(left, top) + right * pixel(left + 1, top))
            wanted += down * ((1 - right) * pixel(left, top + 1) + right * pixel(left + 1, top + 1))
            # OpenCV takes places to 1/32 of a pixel; neighbours differ by up to 6000.
            assert np.abs(moved[0, :, y, x] - wanted).max() <= 2 * 6000 / 64 + 1


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
        places.add((rows[-1], columns[0]))
    assert 0.04 < min(areas) <= max(areas) < 0.21
    # Axes that are swapped would keep every rectangle within the first 44 rows.
    assert max(row for row, _ in places) > 44
    assert len(places) > 30


def test_flow_is_thresholded_before_it_is_moved():
    """Half a pixel of speed that a zoom spreads over its neighbours is kept; one that was too slow is not spread."""
    batch = np.zeros((200, 1, 60, 60, 2), np.int16)
    batch[:, :, 30, 30], batch[:, :, 10, 10] = 60, 49
    found = AUGMENTATIONS["flow"](batch, rng(2))
    slow = (np.abs(found[:, 0, :22]) > 0).any(axis=(1, 2, 3))
    weak = ((np.abs(found) > 0) & (np.abs(found) < 50)).any(axis=(1, 2, 3, 4))
    assert 60 < slow.sum() < 140 and (weak & ~slow).any()


def person(items=6, frames=30):
    """Silhouettes of a block in a place of its own in every frame, never at the border."""
    batch = np.zeros((items, frames, 64, 44, 1), np.uint8)
    draw = rng(4)
    boxes = [(y, y + h, x, x + w) for y, h, x, w in zip(*draw.integers(8, 20, (4, items * frames)), strict=True)]
    for frame, (top, bottom, left, right) in zip(batch.reshape(-1, 64, 44), boxes, strict=True):
        frame[top:bottom, left:right] = 255
    return batch, boxes


def test_erasing_stays_inside_the_person_and_leaves_the_others_as_they_are():
    batch, boxes = person(items=20)
    batch[0, 3] = 0
    found = EraseInside(0.75)(batch.copy(), rng(1))
    pairs = zip(batch.reshape(-1, 64, 44), found.reshape(-1, 64, 44), boxes, strict=True)
    shares, touched = [], []
    for before, after, (top, bottom, left, right) in pairs:
        gone = before != after
        np.testing.assert_array_equal(after[~gone], before[~gone])
        touched.append(gone.any())
        if gone.any():
            rows, columns = np.flatnonzero(gone.any(axis=1)), np.flatnonzero(gone.any(axis=0))
            assert gone.sum() == len(rows) * len(columns)
            assert top <= rows[0] <= rows[-1] < bottom and left <= columns[0] <= columns[-1] < right
            shares.append(gone.sum() / ((bottom - top) * (right - left)))
    assert abs(np.mean(touched) - 0.75) < 0.1 and not touched[3]
    assert 0.03 < min(shares) <= max(shares) < 0.25 and np.std(shares) > 0.02
    lower = EraseInside(1, area=(0.2, 0.2))(np.full((1, 99, 64, 44, 1), 255, np.uint8), rng())[0, :, 44:]
    assert (lower == 0).any(axis=(1, 2, 3)).sum() > 20


def test_noise_dims_every_pixel_of_every_frame_by_a_number_of_its_own():
    found = Noise()(np.full((2, 30, 64, 44, 1), 255, np.uint8), rng())
    assert found.min() == round(0.01 * 255) and found.max() == round(0.99 * 255)
    share = found[0].astype(float) / 255
    assert abs(share.mean() - 0.5) < 0.01 and abs(share.std() - 0.98 / np.sqrt(12)) < 0.01
    assert abs(np.corrcoef(share[0].ravel(), share[1].ravel())[0, 1]) < 0.1
    assert not Noise()(np.zeros((1, 2, 8, 8, 1), np.uint8), rng()).any()
    bright = Noise(least=0.5, most=0.5)(np.full((1, 1, 2, 2, 1), 200, np.uint8), rng())
    assert (bright == 100).all()


def test_the_published_silhouette_set_changes_three_quarters_and_blanks_no_frame():
    batch, _ = person(items=400, frames=3)
    found = AUGMENTATIONS["silhouettes_embedded"](batch.copy(), rng(5))
    assert abs(changed(batch, found).mean() - 0.75) < 0.1
    # Multiplied by one half on average, and at most a fifth of the box erased.
    assert (found.sum(axis=(2, 3, 4)) > 0.3 * batch.sum(axis=(2, 3, 4))).all()


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
        lambda: Affine(mirror=2),
        lambda: EraseInside(area=(0, 0.1)),
        lambda: Noise(least=0.9, most=0.1),
        lambda: Noise(most=1.5),
        lambda: Chain(p=-1),
    ],
)
def test_bad_options(bad):
    with pytest.raises(ConfigError, match="Received"):
        bad()
