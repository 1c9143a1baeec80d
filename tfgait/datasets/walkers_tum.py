"""Walkers in TUM-GAID's conditions: people that the product makes itself, filmed from one side, some of them twice.

As `tfgait.datasets.tum_gaid`, whose protocols are used; half of the people train. Results on walkers are results on
walkers; they are not comparable with scores on recorded people.
"""

import dataclasses

from tfgait.datasets import tum_gaid

MODALITIES = tum_gaid.MODALITIES
CONDITIONS = tum_gaid.CONDITIONS
# As `tfgait.datasets.walkers.CONDITION_ORDER`.
CONDITION_ORDER = ("n-01", "n-05", "b-01", "s-01", "n-02", "n-03", "n-06", "b-02", "s-02", "n-04")
PROTOCOLS = tum_gaid.PROTOCOLS
NCLASSES = tum_gaid.NCLASSES
SPLITS = {name: dataclasses.replace(split, train=0.5) for name, split in tum_gaid.SPLITS.items()}
