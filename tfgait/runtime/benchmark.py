"""Model files measured side by side: start, memory, latency, energy; each in a process of its own."""

import contextlib
import statistics
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tfgait.core.errors import UserError
from tfgait.runtime.bench_job import BenchJob
from tfgait.runtime.bench_process import fresh_process
from tfgait.runtime.energy.source import MeterError

STARTS = 3
ENERGY_BLOCKS = 3  # of a file, in turn with those of the others


@dataclass
class Benchmarked:
    """What was measured.

    Args:
        rows: a dict a file, number of threads and batch size, files in the order given: ``artefact`` (the file),
            ``threads``, ``batch``, ``modality``, ``bytes``; ``start_ms``, from the start of a process to the first
            embedding, median of 3; ``peak_bytes`` of a process until then, ``baseline_bytes`` before it opened the
            file, and ``memory_bytes``, their difference; of one run ``p50_ms`` and ``p95_ms`` of the clock, ``cpu_ms``,
            median CPU time, ``rounds``, how many were measured, and ``pieces``, how often a file of fixed batch ran in
            each; ``fps``, frames a second; ``joules`` of one sequence above idle, None without a meter, else beside
            them ``joules_gross`` with what idling takes, ``joules_spread``, by which the idle power makes them
            uncertain, and ``joules_by_rail``, gross.
        errors: ``{file: message}`` of those that could not be run, or not with all numbers of threads.
        meter_error: why counting joules ended before its time, or empty.
    """

    rows: list = field(default_factory=list)
    errors: dict = field(default_factory=dict)
    meter_error: str = ""


def benchmark_files(paths, plan, meter=None, progress=None):
    """Measure model files and return `Benchmarked`.

    Runs of the files alternate, so that drift of the machine meets all alike. A file that cannot be run, or ends its
    process, is named with its error; the others are measured.

    Args:
        paths: the files.
        plan: `tfgait.runtime.bench_plan.Plan`.
        meter: `tfgait.runtime.energy.Meter`; None: no energy is measured.
        progress: called with (done, total, what).
    """
    paths = list(map(Path, paths))
    found = Benchmarked()
    stages = len(plan.threads) * (len(paths) + plan.rounds + ENERGY_BLOCKS * bool(meter))
    said = iter(range(1, stages + 1))

    def tell():
        if progress:
            progress(next(said), stages, "benchmark")

    for threads in plan.threads:
        jobs = []
        with contextlib.ExitStack() as stack:
            for path in paths:
                if threads == 1 or path.suffix != ".engine":
                    _guarded(found, path, partial(_start, path, threads, plan, stack, jobs))
                tell()
            for _ in range(plan.rounds):
                for job in jobs:
                    _guarded(found, job.path, job.run)
                tell()
            for _ in range(ENERGY_BLOCKS * bool(meter)):
                _count_joules(found, jobs, meter, plan.energy_seconds / ENERGY_BLOCKS)
                tell()
        found.rows += [job.row() for job in jobs if str(job.path) not in found.errors]
    found.rows.sort(key=lambda row: paths.index(Path(row["artefact"])))
    return found


def _start(path, threads, plan, stack, jobs):
    times = []
    for _ in range(STARTS - 1):
        with fresh_process(path, threads) as process:
            times.append(process.start_ms)
    process = stack.enter_context(fresh_process(path, threads))
    median = statistics.median([*times, process.start_ms])
    jobs += [BenchJob(process, threads, batch, plan, median) for batch in plan.batch]


def _count_joules(found, jobs, meter, seconds):
    try:
        if meter.idle is None and not found.meter_error:
            meter.measure_idle()
        for job in jobs:
            if not found.meter_error:
                _guarded(found, job.path, partial(job.spend, meter, seconds))
    except MeterError as error:
        found.meter_error = str(error)


def _guarded(found, path, work):
    """Do the work unless the file has failed before; its error is kept, and a meter's goes on."""
    if str(path) in found.errors:
        return
    try:
        work()
    except MeterError:
        raise
    except UserError as error:
        found.errors[str(path)] = str(error)
