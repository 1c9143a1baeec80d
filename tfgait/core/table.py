"""The table of sequences that every data set, store and protocol speaks."""

from dataclasses import dataclass, field

import numpy as np

from tfgait.core.errors import ConfigError, DataError, nearest

COLUMNS = ("subject", "condition", "view", "name")


@dataclass(frozen=True)
class SequenceTable:
    """One row a sequence; every column is an array of length N.

    Args:
        subject: who walks, as text.
        condition: condition with its repetition, as text: ``nm-01``.
        view: direction of the camera in degrees, three digits as text: ``090``; empty where unknown.
        name: unique, as text; windows of one video share what stands before ``#``.
        length: frames.
        path: relative to the data set's root; empty in a packed store.
    """

    subject: np.ndarray
    condition: np.ndarray
    view: np.ndarray
    name: np.ndarray
    length: np.ndarray
    path: np.ndarray = field(default=None)

    def __post_init__(self):
        for column in COLUMNS:
            object.__setattr__(self, column, np.asarray(getattr(self, column), dtype=np.str_))
        object.__setattr__(self, "length", np.asarray(self.length, dtype=np.int64))
        path = np.full(self.subject.shape, "") if self.path is None else self.path
        object.__setattr__(self, "path", np.asarray(path, dtype=np.str_))
        sizes = {c: getattr(self, c).shape for c in (*COLUMNS, "length", "path")}
        if len(set(sizes.values())) != 1 or self.subject.ndim != 1:
            raise DataError(f"every column of a SequenceTable must be 1-D, all of one length. Received: {sizes}.")

    @classmethod
    def from_rows(cls, rows):
        """Build a table from (subject, condition, view, name, length, path) rows."""
        columns = list(zip(*rows, strict=True)) or [[]] * 6
        return cls(*columns)

    def __len__(self):
        return len(self.subject)

    @property
    def kind(self):
        """Condition without its repetition, (N,): ``nm`` of ``nm-01``."""
        return np.array([c.rpartition("-")[0] or c for c in self.condition], dtype=np.str_)

    @property
    def video(self):
        """Name of the video a sequence is a window of, (N,): what stands before ``#``."""
        return np.array([n.partition("#")[0] for n in self.name], dtype=np.str_)

    def take(self, rows):
        """Return the table of these rows: indices or a boolean mask."""
        rows = np.asarray(rows)
        return SequenceTable(*(getattr(self, c)[rows] for c in (*COLUMNS, "length", "path")))

    def mask(self, subjects=None, conditions=None, views=None):
        """Return a boolean mask (N,) of the rows that match every filter given.

        Args:
            subjects: names; None admits all.
            conditions: ``nm-01`` for one repetition, ``nm`` for all of them.
            views: ``"090"`` or ``90``.

        Raises:
            ConfigError: a filter names something the table does not have.
        """
        keep = np.ones(len(self), bool)
        if subjects is not None:
            keep &= _among("subjects", subjects, self.subject)
        if conditions is not None:
            keep &= _among("conditions", conditions, self.condition, self.kind)
        if views is not None:
            keep &= _among("views", [str(v).zfill(3) if str(v).isdigit() else v for v in views], self.view)
        return keep


def _among(name, wanted, *columns):
    wanted = [str(w) for w in wanted]
    known = sorted(set(np.concatenate(columns).tolist()))
    for word in wanted:
        if word not in known:
            raise ConfigError(
                f"{name} must name what the data set has: {', '.join(known[:20])}{' …' if len(known) > 20 else ''}. "
                f"Received: {word}.{nearest(word, known)}"
            )
    return np.any([np.isin(column, wanted) for column in columns], axis=0)
