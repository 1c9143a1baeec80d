"""Gait networks: one file each, on one contract.

- The constructor's arguments are the network's config; `get_config` returns them and nothing else.
- `network.modality` is the kind of input it was built for; its class names all it can be built for.
- Inputs: a dict ``{network.modality: (B, T, H, W, C)}``, with ``length (B,)`` beside it where the network was built
  with `variable_length`. Outputs: a dict ``{"embedding": (B, P, D)}``.
- `network.metric` names the distance its embeddings are published with.
- `widths` holds one number for each group of coupled channels, by the name of one convolution of the group. The same
  class built from ``{**config, "widths": …}`` has the same layer names, so weights are carried over by name; so does
  the one from ``{**config, "frames": 30, "variable_length": False}``, which is what exporters convert.
- No regulariser, no loss, no optimiser inside: what the published trainings add is told in the docstrings.

Listing the names imports no Keras.
"""

from pathlib import Path

from tfgait.core.registry import Registry

NETWORKS = Registry(
    "network",
    {
        "cnn2d": "tfgait.nets.cnn2d:CNN2D",
        "cnn3d": "tfgait.nets.cnn3d:CNN3D",
        "cnn2plus1d": "tfgait.nets.cnn2plus1d:CNN2Plus1D",
        "gaitset": "tfgait.nets.gaitset:GaitSet",
    },
)


def build(preset, **changes):
    """Build a network of `tfgait.nets.presets` with fresh weights.

    Args:
        preset: a name in `PRESETS`.
        changes: arguments of the network that differ from the preset's; `widths` may name only those that do.

    Raises:
        ConfigError: no such preset, or an argument the network does not take or cannot use.
    """
    from tfgait.nets.presets import build

    return build(preset, **changes)


# Files of Keras 2, in which Embedded-Gait keeps its models.
LEGACY = (".h5", ".hdf5")


def load(path):
    """Load a network from a file, whoever wrote it.

    A ``.keras`` file is read by `tfgait.nets.files.load`, an ``.h5`` or ``.hdf5`` file of Embedded-Gait by
    `tfgait.nets.legacy.load_legacy`, which can be told more of it.
    """
    if Path(path).suffix in LEGACY:
        from tfgait.nets.legacy import load_legacy

        return load_legacy(path).network
    from tfgait.nets.files import load

    return load(path)
