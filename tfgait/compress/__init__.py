"""Networks made small: what filters are worth, which go, the cut, and the proof of it."""

from tfgait.core.registry import Registry

CRITERIA = Registry(
    "criterion",
    {"l1": "tfgait.compress.importance:L1", "l1_raw": "tfgait.compress.importance:L1_RAW"},
)
