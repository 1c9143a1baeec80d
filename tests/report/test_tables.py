"""Tables: what people read, what programs read, and names that try to be more than names."""

import csv
import io

import numpy as np
import pytest

from tfgait.core.errors import ConfigError
from tfgait.report.tables import best_rows, cell, csv_text, markdown, numeric, write_csv

ROWS = [
    {"model": "a", "nm": 70.001, "bytes": 1234567, "ms": None},
    {"model": "b|c", "nm": 70.004, "bytes": 9, "ms": 0.00004},
    {"model": "=1+1", "nm": float("nan"), "bytes": None, "ms": 3},
]


def test_cells():
    shown = {1234567: "1,234,567", 12.345: "12.35", 0.0412: "0.0412", 0.00004: "4.00e-05", 0.0: "0.00"}
    shown |= {True: "yes", None: "–", "x": "x", np.int64(1000): "1,000", np.float32(0.5): "0.50"}
    assert [cell(value) for value in shown] == list(shown.values())
    assert cell(float("nan")) == "–"


def test_best_is_what_prints_best_and_not_everything():
    assert best_rows(ROWS, "nm", "max") == set()
    assert best_rows(ROWS, "bytes", "min") == {1}
    assert best_rows(ROWS, "model", "max") == set()
    assert best_rows([{"a": np.float32(2)}, {"a": 1}, {"a": True}], "a", "max") == {0}
    with pytest.raises(ConfigError, match="best must say max or min. Received: nm=most"):
        best_rows(ROWS, "nm", "most")


def test_markdown_whole():
    assert markdown(ROWS, best={"bytes": "max"}) == (
        "| model | nm | bytes | ms |\n"
        "| --- | ---: | ---: | ---: |\n"
        "| a | 70.00 | **1,234,567** | – |\n"
        "| b\\|c | 70.00 | 9 | 4.00e-05 |\n"
        "| =1+1 | – | – | 3 |\n"
    )


def test_markdown_cannot_be_broken_by_a_name():
    text = markdown([{"who": "x\n| y | <script>"}])
    assert text.count("\n") == 3
    assert "<script" not in text


def test_csv_is_exact_and_starts_no_formula():
    rows = list(csv.reader(io.StringIO(csv_text(ROWS))))
    assert rows[0] == ["model", "nm", "bytes", "ms"]
    assert rows[1] == ["a", "70.001", "1234567", ""]
    assert rows[3][0] == "'=1+1"
    assert csv_text([{"x": -1.5}]) == "x\n-1.5\n"


def test_columns_of_numbers_go_right():
    assert numeric(ROWS, "ms")
    assert not numeric(ROWS, "model")
    assert not numeric([{"a": True}], "a")
    assert not numeric([{"a": None}], "a")


def test_a_file_holds_unrounded_numbers(tmp_path):
    write_csv(tmp_path / "t.csv", ROWS, columns=("nm",))
    assert (tmp_path / "t.csv").read_text() == "nm\n70.001\n70.004\nnan\n"
