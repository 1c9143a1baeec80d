"""Walkers in TUM-GAID's conditions: people that the product makes itself, filmed from one side, some of them twice.

As `tfgait.datasets.tum_gaid`, whose layout and protocols are used; half of the people train. Results on walkers are
results on walkers; they are not comparable with scores on recorded people.
"""

import dataclasses

from tfgait.datasets import casia_b, tum_gaid

MODALITIES = tum_gaid.MODALITIES
CONDITIONS = tum_gaid.CONDITIONS
VIEW = tum_gaid.VIEW
# As `tfgait.datasets.walkers.CONDITION_ORDER`.
CONDITION_ORDER = ("n-01", "n-05", "b-01", "s-01", "n-02", "n-03", "n-06", "b-02", "s-02", "n-04")
PROTOCOLS = tum_gaid.PROTOCOLS
NCLASSES = tum_gaid.NCLASSES
SPLITS = {name: dataclasses.replace(split, train=0.5) for name, split in tum_gaid.SPLITS.items()}

index = tum_gaid.index
read = tum_gaid.read


def check(root):
    """Return a list of `Finding` of picture folders: every subject that lacks what the others have of one session."""
    table, findings = read(root)
    subjects, conditions = (sorted(set(c.tolist())) for c in (table.subject, table.condition))
    first = [c for c in conditions if c in tum_gaid.FIRST_SESSION]
    return findings + casia_b.missing(table, subjects, first, (tum_gaid.VIEW,))
