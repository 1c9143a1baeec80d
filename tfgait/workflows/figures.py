"""Speed against a bound that the hardware sets, and figures of trainings: `tfgait figures --what …`."""

import dataclasses
import importlib
from dataclasses import dataclass

from tfgait.core.errors import check_choice
from tfgait.core.manifest import versions

# Each returns a flat record, a dict or a dataclass, whose ratio compares what was measured in one run.
FIGURES = {
    "data": ("tfgait.workflows.figures_data", "figures_data"),
    "evaluation": ("tfgait.workflows.figures_evaluation", "figures_evaluation"),
    "walkers": ("tfgait.workflows.figures_walkers", "figures_walkers"),
    "flow": ("tfgait.workflows.figures_flow", "figures_flow"),
    "step": ("tfgait.workflows.figures_step", "figures_step"),
    "surgery": ("tfgait.workflows.figures_surgery", "figures_surgery"),
    "deployment": ("tfgait.workflows.figures_deployment", "figures_deployment"),
    "int8": ("tfgait.workflows.figures_int8", "figures_int8"),
    "cnn": ("tfgait.workflows.figures_cnn", "figures_cnn"),
    "pruning": ("tfgait.workflows.figures_pruning", "figures_pruning"),
}
LONG = ("cnn", "int8", "pruning")  # takes long, so it is asked for by name


@dataclass(frozen=True)
class FiguresOptions:
    """What to measure.

    Args:
        what: cnn (the networks on windows, trained with three seeds; only where asked for), data (a batch against
            memcpy), deployment (files of the published networks for boards against each other, one thread), evaluation
            (nearest neighbours against a matrix product), flow (batches of 150 augmented windows against the training
            step), int8 (the shipped networks in float32 and in int8 on people never seen; only where asked for),
            pruning (GaitSet made small in several ways, three seeds; only where asked for), step (training against a
            bare tf.function), surgery (seconds of a pruning, and what is left of GaitSet's size and time), walkers
            (gait energy images on 50 people, frames a second), with commas
    """

    what: tuple[str, ...] = tuple(name for name in FIGURES if name not in LONG)


@dataclass(frozen=True)
class FiguresResult:
    """Medians of interleaved runs.

    Args:
        tables: a dict each: title, and rows of what was measured.
        records: ``{figure: record}``.
        versions: of the packages.
    """

    tables: list
    records: dict
    versions: dict


def figures(options, progress=None):
    """Measure figures and return the `FiguresResult`; an unknown name raises `ConfigError`."""
    records = {}
    for what in options.what:
        check_choice("what", what, list(FIGURES))
    for what in options.what:
        module, function = FIGURES[what]
        record = getattr(importlib.import_module(module), function)(progress=progress)
        records[what] = dataclasses.asdict(record) if dataclasses.is_dataclass(record) else record
    tables = [
        {"title": f"figures of {what}", "rows": [{"": k, "value": v} for k, v in record.items()]}
        for what, record in records.items()
    ]
    return FiguresResult(tables, records, versions())
