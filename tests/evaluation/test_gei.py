"""Gait energy images against means by hand."""

import numpy as np
import pytest

from tfgait.core.errors import DataError
from tfgait.evaluation.gei import gait_energy_image, gei_embeddings


def test_is_the_mean_over_time_in_0_to_1():
    frames = np.zeros((4, 3, 2, 1), np.uint8)
    frames[0], frames[1, 0, 0] = 255, 51
    expected = np.full((3, 2), 0.25)
    expected[0, 0] = (255 + 51) / 4 / 255
    np.testing.assert_allclose(gait_energy_image(frames), expected, rtol=1e-6)
    np.testing.assert_array_equal(gait_energy_image(frames[..., 0]), gait_energy_image(frames))


def test_embeddings_are_one_part_and_progress_is_told():
    told = []
    sequences = [np.full((t, 3, 2, 1), 255, np.uint8) for t in (1, 5)]
    found = gei_embeddings(sequences, progress=lambda *step: told.append(step))
    assert found.shape == (2, 1, 6)
    assert found.dtype == np.float32
    assert (found == 1).all()
    assert [t[:2] for t in told] == [(1, 2), (2, 2)]


def test_bad_frames_are_named():
    for shape in ((3, 2), (0, 3, 2, 1), (4, 3, 2, 2)):
        with pytest.raises(DataError, match="frames must be"):
            gait_energy_image(np.zeros(shape))
    with pytest.raises(DataError, match="all of one height and width"):
        gei_embeddings([np.zeros((2, 3, 2)), np.zeros((2, 4, 2))])
    with pytest.raises(DataError, match="at least one"):
        gei_embeddings([])
