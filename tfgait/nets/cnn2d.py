"""2D-CNN: a window of frames as one image of many channels."""

import keras
from keras import layers

from tfgait.layers.time import FramesToChannels
from tfgait.nets.arguments import check_left
from tfgait.nets.network import Network
from tfgait.nets.window import MODALITIES, RECTIFIED, window_config, window_input, window_output

WIDTHS = {"conv1": 96, "conv2": 192, "conv3": 512, "conv4": 512}
KERNELS = {"conv1": 7, "conv2": 5, "conv3": 3, "conv4": 2}


@keras.saving.register_keras_serializable("tfgait")
class CNN2D(Network):
    """A window of frames, of optical flow as published first, through four 2D convolutions into one signature.

    The frames become channels, one frame after the other, so that x and y of flow alternate; each convolution (`conv1`
    to `conv4`, unpadded, ReLU) is followed by a maximum over 2 x 2; then three dense layers without activation:
    `dense` (twice the signature), `drop`, `code`, and `code_1`, whose output is the signature. A softmax classifier on
    it is what the published training adds.

    The signature is not normalised, for the classifier takes it as it is; published tests compare it normalised to
    length 1 by Euclidean distance, which ranks as the cosine does: hence `metric`.

    Args:
        widths: {layer: filters} for any of `conv1` to `conv4`; the others as published.
        embedding: length of the signature: 1024 as published, 2048 for CASIA-B.
        height: of the frames in pixels, at least 46; 60 as published.
        width: of the frames in pixels, at least 46; 60 as published.
        frames: of a window; 25 as published.
        dropout: share of `dense` dropped in training.
        modality: flow, grey, rgb, depth or silhouettes.
        signature: the layer whose output is the signature: `code_1`, or `code`; then there is no `code_1`, as in
            Embedded-Gait's pruned networks once they are fine-tuned.

    Input shape: ``{modality: (B, frames, height, width, channels)}``: flow in pixels of the source video a frame, x
        then y; the others as stored, and rescaled by the network: grey and rgb x / 255 - 0.5, silhouettes x / 255,
        all as published; depth in millimetres x / 4000 - 0.5, for which the published system names no unit.
    Output shape: ``{"embedding": (B, 1, embedding)}``. 6,829,024 parameters on flow as published, and 6,982,774 with
        the classifier of 150 people.

    Raises:
        ConfigError: an argument out of its range.

    Reference: Castro et al., "Multimodal feature fusion for CNN-based gait recognition" (2020), as in Embedded-Gait,
        whose training adds an L2 of 5e-5 on the kernels of the convolutions.
    """

    modalities = MODALITIES
    metric = "cosine"
    fine_tuned = ("code",)

    def __init__(
        self,
        widths=None,
        embedding=1024,
        height=60,
        width=60,
        frames=25,
        dropout=0.4,
        modality="flow",
        signature="code_1",
    ):
        config = window_config(
            WIDTHS,
            ("code_1", "code"),
            widths=widths,
            embedding=embedding,
            height=height,
            width=width,
            frames=frames,
            dropout=dropout,
            modality=modality,
            signature=signature,
        )
        steps = [step for kernel in KERNELS.values() for step in ((kernel, 1), (2, 2))]
        check_left("height", height, steps)
        check_left("width", width, steps)
        inputs, x = window_input(config)
        x = FramesToChannels(name="interleave")(x)
        for name, filters in config["widths"].items():
            x = layers.Conv2D(filters, KERNELS[name], name=name, **RECTIFIED)(x)
            x = layers.MaxPooling2D(2, name=f"{name}_pool")(x)
        x = layers.Flatten(name="flatten")(x)
        x = layers.Dense(2 * embedding, name="dense")(x)
        x = layers.Dropout(dropout, name="drop")(x)
        x = layers.Dense(embedding, name="code")(x)
        super().__init__(inputs, window_output(x, config), config, name="cnn2d")
