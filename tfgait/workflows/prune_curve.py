"""The trade-off curve of pruning: what each percentile costs in recognition, and what it saves."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

from tfgait.core.errors import UserError
from tfgait.core.files import record_hash, whole_file, write_json
from tfgait.core.home import runs_dir
from tfgait.core.manifest import manifest
from tfgait.workflows.litert_speed import file_times
from tfgait.workflows.models import load_network, resolve_model, runnable
from tfgait.workflows.prune_options import PruneOptions

FILES = ("fp32", "int8")
# What says nothing of how the points of a curve are made.
ELSEWHERE = ("model", "percentile", "percentiles", "experdir", "name", "device")
ROUNDS = 21  # of the latency of every file, all in turn


@dataclass(frozen=True)
class CurveResult:
    """A trade-off curve.

    Args:
        model: the network it was made from.
        folder: all of it: runs, files, scores, and the three below.
        rows: one a percentile, 0 first: `percentile`, `criterion`, `rank1` on people never seen by kind of probe, in
            percent, trainable `params`, `macs` of a sample, `bytes` and `fp32_ms` of the float32 LiteRT file,
            `int8_bytes` and `int8_ms` of the int8 one (CPU time of one sample, one thread; None where it could not be
            written), `val_before`, `val_cut` and `val` on held-out people, `run`, and `notes`.
        csv, markdown, picture: files.
    """

    model: str
    folder: str
    rows: list = field(default_factory=list)
    csv: str = ""
    markdown: str = ""
    picture: str = ""


def prune_curve(options, progress=None, fine_tune=None, score=None):
    """Prune, fine-tune, score, export and time at each of `percentiles`, and return the `CurveResult`.

    All stands in ``runs/<model>-curve/``. Killed at any moment, the same call goes on; what is finished is not done
    again, but for the latencies, which hold beside each other alone.

    Args:
        options, progress, fine_tune, score: as of `tfgait.workflows.prune.prune`.
    """
    origin = resolve_model(options.model)
    root = Path(options.experdir).expanduser() if options.experdir else runs_dir()
    folder = root / (options.name or folder_name(origin.name, options))
    rows, files = [], {}
    for percentile in (0.0, *sorted(options.percentiles)):
        row, path = _point(options, origin, folder, percentile, progress, fine_tune, score)
        row["rank1"] = _rank1(path, options, origin, folder, percentile, progress)
        for precision in FILES:
            file = _file(row, precision, path, options, origin, folder, progress)
            if file:
                files[percentile, precision] = file
        rows.append(row)
    rows[0]["val"] = rows[1]["val_before"]
    _time(rows, files, progress)
    return _written(CurveResult(str(origin.path), str(folder), rows), folder, options)


def folder_name(model, options):
    """Return what the folder of a model's curve is called: curves of other options or on other data lie apart."""
    usual, asked = dataclasses.asdict(PruneOptions()), dataclasses.asdict(options)
    changed = {k: v for k, v in asked.items() if v != usual[k] and k not in ELSEWHERE}
    said = [str(changed.pop(name)) for name in ("criterion", "scope") if name in changed]
    said += [f"r{changed.pop('rounds')}"] if "rounds" in changed else []
    said += [f"x{changed.pop('round_to')}"] if "round_to" in changed else []
    said += ["distilled"] if changed.pop("distill", False) else []
    return "-".join([model, "curve", *said, *([record_hash(changed, 6)] if changed else [])])


def _point(options, origin, folder, percentile, progress, fine_tune, score):
    """Return (the row of a percentile so far, the model file)."""
    from tfgait.workflows.prune import prune_once
    from tfgait.workflows.prune_rounds import prune_in_rounds

    row = {"percentile": percentile, "criterion": options.criterion}
    if not percentile:
        from tfgait.graph.costs import costs

        found = costs(load_network(options.model, options.last_dense, mod=options.mod))
        row |= {"params": sum(c.params for c in found), "macs": sum(c.macs or 0 for c in found)}
        path, _ = runnable(origin, options.last_dense, mod=options.mod)
        return row | {"run": str(origin.run or origin.path), "notes": []}, path
    change = {"percentile": percentile, "percentiles": (), "experdir": str(folder), "name": f"p{percentile:g}"}
    options = dataclasses.replace(options, **change)
    how = {"fine_tune": fine_tune, "score": score}
    if options.rounds > 1:
        found = prune_in_rounds(options, progress, **how)
    else:
        found = prune_once(options, progress, **how, reuse=True)
    row |= {"params": found.params_after, "macs": found.macs_after, "run": found.run, "notes": list(found.notes)}
    row |= {"val_before": found.val_before, "val_cut": found.val_cut, "val": found.val}
    return row, Path(found.run) / "model.keras"


