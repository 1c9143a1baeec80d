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
        apart: columns of the table in which a probe differs from whatever it is compared with.
        notes: what a reader of the scores must know.
    """

    gallery: np.ndarray
    cells: tuple
    probes: dict
    views: tuple
    apart: tuple
    notes: tuple

    @property
    def rows(self):
        """Every row that is gallery or probe, sorted."""
        return np.unique(np.concatenate([self.gallery, *self.probes.values()]))


def condition_mask(table, conditions):
    """Return the rows (N,) bool of these conditions: ``nm-01`` one repetition, ``nm`` all; it may match none."""
    return np.isin(table.condition, conditions) | np.isin(table.kind, conditions)


def pair(table, protocol, probe_views=()):
    """Return the `Pairing` of a `SequenceTable` under a protocol.

    A probe is never compared with its own video. An empty ``gallery`` means leave one out: every probe is compared
    with all rows of other videos. Kinds of probes that the table does not have are left out and noted, and so are
    probes whose subject is nowhere in what they are compared with (nobody could name them right).

    Args:
        table: `SequenceTable`.
        protocol: `tfgait.datasets.protocol.Protocol`.
        probe_views: score the probes of these views alone; empty: all. The gallery keeps its views.

    Raises:
        ConfigError: a view that the table does not have.
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
    apart = ("video", "view") if protocol.other_views else ("video",)
    known = _in_gallery(table, gallery, apart[-1])
    seen = table.mask(views=probe_views or None)
    probes, notes = {}, [protocol.note] if protocol.note else []
    for kind, wanted in protocol.probes.items():
        rows = condition_mask(table, wanted) & seen
        if not rows.any():
            notes.append(f"the data has no {kind} probes")
            continue
        unknown = int((rows & ~known).sum())
        if unknown:
            where = " in another view" if protocol.other_views else ""
            notes.append(f"{unknown} {kind} probes left out: their subject is not in the gallery{where}")
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
        return Pairing(gallery, (("all", slice(0, len(gallery))),), probes, (), apart, tuple(notes))
    gallery = gallery[np.argsort(table.view[gallery], kind="stable")]
    names, starts = np.unique(table.view[gallery], return_index=True)
    ends = [*starts[1:].tolist(), len(gallery)]
    cells = tuple((str(v), slice(int(a), b)) for v, a, b in zip(names, starts, ends, strict=True))
    return Pairing(gallery, cells, probes, tuple(views), apart, tuple(notes))


def _in_gallery(table, gallery, column):
    """Return the rows (N,) bool whose subject is in the gallery with another value of this column."""
    values, found = getattr(table, column), {}
    for subject, value in zip(table.subject[gallery].tolist(), values[gallery].tolist(), strict=True):
        found.setdefault(subject, set()).add(value)
    pairs = zip(table.subject.tolist(), values.tolist(), strict=True)
    return np.array([bool(found.get(subject, set()) - {value}) for subject, value in pairs], bool)
