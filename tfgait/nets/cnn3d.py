"""3D-CNN: a window of frames as a small video."""

import keras
from keras import layers

from tfgait.nets.arguments import check_left
from tfgait.nets.network import Network
from tfgait.nets.window import MODALITIES, RECTIFIED, window_config, window_input, window_output

WIDTHS = {"conv1": 64, "conv2": 128, "conv3": 256, "conv4": 512, "conv5": 512, "conv6": 512}
KERNELS = {
    "conv1": (3, 5, 5),
    "conv2": (3, 3, 3),
    "conv3": (3, 3, 3),
    "conv4": (3, 3, 3),
    "conv5": (3, 2, 2),
    "conv6": (2, 1, 1),
}
STRIDES = {
    "conv1": (1, 2, 2),
    "conv2": (1, 2, 2),
    "conv3": (2, 2, 2),
    "conv4": (2, 2, 2),
    "conv5": (1, 1, 1),
    "conv6": (1, 1, 1),
}


@keras.saving.register_keras_serializable("tfgait")
class CNN3D(Network):
    """A window of frames, of optical flow as published first, through six 3D convolutions into one signature.

    `conv1` to `conv6` (unpadded, ReLU, strides instead of pooling), then `gray_code` (1 x 1 x 1, no activation) and
    the dense layer `code_1`, whose output is the signature. A softmax classifier on it is what the published training
    adds.

    The signature is not normalised, for the classifier takes it as it is; published tests compare it normalised to
    length 1 by Euclidean distance, which ranks as the cosine does: hence `metric`.

    Args:
        widths: {layer: filters} for any of `conv1` to `conv6`; the others as published.
        embedding: length of `gray_code` and of the signature: 1024 as published, 2048 for CASIA-B.
        height: of the frames in pixels, at least 49; 60 as published.
        width: of the frames in pixels, at least 49; 60 as published.
        frames: of a window, at least 23; 25 as published.
        dropout: share of `gray_code` dropped in training; none as published.
        modality: flow, grey, rgb, depth or silhouettes.
        signature: the layer whose output is the signature: `code_1`, or `gray_code`; then there is no `code_1`, as in
            Embedded-Gait's pruned networks once they are fine-tuned.

    Input shape: ``{modality: (B, frames, height, width, channels)}``, as for `CNN2D`.
    Output shape: ``{"embedding": (B, 1, embedding)}``. 9,901,376 parameters on flow as published, and 10,055,126 with
        the classifier of 150 people.

    Raises:
        ConfigError: an argument out of its range.

    Reference: Castro et al., "Multimodal feature fusion for CNN-based gait recognition" (2020), as in Embedded-Gait,
        whose training adds an L2 of 1e-3 on the kernel of `gray_code`.
    """

    modalities = MODALITIES
    metric = "cosine"

    def __init__(
        self,
        widths=None,
        embedding=1024,
        height=60,
        width=60,
        frames=25,
        dropout=0.0,
        modality="flow",
        signature="code_1",
    ):
        config = window_config(
            WIDTHS,
            ("code_1", "gray_code"),
            widths=widths,
            embedding=embedding,
            height=height,
            width=width,
            frames=frames,
            dropout=dropout,
            modality=modality,
            signature=signature,
        )
        check_video(config)
        inputs, x = window_input(config)
        for name, filters in config["widths"].items():
            x = layers.Conv3D(filters, KERNELS[name], STRIDES[name], name=name, **RECTIFIED)(x)
        x = layers.Conv3D(embedding, 1, kernel_initializer="he_uniform", name="gray_code")(x)
        x = layers.Flatten(name="flatten")(x)
        x = layers.Dropout(dropout, name="drop")(x)
        super().__init__(inputs, window_output(x, config), config, name="cnn3d")


def check_video(config):
    """Raise `ConfigError` unless the convolutions leave something of the window."""
    for axis, name in enumerate(("frames", "height", "width")):
        check_left(name, config[name], [(KERNELS[layer][axis], STRIDES[layer][axis]) for layer in KERNELS])
