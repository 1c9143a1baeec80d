"""Files of windows → one packed store a modality, or the folders and index files that Embedded-Gait reads."""

import contextlib
import logging
from collections import Counter
from dataclasses import replace

import numpy as np

from tfgait.core.errors import DataError
from tfgait.core.table import SequenceTable
from tfgait.datasets import DATASETS
from tfgait.datasets.embedded_gait_writer import EmbeddedGaitWriter
from tfgait.datasets.store import StoreWriter
from tfgait.preprocess.windows import MAP_HEIGHT, MAP_WIDTH
from tfgait.workflows.prepare_folders import folder_of

LOG = logging.getLogger(__name__)


def write_stores(out, plan, walks, parts, source):
    """Write ``out/<modality>.h5`` and return ({modality: path}, {walk: windows}).

    Args:
        out: the folder.
        plan: `prepare_walk.Plan`.
        walks: list of `Walk`.
        parts: iterable of the path of each walk's file of windows, or None where it was left out.
        source: record kept in the stores; what is added to it while `parts` runs is kept too.
    """
    shapes = {"silhouettes": (MAP_HEIGHT, MAP_WIDTH, 1)}
    written = {}
    with contextlib.ExitStack() as stack:
        writers = {
            m: stack.enter_context(StoreWriter(out / f"{m}.h5", m, shapes.get(m), source)) for m in plan.modalities
        }
        for walk, part in zip(walks, parts, strict=True):
            if part is not None:
                written[walk] = _store(writers, walk, part)
    return {m: str(out / f"{m}.h5") for m in plan.modalities}, written


def _store(writers, walk, part):
    with np.load(part, allow_pickle=False) as arrays:
        starts = arrays["starts"].tolist()
        for modality, writer in writers.items():
            for start, frames in zip(starts, arrays[modality], strict=True):
                labels = {"subject": walk.subject, "condition": walk.condition, "view": walk.view}
                writer.add(frames, name=f"{walk.name}#{start}", **labels)
    return len(starts)


def write_samples(out, plan, walks, parts, placed):
    """Write Embedded-Gait's folders and index files below `out`; return ({folder: index file}, {walk: windows}).

    Args:
        out, plan, walks, parts: as in `write_stores`.
        placed: ``{modality: (folder, set)}`` of each walk, see `places`.
    """
    names = dict.fromkeys(folder for folders in placed for folder, _ in folders.values())
    for name in names:
        # Of a run that was stopped here: whole, and about to be written again.
        (out / f"{name}.h5").unlink(missing_ok=True)
    written, videos = {}, Counter()
    with contextlib.ExitStack() as stack:
        writers = {}
        for walk, part, folders in zip(walks, parts, placed, strict=True):
            if part is None:
                continue
            for folder, _ in folders.values():
                if folder not in writers:
                    writers[folder] = stack.enter_context(EmbeddedGaitWriter(out, folder))
                videos[folder] += 1
            written[walk] = _samples(writers, plan, walk, part, folders, videos)
    return {name: str(out / f"{name}.h5") for name in writers}, written


def _samples(writers, plan, walk, part, folders, videos):
    with np.load(part, allow_pickle=False) as arrays:
        starts, boxes = arrays["starts"].tolist(), np.maximum(arrays["boxes"], 0)
        for modality, (folder, part_of_set) in folders.items():
            for window, (start, frames, box) in enumerate(zip(starts, arrays[modality], boxes, strict=True), 1):
                seen = range(start, start + plan.window)
                writers[folder].add(
                    frames, walk.subject, walk.condition, walk.view, videos[folder], window, seen, box, part_of_set
                )
    return len(starts)


def places(plan, sources):
    """Return the `Sources` that have a place in Embedded-Gait's layout, and ``{modality: (folder, set)}`` of each walk.

    Raises:
        DataError: a data set of another kind, one that does not say who trains, or no walk that has a place.
    """
    if sources.dataset == "tum_gaid" and not sources.train_subjects:
        raise DataError("who trains must stand in tumgaidtrainids.lst beside the folder image; there is no such list.")
    table = SequenceTable.from_rows([(w.subject, w.condition, w.view, w.name, 0, "") for w in sources.walks])
    train = sources.train_subjects or next(iter(DATASETS[sources.dataset].SPLITS.values())).subjects(table)[0]
    placed = {}
    for walk in sources.walks:
        folders = {
            m: folder_of(sources.dataset, m, plan.window, walk.subject in train, walk.condition, walk.view)
            for m in plan.modalities
        }
        if all(folders.values()):
            placed[walk] = folders
    if not placed:
        raise DataError("not one walk belongs to a folder of the published data sets; use format store.")
    without = len(sources.walks) - len(placed)
    if without:
        LOG.warning("%d walks have no place in the published folders and are passed over", without)
    return replace(sources, walks=list(placed)), list(placed.values())
