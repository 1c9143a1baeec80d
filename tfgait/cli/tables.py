"""Results as tables for people, on standard output."""

import os
import sys

from tfgait.cli.board_tables import benchmark_tables, enroll_tables, live_tables
from tfgait.cli.deployment_tables import export_tables, trt_tables
from tfgait.report.tables import best_rows, cell, columns_of, numeric

WIDTH = 120


def show(name, result):
    """Print the tables of a command's result."""
    for title, rows, best in TABLES.get(name, _plain)(result):
        if rows:
            print_table(title, rows, best)


def print_table(title, rows, best=None):
    """Print dicts as a table; the best cells of the columns in `best` (``max`` or ``min``) are bold."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    terminal = sys.stdout.isatty()
    console = Console(width=None if terminal else WIDTH, no_color="NO_COLOR" in os.environ, highlight=False)
    table = Table(title=escape(title), title_justify="left", box=box.SIMPLE_HEAD)
    marked = {column: best_rows(rows, column, direction) for column, direction in (best or {}).items()}
    columns = columns_of(rows)
    for column in columns:
        table.add_column(escape(str(column)), justify="right" if numeric(rows, column) else "left", overflow="fold")
    for i, row in enumerate(rows):
        texts = [escape(cell(row.get(c))) for c in columns]
        table.add_row(*(f"[bold]{t}[/]" if i in marked.get(c, ()) else t for c, t in zip(columns, texts, strict=True)))
    console.print(table)


def _pairs(record):
    return [{"": name, "value": f"{v:.6g}" if isinstance(v, float) else cell(v)} for name, v in record.items()]


def _plain(result):
    from dataclasses import asdict, is_dataclass

    record = asdict(result) if is_dataclass(result) else result
    flat = {k: v for k, v in record.items() if isinstance(v, (str, int, float)) and v != ""}
    return [("result", _pairs(flat), None)]


def _test_knn(result):
    from tfgait.workflows.score_files import score_rows, view_rows

    title = (
        f"{result.model} on {result.people} people of {result.data}: {result.subjects} subjects, "
        f"gallery {result.gallery}, k = {result.k}, {result.protocol}; percent, chance {result.chance:.2f}"
    )
    notes = [{"note": note} for note in result.notes]
    files = [{"": name, "file": path} for name, path in result.files.items()]
    views = ("by view of the probe", view_rows(result.per_view), None)
    return [(title, score_rows(result), None), views, ("notes", notes, None), ("written", files, None)]


def _qat(result):
    titles = {"float": "float32", "ptq": "int8, calibrated", "qat": "int8, trained for it"}
    rows = [{"network": title, **getattr(result, name)} for name, title in titles.items()] if result.float else []
    scored = f"rank-1 in percent on {result.people} people held out"
    return [*_plain(result), (scored, rows, None), ("notes", [{"note": note} for note in result.notes], None)]


def _augmentations(result):
    rows = [
        {"transform": title, "values changed, %": changed}
        for title, changed in zip(result.transforms, result.changed, strict=True)
    ]
    return [(f"transforms of {result.mod}", rows, None), ("written", [{"": "picture", "file": result.file}], None)]


def _prune(result):
    if hasattr(result, "csv"):
        return _curve(result)
    rows = [
        {"": what, "before": getattr(result, f"{what}_before"), "after": getattr(result, f"{what}_after")}
        for what in ("filters", "params", "macs")
    ]
    for row in rows:
        row["left, %"] = 100 * row["after"] / row["before"]
    names = {"before pruning": "val_before", "cut": "val_cut", "fine-tuned": "val"}
    scores = [{"": name, **getattr(result, key)} for name, key in names.items() if getattr(result, key)]
    rounds = [{k: v for k, v in row.items() if k not in ("val", "val_cut", "run")} for row in result.rounds]
    for row, known in zip(rounds, result.rounds, strict=True):
        row |= {"cut": known["val_cut"].get("rank1"), "fine-tuned": known["val"].get("rank1")}
    notes = [{"note": note} for note in result.notes]
    return [
        *_plain(result),
        ("what pruning left", rows, None),
        ("rounds, rank-1 of held-out people in percent", rounds, None),
        _left_alone({**result.left_alone, **result.unknown}),
        ("on what was held out", scores, None),
        ("notes", notes, None),
    ]


def _left_alone(reasons):
    rows = [{"layer": layer, "left alone, for": why} for layer, why in reasons.items()]
    return "left alone", rows, None


def _curve(result):
    from tfgait.workflows.prune_curve import flat_rows

    scores, costs = [], []
    for row in flat_rows(result.rows):
        kinds = {k.removeprefix("rank1_"): v for k, v in row.items() if k.startswith("rank1_")}
        seen = {"held out, cut": row["val_cut"], "held out": row["val"]}
        scores.append({"percentile": row["percentile"], **kinds, **seen})
        kib = {f"{n} KiB": row[k] and row[k] / 1024 for n, k in {"fp32": "bytes", "int8": "int8_bytes"}.items()}
        left = {f"{n} left, %": row[f"{n}_ms_left_percent"] for n in ("fp32", "int8")}
        times = {f"{n} ms": row[f"{n}_ms"] for n in ("fp32", "int8")}
        known = {"percentile": row["percentile"], "params": row["params"], "M MACs": row["macs"] / 1e6}
        costs.append({**known, **kib, **times, **left})
    notes = [{"percentile": row["percentile"], "note": note} for row in result.rows for note in row["notes"]]
    files = [{"": name, "file": getattr(result, name)} for name in ("csv", "markdown", "picture")]
    title = f"{result.model}, pruned by {result.rows[0]['criterion']}: rank-1 by kind of probe, in percent"
    timed = "LiteRT files, and the time of a sample on one thread"
    return [(title, scores, None), (timed, costs, None), ("notes", notes, None), ("written", files, None)]


def _sensitivity(result):
    rows = {}
    for row in result.rows:
        known = rows.setdefault(row["group"], {"layer": row["group"], "filters": row["filters"]})
        known[f"{row['percentile']:g} %"] = row["rank1"]
    title = f"rank-1 when one layer alone is pruned by {result.criterion}, in percent; {result.rank1:.2f} unpruned"
    files = [{"": name, "file": getattr(result, name)} for name in ("csv", "picture")]
    return [
        (title, list(rows.values()), None),
        ("notes", [{"note": note} for note in result.notes], None),
        ("written", files, None),
    ]


def _sparsify(result):
    notes = [{"note": note} for note in result.notes]
    layers, files = ("layers", result.layers, None), ("files, before and after", result.files, None)
    return [*_plain(result), layers, _left_alone(result.left_alone), files, ("notes", notes, None)]


def _list(result):
    return [
        ("presets", [{"preset": p, "network": n} for p, n in result.presets.items()], None),
        (
            "data sets",
            [{"data set": n, **{k: ", ".join(v) for k, v in d.items()}} for n, d in result.datasets.items()],
            None,
        ),
        ("recipes of train", [{"--config": n, "": title} for n, title in result.recipes.items()], None),
        ("formats of export", result.pairs, None),
        ("layers that a format cannot hold", result.layers, None),
        (
            "criteria of prune",
            [{"--criterion": c, "a filter is worth its": what} for c, what in result.criteria.items()],
            None,
        ),
        ("models", [{"": kind, "names": ", ".join(names) or "none"} for kind, names in result.models.items()], None),
    ]


def _sanity(result):
    extras = [{"extra": e, "missing": ", ".join(m) or "nothing"} for e, m in result.extras.items()]
    return [
        ("versions", [{"package": p, "version": v} for p, v in result.versions.items()], None),
        ("extras", extras, None),
        (f"one training step a network, on {', '.join(result.devices)}", result.networks, None),
    ]


def _figures(result):
    return [(table["title"], table["rows"], None) for table in result.tables]


def _demo(result):
    best = dict.fromkeys(("nm", "bg", "cl"), "max")
    return [("people never seen: rank-1 in percent, all views but the identical one", result.table, best),
            ("written", [{"": "report", "file": result.report}], None)]  # fmt: skip


TABLES = {
    "enroll": lambda result: [*_plain(result), *enroll_tables(result)],
    "qat": _qat,
    "export": lambda result: [*_plain(result), *export_tables(result)],
    "trt": lambda result: [*_plain(result), *trt_tables(result)],
    "test_knn": _test_knn,
    "augmentations": _augmentations,
    "prune": _prune,
    "sensitivity": _sensitivity,
    "sparsify": _sparsify,
    "live": live_tables,
    "list": _list,
    "sanity": _sanity,
    "benchmark": benchmark_tables,
    "figures": _figures,
    "demo": _demo,
}
