"""Tables of people who walked, and embeddings of them, for tests."""

import numpy as np

from tfgait.core.table import SequenceTable


def walks(subjects, conditions, views=("090",), windows=0):
    """Return a table of every subject × condition × view; `windows` sub-sequences of each where asked."""
    rows = [
        (s, c, v, f"{s}-{c}-{v}{w}", 30, "")
        for s in subjects
        for c in conditions
        for v in views
        for w in ([f"#{5 * i:03d}" for i in range(windows)] or [""])
    ]
    return SequenceTable.from_rows(rows)


def people(count):
    """Return the names of `count` subjects."""
    return [f"{i:03d}" for i in range(1, count + 1)]


def perfect(table, parts=3, width=8):
    """Return embeddings (N, P, D) that depend on the subject alone, all subjects different."""
    names, codes = np.unique(table.subject, return_inverse=True)
    return np.random.default_rng(5).standard_normal((len(names), parts, width)).astype(np.float32)[codes]


def random(table, parts=3, width=8, seed=6):
    """Return embeddings (N, P, D) that know nothing of the subject."""
    return np.random.default_rng(seed).standard_normal((len(table), parts, width)).astype(np.float32)
