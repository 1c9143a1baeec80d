"""Networks with names: the published ones, small ones that train on two cores, tiny ones for tests."""

import inspect

from tfgait.core.errors import ConfigError, check_choice, nearest
from tfgait.nets import NETWORKS


def _widths(layers, filters):
    return dict(zip(layers.split(), filters, strict=True))


_GAITSET = "frame1 frame2 frame3 frame4 frame5 frame6 global1 global3"
_CNN2D = "conv1 conv2 conv3 conv4"
_CNN3D = "conv1 conv2 conv3 conv4 conv5 conv6"
_CNN2PLUS1D = " ".join(f"{name}_{part}" for name in _CNN3D.split() for part in ("space", "time"))

PRESETS = {
    "gaitset": ("gaitset", {}),
    "gaitset_small": ("gaitset", {"widths": _widths(_GAITSET, (16, 16, 32, 32, 64, 64, 32, 64)), "embedding": 128}),
    # The shipped one: half the resolution, the width that this buys.
    "gaitset_walkers": (
        "gaitset",
        {
            "widths": _widths(_GAITSET, (24, 24, 48, 48, 96, 96, 48, 96)),
            "embedding": 128,
            "bins": [8, 4, 2, 1],
            "reduce": 2,
        },
    ),
    "gaitset_demo": (
        "gaitset",
        {
            "widths": _widths(_GAITSET, (16, 16, 32, 32, 64, 64, 32, 64)),
            "embedding": 64,
            "bins": [8, 4, 2, 1],
            "reduce": 2,
        },
    ),
    "gaitset_tiny": (
        "gaitset",
        {
            "widths": _widths(_GAITSET, (4, 4, 6, 6, 8, 8, 6, 8)),
            "embedding": 8,
            "height": 16,
            "width": 12,
            "bins": [4, 2, 1],
        },
    ),
    "cnn2d": ("cnn2d", {}),
    "cnn2d_small": ("cnn2d", {"widths": _widths(_CNN2D, (16, 32, 64, 64)), "embedding": 128}),
    # The shipped ones, under 3 MB.
    "cnn2d_walkers": ("cnn2d", {"widths": _widths(_CNN2D, (12, 64, 128, 128)), "embedding": 128, "dropout": 0.0}),
    "cnn3d_walkers": ("cnn3d", {"widths": _widths(_CNN3D, (8, 16, 64, 128, 128, 128)), "embedding": 128}),
    "cnn2d_tiny": (
        "cnn2d",
        {"widths": _widths(_CNN2D, (4, 4, 6, 6)), "embedding": 8, "height": 48, "width": 48, "frames": 4},
    ),
    "cnn3d": ("cnn3d", {}),
    "cnn3d_small": ("cnn3d", {"widths": _widths(_CNN3D, (16, 32, 64, 64, 64, 64)), "embedding": 128}),
    "cnn3d_tiny": (
        "cnn3d",
        {"widths": _widths(_CNN3D, (2, 3, 4, 5, 6, 7)), "embedding": 8, "height": 52, "width": 49, "frames": 23},
    ),
    "cnn2plus1d": ("cnn2plus1d", {}),
    "cnn2plus1d_small": (
        "cnn2plus1d",
        {"widths": _widths(_CNN2PLUS1D, (16, 16, 32, 32, *(64,) * 8)), "embedding": 128},
    ),
    "cnn2plus1d_tiny": (
        "cnn2plus1d",
        {
            "widths": _widths(_CNN2PLUS1D, (4, 4, 4, 4, 6, 6, 6, 6, 8, 8, 8, 8)),
            "embedding": 8,
            "height": 52,
            "width": 49,
            "frames": 23,
        },
    ),
}


def build(preset, **changes):
    """Build the network of a preset; see `tfgait.nets.build`."""
    check_choice("preset", preset, list(PRESETS))
    network, config = PRESETS[preset]
    known = list(inspect.signature(NETWORKS[network]).parameters)
    for name in changes:
        if name not in known:
            raise ConfigError(f"{network} takes no argument {name!r}, but {', '.join(known)}.{nearest(name, known)}")
    if isinstance(changes.get("widths"), dict):
        changes["widths"] = {**config.get("widths", {}), **changes["widths"]}
    return NETWORKS[network](**{**config, **changes})
