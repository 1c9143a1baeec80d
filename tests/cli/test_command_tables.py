"""What the tables of results say."""

from tfgait.cli.tables import TABLES
from tfgait.workflows.benchmark import BenchmarkResult
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


def test_a_benchmark_tells_files_runs_and_what_failed():
    row = {"artefact": "a.tflite", "file": "/x/a.tflite", "threads": 1, "batch": 8, "bytes": 2048, "start_ms": 300.0}
    row |= {"memory_bytes": 3 << 20, "p50_ms": 8.0, "p95_ms": 9.0, "cpu_ms": 7.0, "fps": 30000.0, "joules": 0.002}
    machine = {"board": "Jetson", "cpu": None, "cores": 4, "governor": None, "mhz": 1500.0, "memory_bytes": None}
    meter = {"kind": "ina3221", "rails": ["VDD_IN"], "scope": "all", "period_ms": 2.0}
    meter |= {"idle_watts": 2.5, "idle_spread_watts": 0.125}
    rows = [{**row, "rank1": {"nm": 90.0}}, {**row, "threads": 2, "rank1": {"nm": 90.0}}]
    result = BenchmarkResult("tiny", machine | {"os": "Linux", "load": 0.5}, rows, meter, {"b.onnx": "is damaged"})
    tables = {title: rows for title, rows, _ in TABLES["benchmark"](result)}
    assert tables["tiny; rank-1 in percent"] == [
        {"file": "a.tflite", "KiB": 2.0, "memory MiB": 3.0, "cold start ms": 300.0, "rank1 nm": 90.0}
    ]
    assert [(row["threads"], row["batch"], row["mJ"]) for row in tables["one run"]] == [(1, 8, 2.0), (2, 8, 2.0)]
    assert tables[""] == [{"not measured": "b.onnx", "": "is damaged"}]
    told = [row["note"] for row in tables["notes"]]
    assert told[0] == "Jetson, 4 cores, 1500 MHz, Linux, load 0.50 when it began"
    assert told[1].endswith("VDD_IN: all; sampled every 2 ms; idle 2.500 W, spread 0.125 W")
