"""Make people who walk: walkers, or real walks rendered, as packed stores, PNG or videos, like CASIA-B or TUM-GAID."""

import contextlib
import functools
import time
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from tfgait.core.errors import DataError, check_choice
from tfgait.core.files import read_json, record_hash, whole_file, write_json, write_text
from tfgait.core.home import data_dir
from tfgait.datasets import DATASETS
from tfgait.datasets.store import Store, StoreWriter
from tfgait.preprocess import pool
from tfgait.workflows.made_folder import WALKERS, record_in
from tfgait.workflows.walker_films import films
from tfgait.workflows.walker_jobs import pictures, stored
from tfgait.workflows.walker_layouts import LAYOUTS, LISTS
from tfgait.workflows.walker_plan import SynthesizeOptions, checked, kind_of, planned, record_of

DEFAULTS = {
    "silhouettes": {"subjects": 40, "frames": 32},
    **{m: {"subjects": 40, "frames": 37, "views": ("090",)} for m in ("flow", "grey", "rgb", "depth")},
    "poses": {"subjects": 40, "frames": 32},
}


@dataclass(frozen=True)
class SynthesizeResult:
    """What was made, or found made before (`reused`).

    Args:
        out: the folder.
        files: {modality: store file}; of PNG and videos {modality: folder}.
        subjects, sequences, frames: counts; a sequence is one walk from one view, of flow one window.
        frames_dropped: frames that show nobody.
        seconds: 0 where everything was there.
        reused: whether the data was there.
    """

    out: str
    files: dict
    subjects: int
    sequences: int
    frames: int
    frames_dropped: int = 0
    seconds: float = 0.0
    reused: bool = False
    options: dict = field(default_factory=dict)


def synthesize(options, progress=None):
    """Make the data that `SynthesizeOptions` describe and return a `SynthesizeResult`.

    The same options give the same bytes, whatever the number of processes. Stores are whole or absent; of PNG and
    videos every sequence is, and an interrupted run goes on where it was. Data that is there already is left alone.

    Args:
        options: `SynthesizeOptions`.
        progress: called with (done, total, what).

    Raises:
        ConfigError: an option out of its range.
        DataError: `out` holds something else, mocap files are bad, no space is left.
    """
    options = checked(options)
    if options.sheet:
        _draw_sheet(options)
    plan, jobs = planned(options)
    record = record_of(options, plan)
    out = Path(options.out).expanduser() if options.out else data_dir() / f"{kind_of(options)}-{record_hash(record)}"
    found = record_in(out, WALKERS, record)
    if found.get("done") is True and all(Path(f).exists() for f in _files(out, options).values()):
        return replace(_result(out, options), reused=True)
    with _plain_trouble(out):
        write_json(out / WALKERS, {"made": record, "done": False})
        began = time.perf_counter()
        make = _make_stores if options.format == "store" else _make_pictures
        counts = make(plan, jobs, out, options, progress)
        seconds = time.perf_counter() - began
        write_json(out / WALKERS, {"made": record, "done": True, "counts": dict(counts)})
    return replace(_result(out, options), seconds=round(seconds, 3))


def _draw_sheet(options):
    import cv2

    from tfgait.synthesis.contact_sheet import contact_sheet

    people = range(options.first - 1, options.first - 1 + min(3, options.subjects))
    picture = contact_sheet(people, LAYOUTS[options.layout].sheet, options.views, options.seed)
    with whole_file(Path(options.sheet).expanduser()) as temporary:
        cv2.imwrite(str(temporary), picture)


def default_walkers(modality="silhouettes", processes=None, progress=None):
    """Return the store of the default walkers of a modality, made at the first call; sizes in `DEFAULTS`."""
    check_choice("modality", modality, list(DEFAULTS))
    options = SynthesizeOptions(modalities=(modality,), processes=processes or 0, **DEFAULTS[modality])
    return Path(synthesize(options, progress).files[modality])


def _files(out, options):
    if options.format == "store":
        return {m: str(out / f"{m}.h5") for m in options.modalities}
    layout = LAYOUTS[options.layout]
    return {m: str(layout.folder(out, m, options.modalities)) for m in options.modalities}


def _make_stores(plan, jobs, out, options, progress):
    counts = Counter()
    source = {"dataset": kind_of(options)}
    work = functools.partial(stored, plan)
    results = pool.run(work, jobs, options.processes or None, _saying(progress), name=_job_name)
    with contextlib.ExitStack() as stack:
        shapes = LAYOUTS[plan.layout].shapes
        writers = {
            m: stack.enter_context(StoreWriter(out / f"{m}.h5", m, shapes.get(m), dict(source)))
            for m in plan.modalities
        }
        for job, (rows, dropped) in zip(jobs, results, strict=True):
            counts["frames_dropped"] += dropped
            for view, modality, start, frames in rows:
                name = f"{job.subject}-{job.condition}-{view}" + ("" if start is None else f"#{start}")
                writers[modality].add(frames, subject=job.subject, condition=job.condition, view=view, name=name)
        for writer in writers.values():
            writer.source["frames_dropped"] = counts["frames_dropped"]
    return counts


def _make_pictures(plan, jobs, out, options, progress):
    counts = Counter()
    work = functools.partial(pictures if options.format == "png" else films, plan, str(out))
    for frames, _ in pool.run(work, jobs, options.processes or None, _saying(progress), name=_job_name):
        counts["frames"] += frames
    counts["sequences"] = sum(len(job.views) for job in jobs) * len(plan.modalities)
    people = list(dict.fromkeys(job.subject for job in jobs))
    counts["subjects"] = len(people)
    if plan.layout == "tum_gaid":
        _write_lists(out, people)
    return counts


def _write_lists(out, people):
    """Write who trains and who is tested, as TUM-GAID's own lists say it."""
    split = next(iter(DATASETS[LAYOUTS["tum_gaid"].dataset].SPLITS.values()))
    count = round(split.train * len(people))
    for name, trains in LISTS.items():
        write_text(out / name, "".join(f"{person}\n" for person in (people[:count] if trains else people[count:])))


def _result(out, options):
    files = _files(out, options)
    shown = {**asdict(options), "out": str(out)}
    counts = read_json(out / WALKERS).get("counts", {})
    dropped = counts.get("frames_dropped", 0)
    if options.format != "store":
        return SynthesizeResult(
            str(out), files, counts["subjects"], counts["sequences"], counts["frames"], options=shown
        )
    store = Store(next(iter(files.values())))
    subjects = len(set(store.table.subject.tolist()))
    return SynthesizeResult(str(out), files, subjects, len(store), len(store.frames), dropped, options=shown)


def _job_name(job):
    return job.path or f"{job.subject}-{job.condition}"


def _saying(progress):
    return (lambda done, total: progress(done, total, "making walks")) if progress else None


@contextlib.contextmanager
def _plain_trouble(out):
    try:
        yield
    except OSError as error:
        raise DataError(f"{out} could not be written: {error.strerror or error}.") from error
