import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.frames import central_frames
from tfgait.data.frames import choose

LENGTHS = np.array([1, 7, 29, 30, 31, 60, 61, 500])


def rng(seed=0):
    return np.random.default_rng(seed)


def test_unordered_takes_different_frames_where_there_are_enough():
    for seed in range(50):
        index, count = choose(LENGTHS, 30, "unordered", rng(seed))
        assert index.shape == (8, 30)
        assert count.tolist() == [30] * 8
        assert (index >= 0).all()
        assert (index < LENGTHS[:, None]).all()
        assert all(len(set(row.tolist())) == 30 for row in index[3:])


def test_unordered_draws_every_frame_equally_often_at_every_place():
    index, _ = choose(np.full(40_000, 8), 5, "unordered", rng())
    expected = 40_000 / 8
    for place in range(5):
        # Five standard deviations of a binomial.
        assert np.abs(np.bincount(index[:, place], minlength=8) - expected).max() < 5 * np.sqrt(expected * 7 / 8)
    short, _ = choose(np.full(10_000, 2), 5, "unordered", rng())
    assert np.abs(np.bincount(short.ravel()) - 25_000).max() < 5 * np.sqrt(12_500)


def test_ordered_ascends_within_a_stretch():
    starts = set()
    for seed in range(100):
        index, _ = choose(LENGTHS, 30, "ordered", rng(seed), skip=4)
        long = index[LENGTHS >= 34]
        assert (np.diff(long, axis=1) > 0).all()
        assert (long[:, -1] - long[:, 0] < 34).all()
        assert (index < LENGTHS[:, None]).all()
        starts.update(long[0].tolist())
    assert starts == set(range(60))


def test_ordered_cycles_short_sequences():
    index, _ = choose(np.array([7, 1]), 30, "ordered", rng(), skip=0)
    assert (np.diff(index[0]) % 7 == 1).all()
    assert not index[1].any()


def test_consecutive_takes_frames_on_end_and_a_stored_window_as_it_is():
    starts = set()
    for seed in range(100):
        index, _ = choose(np.array([25, 27, 10]), 25, "consecutive", rng(seed))
        assert index[0].tolist() == list(range(25))
        assert (np.diff(index[1]) == 1).all()
        assert (np.diff(index[2]) % 10 == 1).all()
        starts.add(int(index[1, 0]))
    assert starts == {0, 1, 2}


def test_central_is_the_rule_of_scoring():
    index, _ = choose(LENGTHS, 30, "central")
    for row, length in zip(index, LENGTHS, strict=True):
        np.testing.assert_array_equal(row, central_frames(int(length), 30))
    assert index[5].tolist() == list(range(15, 45))


def test_all_gives_every_frame_and_how_many():
    index, count = choose(np.array([2, 5, 1000]), None, "all")
    assert index.shape == (3, 720)
    assert count.tolist() == [2, 5, 720]
    assert index[0, :4].tolist() == [0, 1, 0, 0]
    assert index[2].tolist() == list(range(720))


def test_bad_values():
    with pytest.raises(ConfigError, match="Did you mean 'unordered'"):
        choose(LENGTHS, 30, "unorderd", rng())
    for frames, skip in ((0, 0), (30, -1)):
        with pytest.raises(ConfigError, match="frames must be"):
            choose(LENGTHS, frames, "ordered", rng(), skip)
    with pytest.raises(DataError, match="at least 1 frame"):
        choose(np.array([0]), 30, "central")
