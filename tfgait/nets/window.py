"""What the networks on a window of frames share: their arguments, their input, their output."""

import keras
from keras import layers

from tfgait.core.errors import check_choice
from tfgait.core.modality import modality as modality_of
from tfgait.nets.arguments import WIDEST, check_share, check_whole, check_widths

MODALITIES = ("flow", "grey", "rgb", "depth", "silhouettes")

# Glorot's bounds, which were published with these networks, halve the signal at every rectified layer: there is no
# normalisation to undo it, and training starts on a plateau. He's keep it.
RECTIFIED = {"activation": "relu", "kernel_initializer": "he_uniform"}

# What the network itself makes of the stored values: x * scale + offset. Flow is taken as it is.
SCALES = {
    "grey": (1 / 255, -0.5),
    "rgb": (1 / 255, -0.5),
    "depth": (1 / 4000, -0.5),
    "silhouettes": (1 / 255, 0.0),
}


def window_config(published, signatures, *, widths, embedding, height, width, frames, dropout, modality, signature):
    """Return the checked arguments of a network on windows.

    Args:
        published: {layer: filters} of the whole network.
        signatures: names of the layers whose output may be the signature.

    Raises:
        ConfigError: an argument out of its range.
    """
    check_choice("modality", modality, MODALITIES)
    check_choice("signature", signature, signatures)
    return {
        "widths": check_widths(widths, published),
        "embedding": check_whole("embedding", embedding, 1, WIDEST),
        "height": check_whole("height", height, 1, 256),
        "width": check_whole("width", width, 1, 256),
        "frames": check_whole("frames", frames, 1, 1000),
        "dropout": check_share("dropout", dropout),
        "modality": modality,
        "signature": signature,
    }


def window_input(config):
    """Return ({modality: input}, the window as the first layer takes it), (B, frames, height, width, channels)."""
    name = config["modality"]
    shape = (config["frames"], config["height"], config["width"], modality_of(name).shape[-1])
    inputs = {name: keras.Input(shape, name=name)}
    if name not in SCALES:
        return inputs, inputs[name]
    # In float32 under every precision: the largest depths are above what float16 holds.
    return inputs, layers.Rescaling(*SCALES[name], dtype="float32", name="rescale")(inputs[name])


def window_output(x, config):
    """Return {"embedding": (B, 1, D)} of (B, rows): through the last dense layer where it is the signature."""
    if config["signature"] == "code_1":
        x = layers.Dense(config["embedding"], name="code_1")(x)
    return {"embedding": layers.Reshape((1, -1), name="signature")(x)}
