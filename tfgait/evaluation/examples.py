"""Choose probes answered right and wrong, for pictures."""

import numpy as np

from tfgait.evaluation.result import Example


def choose_examples(kind, found, probes, pairing, table, count):
    """Return up to `count` right and `count` wrong `Example`s, spread evenly over all pairs of unequal view.

    Args:
        found: `Comparison` of the probes.
        probes: rows, (N,).
    """
    cells = np.array([name for name, _ in pairing.cells])
    allowed = found.first > 0
    if pairing.views:
        allowed &= table.view[probes][:, None] != cells
    chosen = []
    for right in (True, False):
        pairs = np.argwhere(allowed & ((found.first == 1) == right))
        for row, column in pairs[np.linspace(0, len(pairs) - 1, min(count, len(pairs))).astype(int)]:
            probe, nearest = int(probes[row]), int(found.nearest[row, column])
            chosen.append(
                Example(
                    kind=kind,
                    right=right,
                    probe=probe,
                    nearest=nearest,
                    match=int(found.match[row, column]),
                    subject=str(table.subject[probe]),
                    found=str(table.subject[nearest]),
                    probe_view=str(table.view[probe]),
                    gallery_view=str(table.view[nearest]),
                    rank=int(found.first[row, column]),
                    distance=float(found.distance[row, column]),
                )
            )
    return chosen
