"""From a protocol and a table of sequences to the rows that are compared."""

from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import DataError


@dataclass(frozen=True)
class Pairing:
    """Who is compared with whom.

    Args:
        gallery: rows of the gallery in the order of its cells, (M,).
        cells: ``(view, slice of gallery)``; one cell named ``all`` where views are not told apart.
        probes: ``{kind: rows}``.
        views: of the view matrix, sorted; empty where views are not told apart.
        notes: what a reader of the scores must know.
    """

    gallery: np.ndarray
    cells: tuple
    probes: dict
    views: tuple
    notes: tuple


def condition_mask(table, conditions):
    """Return the rows (N,) bool of these conditions: ``nm-01`` one repetition, ``nm`` all; it may match none."""
    return np.isin(table.condition, conditions) | np.isin(table.kind, conditions)


def pair(table, protocol):
    """Return the `Pairing` of a `SequenceTable` under a protocol.

    A protocol is a `tfgait.datasets.protocol.Protocol`, or anything with its ``name``, ``gallery``, ``probes`` and
    ``cross_view``. An empty ``gallery`` means leave one out: every probe is compared with all rows of other videos.
    Kinds of probes that the table does not have are left out and noted, and so are probes whose subject is nowhere
    in the gallery (nobody could name them right).

    Raises:
        DataError: no gallery, no probes, one subject only, or no subject that is both probe and gallery.
    """
    name = protocol.name
    gallery = np.flatnonzero(condition_mask(table, protocol.gallery)) if protocol.gallery else np.arange(len(table))
    conditions = ", ".join(sorted(set(table.condition.tolist()))[:20]) or "no sequence at all"
    if not len(gallery):
        wanted = ", ".join(protocol.gallery) or "every sequence"
        raise DataError(f"the gallery of protocol {name} ({wanted}) has no sequence. The data has: {conditions}.")
    subjects = sorted(set(table.subject[gallery].tolist()))
    if len(subjects) == 1:
        raise DataError(
            f"the gallery of protocol {name} must hold at least two subjects to tell apart. "
            f"Received: subject {subjects[0]} alone."
        )
    known = np.isin(table.subject, subjects) if protocol.gallery else _has_another_video(table)
    probes, notes = {}, []
    for kind, wanted in protocol.probes.items():
        rows = condition_mask(table, wanted)
        if not rows.any():
            notes.append(f"the data has no {kind} probes")
            continue
        unknown = int((rows & ~known).sum())
        if unknown:
            notes.append(f"{unknown} {kind} probes left out: their subject is not in the gallery")
        if unknown < rows.sum():
            probes[kind] = np.flatnonzero(rows & known)
    if not probes:
        raise DataError(
            f"protocol {name} finds no probe whose subject is in the gallery. The data has: {conditions}; "
            f"the gallery holds {len(subjects)} subjects: {', '.join(subjects[:8])}{' …' if len(subjects) > 8 else ''}"
            + (f"; {'; '.join(notes)}." if notes else ".")
        )
    views = sorted(set(table.view[np.concatenate([gallery, *probes.values()])].tolist()))
    if not protocol.cross_view or len(views) == 1:
        if protocol.cross_view:
            notes.append(f"one view only ({views[0] or 'unknown'}): probe and gallery are seen from the same view")
        return Pairing(gallery, (("all", slice(0, len(gallery))),), probes, (), tuple(notes))
    gallery = gallery[np.argsort(table.view[gallery], kind="stable")]
    names, starts = np.unique(table.view[gallery], return_index=True)
    ends = [*starts[1:].tolist(), len(gallery)]
    cells = tuple((str(v), slice(int(a), b)) for v, a, b in zip(names, starts, ends, strict=True))
    return Pairing(gallery, cells, probes, tuple(views), tuple(notes))


def _has_another_video(table):
    videos = {}
    for subject, video in zip(table.subject.tolist(), table.video.tolist(), strict=True):
        videos.setdefault(subject, set()).add(video)
    return np.array([len(videos[s]) > 1 for s in table.subject.tolist()], bool)
