"""What the tables of results say."""

from tfgait.cli.tables import TABLES
from tfgait.workflows.live import LiveResult
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


def test_who_walked_by_is_a_row_each():
    track = {"track": 1, "first": 3, "last": 40, "frames": 37, "name": "Ada"}
    track |= {"distance": 0.5, "known": True, "answers": 2}
    nobody = {**track, "track": 2, "name": "", "distance": float("nan"), "known": False, "answers": 0}
    result = LiveResult("walk.mp4", "m.tflite", "people.npz", 90, 50, [track, nobody], 80.0, 5.0, "named.mp4", ["one"])
    (title, rows, _), (_, notes, _), (_, files, _) = TABLES["live"](result)
    assert title == "walk.mp4: 90 frames, 80 a second, 5.0 ms of CPU each"
    assert [(row["name"], row["known"]) for row in rows] == [("Ada", "yes"), (None, "no")]
    assert notes == [{"note": "one"}] and files[0]["file"] == "named.mp4"