def _data(options, origin):
    names = ("views", "conds", "min_frames", "skip_bad")
    return {"datadir": options.datadir or origin.data, **{name: getattr(options, name) for name in names}}


def _rank1(path, options, origin, folder, percentile, progress):
    """Return the rank-1 of each kind of probe on people never seen."""
    from tfgait.workflows.evaluate import EvaluateOptions, evaluate

    out = str(folder / "scores" / f"p{percentile:g}")
    return evaluate(EvaluateOptions(model=str(path), knn=1, out=out, **_data(options, origin)), progress).rank1


def _file(row, precision, path, options, origin, folder, progress):
    """Write a LiteRT file, put its size into the row, and return its path; None where it cannot be."""
    out = folder / "files" / f"p{row['percentile']:g}_{precision}.tflite"
    size = "bytes" if precision == "fp32" else f"{precision}_bytes"
    try:
        if not _same(out, path):
            _export(path, out, precision, options, origin, progress)
    except UserError as error:
        row[size] = None
        row["notes"].append(f"no {precision} file: {error}")
        return None
    row[size] = out.stat().st_size
    return out


def _same(out, path):
    """Return whether a file was exported from this very model before."""
    from tfgait.core.files import file_hash
    from tfgait.runtime.sidecar import read_sidecar

    record = read_sidecar(out) if out.is_file() else None
    return bool(record) and record.get("source", {}).get("model_sha256") == file_hash(path)


def _export(path, out, precision, options, origin, progress):
    from tfgait.workflows.export import ExportOptions, export

    how = {"model": str(path), "precision": precision, "out": str(out), "seed": options.seed}
    export(ExportOptions(**how, **_data(options, origin)), progress)


def _time(rows, files, progress):
    """Put the latencies of all files, measured in turn, into the rows."""
    if progress:
        progress(0, 1, "latencies")
    taken = file_times(files, ROUNDS)
    for row in rows:
        for name in FILES:
            found = taken.get((row["percentile"], name))
            row[f"{name}_ms"] = round(found, 3) if found else None
    if progress:
        progress(1, 1, "latencies")


def flat_rows(rows):
    """Return the rows as a table has them: a column a kind of probe, and what is left of costs in percent."""
    first = rows[0]
    columns = ("params", "macs", "bytes", "int8_bytes", "fp32_ms", "int8_ms")
    flat = []
    for row in rows:
        cells = {"percentile": row["percentile"], "criterion": row["criterion"]}
        cells |= {f"rank1_{kind}": value for kind, value in row["rank1"].items()}
        seen = {"val_cut": row.get("val_cut", {}).get("rank1"), "val": row["val"].get("rank1")}
        cells |= {name: None if value is None else round(value, 2) for name, value in seen.items()}
        cells |= {name: row[name] for name in columns}
        for name in columns:
            known = row[name] and first[name]
            cells[f"{name}_left_percent"] = round(100 * row[name] / first[name], 2) if known else None
        flat.append(cells)
    return flat


def _written(result, folder, options):
    """Write table, picture and numbers, and return the result with their paths."""
    from tfgait.report.pruning import trade_off
    from tfgait.report.tables import markdown, write_csv

    files = {
        name: folder / f"curve.{suffix}" for name, suffix in (("csv", "csv"), ("markdown", "md"), ("picture", "png"))
    }
    result = dataclasses.replace(result, **{name: str(path) for name, path in files.items()})
    rows = flat_rows(result.rows)
    write_csv(files["csv"], rows)
    with whole_file(files["markdown"]) as temporary:
        temporary.write_text(f"# {result.model}, pruned\n\n{markdown(rows)}\n![curve](curve.png)\n", encoding="utf-8")
    with whole_file(files["picture"]) as temporary:
        temporary.write_bytes(trade_off(result.rows))
    write_json(folder / "curve.json", {**dataclasses.asdict(result), "manifest": manifest(options=vars(options))})
    return result
