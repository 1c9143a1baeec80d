import numpy as np
import pytest

from tfgait.runtime.maximum import SlidingMaximum


@pytest.mark.parametrize("window", [1, 2, 3, 7, 40])
def test_window_holds_the_last_arrays(window):
    values = np.random.default_rng(window).integers(-128, 128, (30, 2, 3)).astype(np.int8)
    maximum = SlidingMaximum(window)
    for number, value in enumerate(values):
        maximum.push(value)
        np.testing.assert_array_equal(maximum.value, values[max(0, number + 1 - window) : number + 1].max(axis=0))
    assert maximum.value.dtype == np.int8


def test_without_a_window_all_count():
    values = np.random.default_rng(0).normal(size=(20, 5)).astype(np.float32)
    maximum = SlidingMaximum()
    for number, value in enumerate(values):
        maximum.push(value)
        np.testing.assert_array_equal(maximum.value, values[: number + 1].max(axis=0))


@pytest.mark.parametrize("window", [0, 3])
def test_nothing_is_left_after_a_reset(window):
    maximum = SlidingMaximum(window)
    assert maximum.value is None
    for value in (5.0, 9.0, 7.0, 8.0):
        maximum.push(np.array([value]))
    maximum.reset()
    assert maximum.value is None
    maximum.push(np.array([-1.0]))
    assert maximum.value.tolist() == [-1.0]


@pytest.mark.parametrize("window", [0, 3])
def test_what_is_pushed_is_copied(window):
    maximum, value = SlidingMaximum(window), np.array([3])
    maximum.push(value)
    value[0] = 8
    assert maximum.value.tolist() == [3]
