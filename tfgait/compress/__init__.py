"""Networks made small: what filters are worth, which go, the cut, and the proof of it."""

from tfgait.core.registry import Registry

CRITERIA = Registry(
    "criterion",
    {
        "l1": "tfgait.compress.criteria:L1",
        "l1_raw": "tfgait.compress.criteria:L1_RAW",
        "l2": "tfgait.compress.criteria:L2",
        "geometric_median": "tfgait.compress.criteria:GEOMETRIC_MEDIAN",
        "bn_scale": "tfgait.compress.criteria:BN_SCALE",
        "taylor": "tfgait.compress.taylor:TAYLOR",
        "random": "tfgait.compress.criteria:RANDOM",
    },
)
SCOPES = ("layer", "network")
