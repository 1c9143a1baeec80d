"""Pictures of pruning: decoded, and compared where the picture must say something."""

import io

import pytest

from tfgait.core.errors import DataError
from tfgait.report.pruning import sensitivity_map, trade_off

ROWS = [
    {"percentile": 0, "rank1": {"nm": 98.0, "cl": 70.0}, "params": 100, "macs": 80, "fp32_ms": 9.0, "int8_ms": 4.0},
    {"percentile": 50, "rank1": {"nm": 97.0, "cl": 66.0}, "params": 40, "macs": 21, "fp32_ms": 2.5, "int8_ms": None},
]


def pixels(png):
    image = pytest.importorskip("matplotlib.image")
    return image.imread(io.BytesIO(png), format="png")


def test_a_trade_off_is_drawn_and_tells_rows_apart():
    first = pixels(trade_off(ROWS))
    assert first.shape[0] > 300 and first.shape[1] > 900 and first[..., :3].std() > 0.02
    other = [ROWS[0], {**ROWS[1], "rank1": {"nm": 50.0, "cl": 66.0}}]
    assert (pixels(trade_off(other)) != first).any()
    assert trade_off(ROWS) == trade_off(ROWS)


def test_a_map_is_darker_where_more_is_lost():
    def cells(values):
        return pixels(sensitivity_map(["frame1", "frame2"], [10, 50], values, 90.0))[..., :3].mean()

    assert cells([[90, 20], [90, None]]) < cells([[90, 88], [90, None]])


@pytest.mark.parametrize("call", [lambda: trade_off([]), lambda: sensitivity_map([], [10], [], 90.0)])
def test_nothing_to_draw_is_said(call):
    with pytest.raises(DataError, match="at least|needs a group"):
        call()
