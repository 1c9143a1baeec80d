"""Prepare: videos or frames of people who walk become windows, as packed stores or as Embedded-Gait's HDF5 files."""

import functools
import logging
import shutil
import time
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from tfgait.core.files import file_hash, record_hash, write_json
from tfgait.core.home import data_dir
from tfgait.preprocess import pool
from tfgait.preprocess.estimators import estimator_file
from tfgait.workflows import prepare_output, prepare_sources
from tfgait.workflows.code_hash import code_hash
from tfgait.workflows.made_folder import record_in
from tfgait.workflows.packing import LeftOut
from tfgait.workflows.prepare_options import PrepareOptions, checked
from tfgait.workflows.prepare_walk import Plan, prepare_walk
from tfgait.workflows.synthesize import SynthesizeOptions, synthesize

__all__ = ["PrepareOptions", "PrepareResult", "prepare"]
LOG = logging.getLogger(__name__)
RECORD, PARTS = "prepared.json", ".parts"
DEMO = SynthesizeOptions(
    subjects=4,
    seq_per_subject=4,
    layout="tum_gaid",
    elapsed=4,
    format="png",
    modalities=("grey", "depth", "silhouettes"),
)


@dataclass(frozen=True)
class PrepareResult:
    """What was made, or found made before (`reused`).

    Args:
        out: the folder.
        files: {modality: store}, or {folder of samples: its index file}.
        dataset: as which the videos were recognised.
        subjects, videos, windows: counts of what was written; a window counts once, whatever the modalities.
        left_out: bad videos.
        resumed: videos that an earlier run had finished.
        seconds: 0 where everything was there.
        reused: whether it was.
    """

    out: str
    files: dict
    dataset: str
    subjects: int
    videos: int
    windows: int
    left_out: int = 0
    resumed: int = 0
    seconds: float = 0.0
    reused: bool = False
    options: dict = field(default_factory=dict)


def prepare(options, progress=None):
    """Make what `PrepareOptions` describe and return a `PrepareResult`.

    Every video is finished by itself, so that a run that was stopped goes on where it was; the files are whole or
    absent. What is there already is left alone unless a source has changed.

    Args:
        options: `PrepareOptions`.
        progress: called with (done, total, what).

    Raises:
        ConfigError: an option out of its range, or an estimator that gives no flow.
        DataError: no videos, a bad one, or `out` holds something else.

    Reference: data tools of UGaitNet and Embedded-Gait (windows of 25 frames every 5, 80×60, 60×60).
    """
    options = checked(options)
    if not options.source:
        options = replace(options, source=synthesize(replace(DEMO, processes=options.processes), progress).out)
    sources = prepare_sources.find(options.source, options.modalities)
    for finding in sources.findings:
        LOG.warning("%s", finding)
    made = {"what": "prepare", "options": record_hash(_deciding(options), 64)}
    out = Path(options.out).expanduser() if options.out else data_dir() / f"prepared-{record_hash(made)}"
    shared = {name: getattr(options, name) for name in ("modalities", "window", "step", "estimator", "fps")}
    plan = Plan(**shared, parts=str(out / PARTS))
    placed = None
    if options.format == "hdf5":
        sources, placed = prepare_output.places(plan, sources)
    states = [[w.name, prepare_sources.fingerprint(w)] for w in sources.walks]
    state = record_hash([states, sources.train_subjects], 64)
    found = record_in(out, RECORD, made)
    if found.get("done") is True and found.get("state") == state:
        result = PrepareResult(**found["result"], options=asdict(options), reused=True)
        # What was made without its bad videos is not taken by who wants to hear of them.
        allowed = options.skip_bad or not result.left_out
        if allowed and all(Path(file).is_file() for file in result.files.values()):
            return result
    write_json(out / RECORD, {"made": made, "done": False})
    result = _made(options, plan, sources, placed, out, progress)
    kept = {k: v for k, v in asdict(result).items() if k not in ("options", "reused", "seconds")}
    write_json(out / RECORD, {"made": made, "done": True, "state": state, "result": kept})
    shutil.rmtree(plan.parts)
    return result


def _deciding(options):
    """Return what decides the content, beside the videos themselves."""
    deciding = {k: v for k, v in asdict(options).items() if k not in ("out", "processes", "skip_bad")}
    if file := estimator_file(options.estimator):
        deciding["estimator_code"] = file_hash(file)
    return {**deciding, "source": str(Path(options.source).expanduser().resolve()), "code": code_hash("preprocess")}


def _made(options, plan, sources, placed, out, progress):
    began, counts = time.perf_counter(), Counter()
    Path(plan.parts).mkdir(exist_ok=True)
    source, left_out = {"dataset": sources.dataset}, LeftOut(options.skip_bad)
    if sources.train_subjects:
        source["train_subjects"] = sources.train_subjects
    parts = _parts(options, plan, sources.walks, source, left_out, counts, progress)
    if placed is None:
        files, written = prepare_output.write_stores(out, plan, sources.walks, parts, source)
    else:
        files, written = prepare_output.write_samples(out, plan, sources.walks, parts, placed)
    return PrepareResult(
        str(out),
        files,
        sources.dataset,
        subjects=len({walk.subject for walk in written}),
        videos=len(written),
        windows=sum(written.values()),
        left_out=left_out.count,
        resumed=counts["resumed"],
        seconds=round(time.perf_counter() - began, 3),
        options=asdict(options),
    )


def _parts(options, plan, walks, source, left_out, counts, progress):
    """Yield the path of each walk's file of windows, or None for a bad one; `source` tells of these at the end."""
    results = pool.run(
        functools.partial(prepare_walk, plan),
        walks,
        options.processes or None,
        (lambda done, total: progress(done, total, "preparing videos")) if progress else None,
        on_error="return" if options.skip_bad else "raise",
        name=lambda walk: walk.name,
    )
    for result in results:
        if isinstance(result, pool.Failure):
            left_out.add(result.item, result.message)
            yield None
        else:
            path, was_there = result
            counts["resumed"] += was_there
            yield path
    source.update(left_out.record())
