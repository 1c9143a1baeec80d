"""Gait networks: one file each, on one contract.

- The constructor's arguments are the network's config; `get_config` returns them and nothing else.
- Inputs: a dict ``{network.modality: (B, T, H, W, C)}``, with ``length (B,)`` beside it where the network was built
  with `variable_length`. Outputs: a dict ``{"embedding": (B, P, D)}``.
- `network.metric` names the distance its embeddings are published with.
- `widths` holds one number for each group of coupled channels, by the name of one convolution of the group. The same
  class built from ``{**config, "widths": …}`` has the same layer names, so weights are carried over by name; so does
  the one from ``{**config, "frames": 30, "variable_length": False}``, which is what exporters convert.
- No regulariser, no loss, no optimiser inside: what the published trainings add is told in the docstrings.

Listing the names imports no Keras.
"""

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


def load(path):
    """Load a network from a ``.keras`` file, whoever wrote it: see `tfgait.nets.files.load`."""
    from tfgait.nets.files import load

    return load(path)
