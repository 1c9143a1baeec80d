"""(2+1)D-CNN: the 3D-CNN with every convolution split into one over space and one over time."""

import keras
from keras import layers

from tfgait.layers.time import FoldTime, UnfoldTime
from tfgait.nets.cnn3d import KERNELS, STRIDES, check_video
from tfgait.nets.cnn3d import WIDTHS as FILTERS
from tfgait.nets.network import Network
from tfgait.nets.window import MODALITIES, RECTIFIED, window_config, window_input, window_output

WIDTHS = {f"{name}_{part}": filters for name, filters in FILTERS.items() for part in ("space", "time")}


@keras.saving.register_keras_serializable("tfgait")
class CNN2Plus1D(Network):
    """A window of frames, of optical flow as published first, through twelve 2D convolutions into one signature.

    Each convolution of `CNN3D` becomes two, both with ReLU: `conv1_space` on every frame, and `conv1_time` along the
    frames of every pixel, written as a 2D convolution on (T, H * W). Then `gray_code`, a dense layer without
    activation, `drop`, and the dense layer `code_1`, whose output is the signature. All of it is 2D, so it becomes
    int8 and runs where 3D convolutions do not; no batch size is part of it.

    The signature is not normalised, for the classifier takes it as it is; published tests compare it normalised to
    length 1 by Euclidean distance, which ranks as the cosine does: hence `metric`.

    Args:
        widths: {layer: filters} for any of `conv1_space`, `conv1_time`, …, `conv6_time`; the others as published.
        embedding: length of `gray_code` and of the signature: 1024 as published, 2048 for CASIA-B.
        height: of the frames in pixels, at least 49; 60 as published.
        width: of the frames in pixels, at least 49; 60 as published.
        frames: of a window, at least 23; 25 as published.
        dropout: share of `gray_code` dropped in training.
        modality: flow, grey, rgb, depth or silhouettes.
        signature: the layer whose output is the signature: `code_1`, or `gray_code`; then there is no `code_1`.

    Input shape: ``{modality: (B, frames, height, width, channels)}``, as for `CNN2D`.
    Output shape: ``{"embedding": (B, 1, embedding)}``.

    Raises:
        ConfigError: an argument out of its range.

    Reference: the option --from3dto2d of Embedded-Gait, whose training adds an L2 of 1e-3 on the kernel of
        `gray_code`; the factorisation is that of Tran et al., "A Closer Look at Spatiotemporal Convolutions for
        Action Recognition", CVPR 2018.
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
        dropout=0.4,
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
        for name in KERNELS:
            x = _factorised(x, name, config["widths"])
        x = layers.Flatten(name="flatten")(x)
        x = layers.Dense(embedding, kernel_initializer="he_uniform", name="gray_code")(x)
        x = layers.Dropout(dropout, name="drop")(x)
        super().__init__(inputs, window_output(x, config), config, name="cnn2plus1d")


def _factorised(x, name, widths):
    """Return (B, T', H', W', F) of (B, T, H, W, C): a convolution over space, then one over time."""
    (taps, *size), (stride, *step) = KERNELS[name], STRIDES[name]
    space, time = f"{name}_space", f"{name}_time"
    frames = FoldTime(name=f"{space}_fold")(x)
    frames = layers.Conv2D(widths[space], size, step, name=space, **RECTIFIED)(frames)
    _, height, width, filters = frames.shape
    x = UnfoldTime(name=f"{space}_unfold")(frames, x)
    x = layers.Reshape((x.shape[1], height * width, filters), name=f"{time}_flat")(x)
    x = layers.Conv2D(widths[time], (taps, 1), (stride, 1), name=time, **RECTIFIED)(x)
    return layers.Reshape((x.shape[1], height, width, widths[time]), name=f"{time}_map")(x)
