"""Packs a tree of images into a store: read, aligned or turned into flow, by all cores, in the order of the table."""

import functools
import logging

from tfgait.core.errors import DataError
from tfgait.datasets.image_tree import inside
from tfgait.datasets.store import StoreWriter
from tfgait.preprocess import flow, images, pool, silhouettes

PACKABLE = ("silhouettes", "flow")
NAMED = 50  # sequences left out that a store names; the others are counted
LOG = logging.getLogger(__name__)


def pack(path, root, table, modality, source, cut=True, skip_bad=False, processes=None, progress=None):
    """Write the store `path` from image folders and return the record of what was left out.

    Args:
        path: the store to make.
        root: what the paths of the table start from.
        table: `SequenceTable` of image folders.
        modality: one of `PACKABLE`. Silhouettes are aligned, grey frames become windows of flow.
        source: record of where the images came from; kept in the store with the counts added.
        cut: take the empty columns from both sides of silhouettes, 64 × 64 to 64 × 44.
        skip_bad: leave bad sequences out, named and counted; False raises at the first.
        processes: None takes all cores.
        progress: called with (done, total, what).

    Raises:
        DataError: a bad sequence, or nothing left to pack.
    """
    dropped_frames, left_out = 0, LeftOut(skip_bad)
    work = functools.partial(pack_sequence, str(root), modality, cut)
    on_error = "return" if skip_bad else "raise"
    results = pool.run(work, table.path.tolist(), processes, say(progress), on_error)
    shape = None if cut or modality != "silhouettes" else (silhouettes.SIZE, silhouettes.SIZE, 1)
    with StoreWriter(path, modality, shape, source) as writer:
        for row, result in enumerate(results):
            if isinstance(result, pool.Failure):
                left_out.add(result.item, result.message)
                continue
            pieces, dropped = result
            dropped_frames += dropped
            labels = {c: str(getattr(table, c)[row]) for c in ("subject", "condition", "view")}
            for start, frames in pieces:
                name = str(table.name[row]) + ("" if start is None else f"#{start}")
                writer.add(frames, name=name, **labels)
        counts = {"frames_dropped": dropped_frames, **left_out.record()}
        writer.source = {**source, **counts}
    if dropped_frames:
        LOG.warning("%d frames show nobody and were dropped", dropped_frames)
    return counts


class LeftOut:
    """Counts and names what is left out; where nothing may be, the first raises `DataError`."""

    def __init__(self, allowed):
        self.allowed, self.count, self.named = allowed, 0, []

    def add(self, item, why):
        """Leave one item out."""
        if not self.allowed:
            raise DataError(f"{item}: {why}")
        self.count += 1
        self.named = [*self.named, f"{item}: {why}"[:500]][:NAMED]
        LOG.warning("left out: %s: %s", item, why)

    def record(self):
        """Return what a store says about it."""
        return {"sequences_left_out": self.count, "left_out": self.named}


def say(progress):
    """Return what `pool.run` calls, made from a function of (done, total, what); None stays None."""
    return functools.partial(_say, progress) if progress else None


def _say(progress, done, total):
    progress(done, total, "packing sequences")


def pack_sequence(root, modality, cut, path):
    """Return ([(start of the window or None, frames as stored)], frames dropped) of one image folder."""
    folder = inside(root, path)
    if modality == "flow":
        video = images.read_video(folder)
        if images.shows_masks(video):
            raise DataError("these images are silhouettes; flow needs the grey frames of the video.")
        return flow.flow_windows(video), 0
    masks = images.read_masks(folder)
    if not images.is_mask(masks[0]):
        raise DataError("these images are no silhouettes: black background, white person.")
    aligned, kept = silhouettes.align(masks)
    if not len(aligned):
        raise DataError(f"not one of its {len(masks)} frames shows a person.")
    return [(None, (silhouettes.cut(aligned) if cut else aligned)[..., None])], int(len(kept) - kept.sum())
