"""One walk of a walker, or of a recorded person, made, and turned into what a store or a folder of PNG keeps."""

import contextlib
import functools
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.modality import modality as modality_of
from tfgait.datasets import mocap
from tfgait.preprocess import flow, silhouettes, windows
from tfgait.preprocess.estimators import ESTIMATORS
from tfgait.synthesis.landmarks import motion_from_landmarks
from tfgait.synthesis.sequence import WalkerSettings, make_sequence, render_motion
from tfgait.workflows.walker_layouts import LAYOUTS

RENDERED = {
    "silhouettes": ("silhouettes",),
    "poses": ("poses",),
    "flow": ("grey", "silhouettes"),
    **{m: (m, "silhouettes") for m in ("grey", "rgb", "depth")},
}
FLOW_ESTIMATOR = "farneback_half"  # a fifth of the time of the full one, and of the error none that training shows


@dataclass(frozen=True)
class Job:
    """One walk, filmed from some views.

    Args:
        subject: as text: three digits for walkers, the folder's name for recorded people.
        number: the walker's number, from 0; ignored for recorded walks.
        condition: ``nm-01`` and its like, or ``n-01``.
        views: three digits each.
        path: of the recorded walk below `Plan.mocap`; empty for a walker.
    """

    subject: str
    number: int
    condition: str
    views: tuple
    path: str = ""


@dataclass(frozen=True)
class Plan:
    """What all jobs have in common; see `SynthesizeOptions`."""

    modalities: tuple
    settings: WalkerSettings
    seed: int
    frames: int
    mocap: str = ""
    layout: str = "casia_b"


def render(plan, job, view):
    """Return ``{modality: (T, …)}`` of one walk from one view, as the plan needs them."""
    rendered = tuple(sorted({r for m in plan.modalities for r in RENDERED[m]}))
    common = {"seed": plan.seed, "modalities": rendered, "settings": plan.settings}
    if not job.path:
        return make_sequence(job.number, job.condition, view, frames=plan.frames, **common)
    return render_motion(_recorded(plan.mocap, job.path), None, job.condition, view, **common)


@functools.lru_cache(maxsize=1)
def _recorded(folder, path):
    """Return the `Motion` of a recorded walk, read once for all its views; errors name the file."""
    recorded = mocap.load(folder, path)
    try:
        return motion_from_landmarks(recorded.names, recorded.positions, recorded.fps)
    except ConfigError as error:
        raise DataError(f"{path} is no walk: {error}") from error


def stored(plan, job):
    """Return [(view, modality, start of the window or None, frames as stored)] of one job, and frames dropped."""
    rows, dropped = [], 0
    for view in job.views:
        made = render(plan, job, view)
        for modality in plan.modalities:
            if modality == "silhouettes" and modality not in LAYOUTS[plan.layout].shapes:
                aligned, kept = silhouettes.align(made["silhouettes"])
                pieces = [(None, silhouettes.cut(aligned)[..., None])] if len(aligned) else []
                dropped += int(len(kept) - kept.sum())
            else:
                pieces = _pieces(modality, made)
            rows += [(view, modality, start, np.ascontiguousarray(frames)) for start, frames in pieces]
    return rows, dropped


def _pieces(modality, made):
    """Return [(start of the window or None, frames as stored)] of one modality of one walk."""
    if modality == "poses":
        return [(None, np.ascontiguousarray(made[modality], modality_of(modality).dtype)[..., None])]
    boxes = silhouettes.boxes(made["silhouettes"])
    if modality == "flow":
        return flow.flow_windows(made["grey"], boxes, ESTIMATORS[FLOW_ESTIMATOR]())
    return windows.picture_windows(made[modality], modality, boxes)


def pictures(plan, out, job):
    """Write one job as PNG below `out` in the plan's layout, each sequence whole or absent; return (frames, new ones).

    Sequences that are there stay.
    """
    frames = new = 0
    layout = LAYOUTS[plan.layout]
    for view in job.views:
        path, stem = layout.sequence(job.subject, job.condition, view)
        folders = {m: layout.folder(out, m, plan.modalities) / path for m in plan.modalities}
        if not all(folder.is_dir() for folder in folders.values()):
            made = render(plan, job, view)
            for modality, folder in folders.items():
                if not folder.is_dir():
                    _write_pngs(folder, made[modality], stem)
                    new += len(made[modality])
        frames += sum(len(os.listdir(folder)) for folder in folders.values())
    return frames, new


def _write_pngs(folder, frames, stem):
    import cv2

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    except OSError as error:
        raise DataError(f"{folder} could not be made: {error.strerror}.") from error
    try:
        for number, frame in enumerate(frames, 1):
            done, data = cv2.imencode(".png", frame[..., ::-1] if frame.ndim == 3 else frame)
            if not done:
                raise RuntimeError(f"{folder}: frame {number} could not be encoded")
            (scratch / f"{stem}{number:0{3 if stem else 4}d}.png").write_bytes(data)
        scratch.chmod(0o755)
        with contextlib.suppress(FileExistsError):
            scratch.rename(folder)
    except OSError as error:
        raise DataError(f"{folder} could not be written: {error.strerror}. What was finished is kept.") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
