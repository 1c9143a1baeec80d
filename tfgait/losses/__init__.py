"""Losses on `keras.ops` alone.

Every loss is a small frozen record. ``loss(labels, x)`` gives the scalar to minimise; ``loss.with_stats(labels, x)``
gives the same scalar and a dict of scalars worth watching, at no second computation. Whatever the type of `x`, the
arithmetic is float32.
"""

from tfgait.core.registry import Registry

LOSSES = Registry(
    "loss",
    {
        "triplet_all": "tfgait.losses.batch_all_triplet:BatchAllTriplet",
        "triplet_hard": "tfgait.losses.batch_hard_triplet:BatchHardTriplet",
        "cross_entropy": "tfgait.losses.softmax_cross_entropy:SoftmaxCrossEntropy",
    },
)
