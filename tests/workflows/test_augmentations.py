import cv2
import numpy as np
import pytest

from tfgait.core.errors import ConfigError
from tfgait.data.transforms import AUGMENTATIONS, Affine, Chain, Threshold
from tfgait.report import augmentations as report
from tfgait.workflows.augmentations import AugmentationsOptions, augmentations, most_changed, steps


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        (
            "of",
            ("Threshold; fast 23.0; slow 0.5; p = 0.5", "shift x and y by -5, -3, 0, 3, 5", "zoom", "mirror, x with"),
        ),
        (
            "silhouettes_embedded",
            ("shift", "zoom", "rotate by up to 10°; p = 0.75", "mirror; p = 0.375", "Noise", "Erase"),
        ),
    ],
)
def test_every_transform_is_drawn_and_changes_the_walk(tmp_path, monkeypatch, name, titles):
    drawn = []
    whole = report.before_and_after
    monkeypatch.setattr(report, "before_and_after", lambda rows, unit: drawn.extend(rows) or whole(rows, unit))
    result = augmentations(AugmentationsOptions(name, out=str(tmp_path / "a.png")))
    assert cv2.imread(result.file).std() > 5
    assert len(result.transforms) == len(titles) + 1 == len(drawn)
    assert all(found.startswith(title) for found, title in zip(result.transforms, titles, strict=False))
    for (_, before, after), changed in zip(drawn, result.changed, strict=True):
        assert before.shape == after.shape and before.any()
        assert changed == pytest.approx(100 * np.mean(before != after), abs=0.01) and changed > 1
    if name == "of":
        mirrored = drawn[3]
        np.testing.assert_allclose(mirrored[2][..., 0], -mirrored[1][:, :, ::-1, 0], atol=1e-5)


def test_steps_are_single_transforms_with_the_shares_of_all_around_them():
    chain = Chain((Chain((Affine(0.5, shifts=(2,), zoom=0.0, mirror=0.2),), p=0.5), Threshold(0.1)), p=0.8)
    found = list(steps(chain))
    assert [title.rpartition("p = ")[2] for title, _ in found] == ["0.2", "0.04", "0.08"]
    assert found[0][1] == Affine(1, shifts=(2,), zoom=0.0)
    assert found[1][1] == Affine(1, shifts=(0,), zoom=0.0, mirror=1.0)
    assert found[2][1] == Threshold(1)


def test_the_draw_that_shows_most_is_taken():
    batch = np.zeros((1, 2, 20, 20, 1), np.uint8)
    batch[:, :, 9:11, 9:11] = 255
    found = most_changed(AUGMENTATIONS["grey"], batch, 0)
    assert (found != batch).any()
    np.testing.assert_array_equal(found, most_changed(AUGMENTATIONS["grey"], batch, 0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mod": "flwo"}, "Did you mean 'flow'"),
        ({"seed": -1}, "seed must be at least 0"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ConfigError, match=message):
        augmentations(AugmentationsOptions(**options))
