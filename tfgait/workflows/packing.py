"""Packs a tree of images into a store: read, aligned or turned into flow, by all cores, in the order of the table."""

import functools
import logging

import numpy as np

from tfgait.core.errors import DataError
from tfgait.datasets.image_tree import inside
from tfgait.datasets.store import StoreWriter
from tfgait.preprocess import flow, images, pool, silhouettes

PACKABLE = ("silhouettes", "flow")
BLACK, WHITE, MASK_SHARE = 32, 223, 0.9  # a mask has few pixels between; JPEG leaves some at its edge
NAMED = 50  # sequences left out that a store names; the others are counted
LOG = logging.getLogger(__name__)


def pack(path, root, table, modality, source, skip_bad=False, processes=None, progress=None):
    """Write the store `path` from image folders and return the record of what was left out.

    Args:
        path: the store to make.
        root: what the paths of the table start from.
        table: `SequenceTable` of image folders.
        modality: one of `PACKABLE`. Silhouettes are aligned and cut to 64 × 44, grey frames become windows of flow.
        source: record of where the images came from; kept in the store with the counts added.
        skip_bad: leave bad sequences out, named and counted; False raises at the first.
        processes: None takes all cores.
        progress: called with (done, total, what).

    Raises:
        DataError: a bad sequence, or nothing left to pack.
    """
    counts = {"frames_dropped": 0, "sequences_left_out": 0, "left_out": []}
    work = functools.partial(pack_sequence, str(root), modality)
    said = functools.partial(_say, progress) if progress else None
    results = pool.run(work, table.path.tolist(), processes, said, on_error="return" if skip_bad else "raise")
    with StoreWriter(path, modality, source=source) as writer:
        for row, result in enumerate(results):
            if isinstance(result, pool.Failure):
                counts["sequences_left_out"] += 1
                counts["left_out"] = [*counts["left_out"], f"{result.item}: {result.message}"[:500]][:NAMED]
                LOG.warning("left out: %s: %s", result.item, result.message)
                continue
            pieces, dropped = result
            counts["frames_dropped"] += dropped
            labels = {c: str(getattr(table, c)[row]) for c in ("subject", "condition", "view")}
            for start, frames in pieces:
                name = str(table.name[row]) + ("" if start is None else f"#{start}")
                writer.add(frames, name=name, **labels)
        writer.source = {**source, **counts}
    if counts["frames_dropped"]:
        LOG.warning("%d frames show nobody and were dropped", counts["frames_dropped"])
    return counts


def _say(progress, done, total):
    progress(done, total, "packing sequences")


def pack_sequence(root, modality, path):
    """Return ([(start of the window or None, frames as stored)], frames dropped) of one image folder."""
    folder = inside(root, path)
    if modality == "flow":
        video = images.read_video(folder)
        if np.isin(video[0], (0, 255)).all():
            raise DataError("these images are silhouettes; flow needs the grey frames of the video.")
        return flow.flow_windows(video), 0
    masks = images.read_masks(folder)
    if np.mean((masks[0] < BLACK) | (masks[0] > WHITE)) < MASK_SHARE:
        raise DataError("these images are no silhouettes: black background, white person.")
    aligned, kept = silhouettes.align(masks)
    if not len(aligned):
        raise DataError(f"not one of its {len(masks)} frames shows a person.")
    return [(None, silhouettes.cut(aligned)[..., None])], int(len(kept) - kept.sum())
