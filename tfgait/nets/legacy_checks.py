"""Whether what a file says of its layers is what the published networks have; a file of weights says nothing."""

from tfgait.core.errors import DataError
from tfgait.nets.cnn2d import CNN2D
from tfgait.nets.legacy_layouts import PLAIN

_COMPARED = ("Conv2D", "Conv3D", "MaxPooling2D")


def check_kinds(file, layout):
    """Raise `DataError` for a class of layers, or an activation, that the published network does not have.

    Args:
        file: `LegacyFile`.
        layout: its `Layout`.
    """
    name = layout.network.__name__
    for kind, config in file.layers:
        if kind not in PLAIN | layout.kinds:
            raise DataError(f"{file.path} must hold a {name} as published. Received: a layer {kind}, which it lacks.")
        if kind == "Dense" and config.get("activation") not in ("linear", "softmax"):
            raise DataError(
                f"{file.path} must have dense layers without activation, but for the classifier's softmax. "
                f"Received: activation={config.get('activation')} in {config.get('name')}."
            )
    if layout.network is not CNN2D and channels_first(file):
        raise DataError(f"{file.path} must hold a {name} with channels last. Received: data_format=channels_first.")


def check_layers(file, network):
    """Raise `DataError` unless convolutions and poolings have the strides, padding and activations of ours."""
    if not file.layers:
        return
    theirs = sorted(_told(kind, config) for kind, config in file.layers if kind in _COMPARED)
    ours = [(type(layer).__name__, layer.get_config()) for layer in network.layers]
    ours = sorted(_told(kind, config) for kind, config in ours if kind in _COMPARED)
    if theirs != ours:
        wrong = next((t for t in theirs if t not in ours), theirs[-1] if theirs else "no convolution")
        raise DataError(f"{file.path} must hold a {network.name} as published, {len(ours)} layers. Received: {wrong}.")


def channels_first(file):
    """Return whether the maps of a file's network have their channels before rows and columns."""
    return any(config.get("data_format") == "channels_first" for config in file.configs("Conv2D", "Conv3D"))


def slope_of(file, usual):
    """Return the one slope of all LeakyReLU of a file; `usual` where it does not say."""
    slopes = {
        round(float(config.get("alpha", config.get("negative_slope"))), 6) for config in file.configs("LeakyReLU")
    }
    if len(slopes) > 1:
        raise DataError(f"{file.path} must have one slope in all LeakyReLU. Received: {sorted(slopes)}.")
    return slopes.pop() if slopes else usual


def _told(kind, config):
    size = tuple(config.get("kernel_size") or config.get("pool_size"))
    return (kind, size, tuple(config["strides"]), config["padding"], str(config.get("activation")))
