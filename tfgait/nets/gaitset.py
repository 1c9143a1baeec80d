"""GaitSet: a walk as a set of silhouettes."""

import keras
from keras import layers

from tfgait.core.errors import ConfigError
from tfgait.layers.horizontal_pyramid import HorizontalPyramidPooling, check_bins
from tfgait.layers.separate_dense import SeparateDense
from tfgait.layers.set_pooling import SetPooling
from tfgait.layers.time import FoldTime, UnfoldTime
from tfgait.nets.arguments import WIDEST, check_flag, check_share, check_whole, check_widths
from tfgait.nets.network import Network

WIDTHS = {
    "frame1": 32,
    "frame2": 32,
    "frame3": 64,
    "frame4": 64,
    "frame5": 128,
    "frame6": 128,
    "global1": 64,
    "global3": 128,
}


@keras.saving.register_keras_serializable("tfgait")
class GaitSet(Network):
    """Silhouettes in any order and number, one embedding for each of 62 parts.

    Six convolutions a frame (`frame1` to `frame6`), a maximum over time after each pair; the maxima run through a
    second branch (`global1` to `global4`); both branches are cut into strips at several scales, and each strip has
    a matrix of its own (`encode`). No bias, no normalisation. Parts in OpenGait's order: the strips of the frame
    branch, scales 16, 8, 4, 2, 1, then those of the global branch.

    LeakyReLU keeps order, so it commutes with a maximum exactly; it stands behind the pooling wherever there is one,
    on a fraction of the values.

    Args:
        widths: {layer: filters} for any of `frame1` to `frame6`, `global1`, `global3`; the others as published.
            `global2` is added to `frame4` and `global4` to `frame6`, so they have their widths.
        embedding: features a part; 256 as published.
        height: of the silhouettes in pixels, a multiple of 4; 64 as published.
        width: of the silhouettes in pixels, at least 4 * reduce; 44 as published.
        frames: how many a sequence has; None: any number, fixed within a batch.
        bins: strips of each scale; each divides height / 4.
        variable_length: adds the input `length`, by which frames at the end of a sequence count as padding.
        reduce: silhouettes are averaged over squares of so many pixels first, which costs a quarter of the time at 2;
            1 as published. Then height must be a multiple of 4 * reduce, and each of the bins divide height / that.
        slope: of LeakyReLU below zero, in [0, 1): 0.01 in the original and in OpenGait, 0.3 in Embedded-Gait.

    Input shape: ``{"silhouettes": (B, T, height, width, 1)}``, 0 background to 255 person, any type; with
        `variable_length` also ``"length"``: (B,) int32 in 1..T.
    Output shape: ``{"embedding": (B, 2 * sum(bins), embedding)}``, not normalised. 2,594,592 parameters as published.

    Raises:
        ConfigError: an argument out of its range.

    Reference: Chao et al., "GaitSet: Regarding Gait as a Set for Cross-View Gait Recognition", AAAI 2019; weights of
        OpenGait's implementation give its embeddings. Published training on CASIA-B: `BatchAllTriplet` 0.2, 8
        subjects x 16 sequences, 30 frames unordered, Adam 1e-4 (original), or SGD 0.1 with momentum 0.9, weight
        decay 5e-4 and steps at 10, 20 and 30 of 40 thousand (OpenGait).
    """

    modalities = ("silhouettes",)
    metric = "parts"
    fine_tuned = ("encode",)

    def __init__(
        self,
        widths=None,
        embedding=256,
        height=64,
        width=44,
        frames=None,
        bins=(16, 8, 4, 2, 1),
        variable_length=False,
        reduce=1,
        slope=0.01,
    ):
        config = {
            "widths": check_widths(widths, WIDTHS),
            "embedding": check_whole("embedding", embedding, 1, WIDEST),
            "reduce": check_whole("reduce", reduce, 1, 64),
            "height": check_whole("height", height, 4, 1024),
            "width": check_whole("width", width, 4 * reduce, 1024),
            "frames": frames if frames is None else check_whole("frames", frames, 1, 10_000),
            "bins": check_scales(bins, height, reduce),
            "variable_length": check_flag("variable_length", variable_length),
            "slope": check_share("slope", slope),
        }
        filters = {**config["widths"], "global2": config["widths"]["frame4"], "global4": config["widths"]["frame6"]}

        def conv(x, name):
            size = 5 if name == "frame1" else 3
            return layers.Conv2D(filters[name], size, padding="same", use_bias=False, name=name)(x)

        def pool(x, name):
            return layers.MaxPooling2D(2, name=f"{name}_pool")(x)

        def act(x, name):
            return layers.LeakyReLU(negative_slope=slope, name=f"{name}_act")(x)

        inputs = {"silhouettes": keras.Input((frames, height, width, 1), name="silhouettes")}
        length = ()
        if variable_length:
            inputs["length"] = keras.Input((), dtype="int32", name="length")
            length = (inputs["length"],)

        def over_time(x, name):
            return SetPooling(name=f"{name}_set")(UnfoldTime(name=f"{name}_unfold")(x, scaled), *length)

        scaled = layers.Rescaling(1 / 255, name="rescale")(inputs["silhouettes"])
        x = FoldTime(name="fold")(scaled)
        if reduce > 1:
            x = layers.AveragePooling2D(reduce, name="reduce")(x)
        x = act(conv(x, "frame1"), "frame1")
        x = act(pool(conv(x, "frame2"), "frame2"), "frame2")
        g = act(conv(over_time(x, "frame2"), "global1"), "global1")
        g = act(pool(conv(g, "global2"), "global2"), "global2")
        x = act(conv(x, "frame3"), "frame3")
        x = act(pool(conv(x, "frame4"), "frame4"), "frame4")
        g = layers.Add(name="frame4_add")([g, over_time(x, "frame4")])
        g = act(conv(g, "global3"), "global3")
        g = act(conv(g, "global4"), "global4")
        x = act(conv(x, "frame5"), "frame5")
        x = act(over_time(conv(x, "frame6"), "frame6"), "frame6")
        g = layers.Add(name="frame6_add")([g, x])
        strips = [HorizontalPyramidPooling(bins, name=f"{n}_strips")(m) for n, m in (("frame", x), ("global", g))]
        parts = layers.Concatenate(axis=1, name="parts")(strips)
        outputs = {"embedding": SeparateDense(embedding, name="encode")(parts)}
        super().__init__(inputs, outputs, config, name="gaitset")


def check_scales(bins, height, reduce):
    """Return `bins` as a list; raise `ConfigError` unless each divides the height of the last map."""
    if not isinstance(bins, (list, tuple)) or not 0 < len(bins) <= 16:
        raise ConfigError(f"bins must be 1 to 16 numbers of strips. Received: bins={bins!r}.")
    if height % (4 * reduce):
        raise ConfigError(f"height must be a multiple of 4 * reduce={4 * reduce}. Received: height={height}.")
    bins = [check_whole("a number of bins", b, 1, height) for b in bins]
    check_bins(bins, height // (4 * reduce))
    return bins
