"""What the tables of results say."""

from tfgait.cli.tables import TABLES
from tfgait.workflows.prune_result import PruneResult

NUMBERS = {"below": 1, "filters_before": 8, "filters_after": 7, "params_before": 90, "params_after": 80}
NUMBERS |= {"macs_before": 900, "macs_after": 800, "max_abs_error": 0.0, "seconds": 0.1}


def test_pruning_names_what_it_left_alone_and_why():
    named = {"run": "r", "cut": "c", "parent": "p", "percentile": 10.0, "criterion": "l1", "scope": "layer"}
    why = {"left_alone": {"encode": "it is an output"}, "unknown": {"odd": "is a Lambda layer"}}
    tables = {title: rows for title, rows, _ in TABLES["prune"](PruneResult(**named, threshold=None, **NUMBERS, **why))}
    assert [list(row.values()) for row in tables["left alone"]] == [
        ["encode", "it is an output"],
        ["odd", "is a Lambda layer"],
    ]
