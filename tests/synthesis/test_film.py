import numpy as np
import pytest
from films import whole

from tfgait.core.errors import ConfigError
from tfgait.synthesis import film as module
from tfgait.synthesis.film import EMPTY, film


@pytest.fixture(scope="module")
def made():
    return film(3, "nm-01", "090", seed=1, frames=80)


def test_an_empty_room_then_somebody_comes_in_and_leaves(made):
    pictures, silhouettes = made
    assert pictures.shape == (EMPTY + 80, 240, 320, 3) and pictures.dtype == np.uint8
    assert silhouettes.shape == (EMPTY + 80, 240, 320) and set(np.unique(silhouettes)) == {0, 255}
    assert not silhouettes[:EMPTY].any()
    seen = np.array([whole(s) for s in silhouettes])
    assert not seen[EMPTY] and not seen[-1] and seen[EMPTY + 25 : -25].all()
    columns = [np.flatnonzero(s.any(axis=0)).mean() for s in silhouettes[EMPTY + 25 : -25]]
    assert (np.diff(columns) < 1).all() and columns[0] - columns[-1] > 60  # from right to left, all the way


def test_the_person_stands_out_where_the_silhouette_is(made):
    pictures, silhouettes = made
    middle = len(pictures) // 2
    change = np.abs(pictures[middle].astype(int) - pictures[0].astype(int)).max(axis=-1)
    person = silhouettes[middle] > 0
    assert np.median(change[person]) > 3 * np.median(change[~person])


def test_the_same_again_and_another_by_another_seed(made):
    again = film(3, "nm-01", "090", seed=1, frames=80)
    np.testing.assert_array_equal(again[0], made[0])
    other = film(3, "nm-01", "090", seed=2, frames=80)
    assert (other[1] != made[1]).any() and (other[0][0] != made[0][0]).any()


def test_a_shadow_lies_outside_the_person_and_only_darkens(monkeypatch):
    monkeypatch.setattr(module, "LIGHT", 0)
    dark, silhouettes = film(3, "nm-01", "090", seed=1, frames=30)
    monkeypatch.setattr(module, "SHADE", 1)
    bright, _ = film(3, "nm-01", "090", seed=1, frames=30)
    np.testing.assert_array_equal(dark[:EMPTY], bright[:EMPTY])
    shadow = (dark < bright).any(axis=-1)
    assert shadow[EMPTY + 15].sum() > 100
    assert (dark <= bright).all() and not (shadow & (silhouettes > 0))[EMPTY + 15].sum() > 0.02 * shadow.sum()
    rows = np.flatnonzero(shadow[EMPTY + 15].any(axis=1))
    assert rows.min() > np.flatnonzero(silhouettes[EMPTY + 15].any(axis=1)).mean()  # on the floor


def test_the_light_swings_slowly(made):
    brightness = made[0][:EMPTY].mean(axis=(1, 2, 3)) / made[0][:EMPTY].mean()
    assert np.abs(np.diff(brightness)).max() < 0.01 and np.ptp(brightness) > 0.01


@pytest.mark.parametrize("wrong", [{"frames": 151}, {"view": "181"}, {"condition": "xx-01"}])
def test_what_is_no_walk(wrong):
    with pytest.raises(ConfigError):
        film(**{"subject": 3, "condition": "nm-01", "view": "090", "seed": 1, "frames": 5, **wrong})
