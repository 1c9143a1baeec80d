import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.table import SequenceTable

ROWS = [
    ("001", "nm-01", "000", "001/nm-01/000#0", 25, "a"),
    ("001", "nm-01", "000", "001/nm-01/000#5", 25, "a"),
    ("001", "bg-02", "090", "001/bg-02/090#0", 25, "b"),
    ("002", "walk", "", "002/walk#0", 25, "c"),
]


def test_kind_and_video():
    table = SequenceTable.from_rows(ROWS)
    assert table.kind.tolist() == ["nm", "nm", "bg", "walk"]
    assert len(set(table.video.tolist())) == 3
    assert len(SequenceTable.from_rows([])) == 0


def test_filters():
    table = SequenceTable.from_rows(ROWS)
    assert table.mask(conditions=["nm"]).tolist() == [True, True, False, False]
    assert table.mask(conditions=["bg-02", "walk"]).tolist() == [False, False, True, True]
    assert table.mask(subjects=["001"], views=[90]).tolist() == [False, False, True, False]
    assert table.take(table.mask(views=["0"])).name.tolist() == [r[3] for r in ROWS[:2]]


def test_a_filter_that_names_nothing_is_an_error():
    with pytest.raises(ConfigError, match="views must name .* Received: 091. Did you mean '090'"):
        SequenceTable.from_rows(ROWS).mask(views=[91])


def test_columns_must_agree():
    with pytest.raises(DataError, match="all of one length"):
        SequenceTable(["1"], ["nm-01"], ["000"], ["a", "b"], np.array([3]))
