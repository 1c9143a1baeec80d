import io

import pytest

from tfgait.core.errors import DataError
from tfgait.report.latency import rank1_against_latency

POINTS = [
    {"name": "model.keras", "ms": 36.0, "rank1": {"nm": 94.5, "cl": 90.7}},
    {"name": "model_int8.tflite", "ms": 12.0, "rank1": {"nm": 94.3, "cl": 90.4}},
]


def pixels(png):
    image = pytest.importorskip("matplotlib.image")
    return image.imread(io.BytesIO(png), format="png")[..., :3]


def test_files_are_told_apart_by_time_and_rank1():
    first = pixels(rank1_against_latency(POINTS))
    assert first.shape[0] > 300 and first.shape[1] > 900 and first.std() > 0.02
    for change in ({"ms": 30.0}, {"rank1": {"nm": 80.0, "cl": 70.0}}, {"name": "other"}):
        assert (pixels(rank1_against_latency([POINTS[0], {**POINTS[1], **change}])) != first).any(), change
    assert rank1_against_latency(POINTS[::-1]) == rank1_against_latency(POINTS)


def test_a_kind_that_one_file_lacks_is_left_out_of_it():
    assert rank1_against_latency([POINTS[0], {**POINTS[1], "rank1": {"nm": 94.3}}])


def test_nothing_to_draw_is_said():
    with pytest.raises(DataError, match="at least one model file"):
        rank1_against_latency([])
