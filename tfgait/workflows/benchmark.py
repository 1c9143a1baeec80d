"""Speed against a bound that the hardware sets, and figures of trainings: `tfgait benchmark --what …`."""

import dataclasses
import importlib
from dataclasses import dataclass

from tfgait.core.errors import check_choice
from tfgait.core.manifest import versions

# Each returns a flat record, a dict or a dataclass, whose ratio compares what was measured in one run.
BENCHMARKS = {
    "data": ("tfgait.workflows.benchmark_data", "benchmark_data"),
    "evaluation": ("tfgait.workflows.benchmark_evaluation", "benchmark_evaluation"),
    "walkers": ("tfgait.workflows.benchmark_walkers", "benchmark_walkers"),
    "flow": ("tfgait.workflows.benchmark_flow", "benchmark_flow"),
    "step": ("tfgait.workflows.benchmark_step", "benchmark_step"),
    "surgery": ("tfgait.workflows.benchmark_surgery", "benchmark_surgery"),
    "cnn": ("tfgait.workflows.benchmark_cnn", "benchmark_cnn"),
    "pruning": ("tfgait.workflows.benchmark_pruning", "benchmark_pruning"),
}
TRAINING = ("cnn", "pruning")  # takes hours, so it is asked for by name


@dataclass(frozen=True)
class BenchmarkOptions:
    """What to measure.

    Args:
        what: cnn (the networks on windows, trained with three seeds; only where asked for), data (a batch against
            memcpy), evaluation (nearest neighbours against a matrix product), flow (batches of 150 augmented windows
            against the training step), pruning (GaitSet made small in several ways, three seeds; only where asked for),
            step (training against a bare tf.function), surgery (seconds of a pruning,
            and what is left of GaitSet's size and time), walkers (gait energy images on 50 people, frames a second),
            with commas
    """

    what: tuple[str, ...] = tuple(name for name in BENCHMARKS if name not in TRAINING)


@dataclass(frozen=True)
class BenchmarkResult:
    """Medians of interleaved runs.

    Args:
        tables: a dict each: title, and rows of what was measured.
        records: ``{benchmark: record}``.
        versions: of the packages.
    """

    tables: list
    records: dict
    versions: dict


def benchmark(options, progress=None):
    """Run benchmarks and return the `BenchmarkResult`; an unknown name raises `ConfigError`."""
    records = {}
    for what in options.what:
        check_choice("what", what, list(BENCHMARKS))
    for what in options.what:
        module, function = BENCHMARKS[what]
        record = getattr(importlib.import_module(module), function)(progress=progress)
        records[what] = dataclasses.asdict(record) if dataclasses.is_dataclass(record) else record
    tables = [
        {"title": f"benchmark {what}", "rows": [{"": k, "value": v} for k, v in record.items()]}
        for what, record in records.items()
    ]
    return BenchmarkResult(tables, records, versions())
