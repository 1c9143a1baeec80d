"""Every model file of a run in one table: bytes, memory, start, latency, joules, rank-1."""

from pathlib import Path

from tfgait.core.errors import DataError, UserError
from tfgait.core.files import record_hash
from tfgait.core.home import runs_dir
from tfgait.runtime import RUNNERS
from tfgait.runtime.benchmark import benchmark_files
from tfgait.runtime.energy import open_meter
from tfgait.runtime.machine import machine
from tfgait.workflows.benchmark_artefacts import artefacts_of, names_of
from tfgait.workflows.benchmark_options import BenchmarkOptions, BenchmarkResult
from tfgait.workflows.benchmark_reports import write_reports

__all__ = ["BenchmarkOptions", "BenchmarkResult", "benchmark"]


def benchmark(options, progress=None):
    """Measure the model files of a run, or those named, write md, csv, json and a picture; return `BenchmarkResult`.

    A file that cannot be run is named, and counted, in its notes; the others are measured.

    Raises:
        ConfigError: an option out of its range, or a meter that is asked for by name and not here.
        DataError: none of the files can be run.
    """
    plan = options.plan()
    meter, why_not = open_meter(options.meter, options.rails, options.meter_ms / 1000)
    here = machine()
    model, artefacts, notes = artefacts_of(options, progress)
    names = dict(zip((str(ref.path) for ref in artefacts), names_of(artefacts), strict=True))
    found = benchmark_files(names, plan, meter, progress)
    errors = {names[path]: error for path, error in found.errors.items()}
    if not found.rows:
        raise DataError(f"none of {len(names)} model files can be run; the first: {next(iter(errors.values()))}")
    folder = _out(options, artefacts)
    scores = _scores(options, artefacts, names, found.rows, folder, notes, progress) if options.rank1 else {}
    rows = [
        {**row, "artefact": names[row["artefact"]], "file": row["artefact"], "rank1": scores.get(row["artefact"], {})}
        for row in found.rows
    ]
    hidden = [row["artefact"] for row in rows if row["joules"] is not None and row["joules"] < row["joules_spread"]]
    if hidden:
        notes.append(f"less than the spread of the idle power: the joules of {', '.join(dict.fromkeys(hidden))}")
    if here["busy"]:
        notes.append(f"others were busy here when it began: load {here['load']:.1f} on {here['cores']} cores")
    if errors:
        notes.append(f"{len(errors)} of {len(names)} files could not be measured")
    why_not = found.meter_error or why_not
    energy = {"why": why_not} if why_not else meter.record()
    return write_reports(BenchmarkResult(model, here, rows, energy, errors, tuple(notes)), folder)


def _scores(options, artefacts, names, rows, folder, notes, progress):
    """Return ``{file: {kind of probe: rank-1 in percent}}``; what is not scored is told in the notes."""
    scores = {}
    first = {row["artefact"]: row for row in reversed(rows)}
    for ref in artefacts:
        path = str(ref.path)
        if path in first:
            try:
                scores[path] = _score(options, ref, first[path], folder / "scores" / names[path], progress)
            except ModuleNotFoundError as absent:
                notes.append(f"{names[path]} is not scored: {absent.name} is not installed")
            except UserError as error:
                notes.append(f"{names[path]} is not scored: {error}")
    return scores


def _score(options, ref, row, out, progress):
    from tfgait.workflows.data import open_data
    from tfgait.workflows.evaluate import EvaluateOptions, evaluate

    datadir = options.datadir or ref.data
    sequences = len(open_data(datadir, row["modality"], progress=progress))
    minutes = sequences * row["p50_ms"] / row["batch"] / 60_000
    if minutes > options.minutes:
        raise DataError(
            f"{sequences} sequences may take {minutes:.0f} minutes; --minutes {minutes + 1:.0f} waits for it"
        )
    asked = {"datadir": datadir, "people": options.people, "out": str(out), "threads": row["threads"]}
    return evaluate(EvaluateOptions(str(ref.path), knn=1, **asked), progress, ref).rank1


def _out(options, artefacts):
    if options.out:
        return Path(options.out).expanduser()
    if options.model and Path(options.model[0]).suffix in RUNNERS:
        return runs_dir() / "benchmarks" / f"files-{record_hash([ref.path for ref in artefacts])}"
    first = artefacts[0]
    return runs_dir() / "benchmarks" / first.run.name if first.shipped else first.run / "benchmark"
