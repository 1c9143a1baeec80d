"""Small networks of the shapes that published gait networks have: what channels they couple is written down by hand."""

import keras
from keras import layers, ops

from tfgait.layers.horizontal_pyramid import HorizontalPyramidPooling
from tfgait.layers.separate_dense import SeparateDense
from tfgait.layers.set_pooling import SetPooling
from tfgait.layers.time import FoldTime, UnfoldTime


class Drawn(keras.Model):
    """A functional network that its class draws: `draw(widths)` returns inputs and output."""

    WIDTHS = {}
    GROUPS = {}

    def __init__(self, widths=None):
        widths = {**self.WIDTHS, **(widths or {})}
        inputs, out = self.draw(widths)
        super().__init__(inputs, {"embedding": out})
        self._widths = tuple(widths.items())

    def get_config(self):
        return {"widths": dict(self._widths)}


def conv2d(x, filters, name, size=3, strides=1, **options):
    """A convolution padded on both sides alike, as the published ones are, and BatchNorm."""
    if size > 1:
        x = layers.ZeroPadding2D(size // 2, name=f"{name}_pad")(x)
    x = layers.Conv2D(filters, size, strides, use_bias=False, name=name, **options)(x)
    return layers.BatchNormalization(name=f"{name}_bn")(x)


def relu(x, name):
    return layers.ReLU(name=f"{name}_relu")(x)


def basic_block(x, middle, filters, name, strides=1):
    """ResNet's block; its shortcut is a projection where the size changes."""
    short = conv2d(x, filters, f"{name}_short", 1, strides) if strides > 1 else x
    x = relu(conv2d(x, middle, f"{name}_in", strides=strides), f"{name}_in")
    return relu(layers.Add(name=f"{name}_sum")([conv2d(x, filters, f"{name}_out"), short]), name)


def pyramid(x, widths, part_features=5):
    """Strips, a matrix a strip, a neck with BatchNorm over strips and features, unit length, a matrix a strip."""
    x = HorizontalPyramidPooling([4, 2, 1], name="strips")(x)
    x = SeparateDense(widths["encode"], name="encode")(x)
    flat = layers.BatchNormalization(name="neck")(layers.Flatten(name="flat")(x))
    x = layers.UnitNormalization(name="unit")(layers.Reshape((7, widths["encode"]), name="parts")(flat))
    return SeparateDense(part_features, name="logits")(x)


@keras.saving.register_keras_serializable("tests")
class ResNetLike(Drawn):
    """GaitBase: a ResNet a frame, maximum over time, strips, neck."""

    WIDTHS = {"stem": 5, "one_in": 4, "two_in": 6, "two_out": 7, "three_in": 5, "encode": 6}
    GROUPS = {
        "stem": ("one_out", "stem"),
        "one_in": ("one_in",),
        "two_in": ("two_in",),
        "two_out": ("three_out", "two_out", "two_short"),
        "three_in": ("three_in",),
        "encode": ("encode",),
    }

    @staticmethod
    def draw(widths):
        given = keras.Input((3, 8, 6, 1), name="silhouettes")
        x = FoldTime(name="fold")(layers.Rescaling(1 / 255, name="rescale")(given))
        x = relu(conv2d(x, widths["stem"], "stem"), "stem")
        x = basic_block(x, widths["one_in"], widths["stem"], "one")
        x = basic_block(x, widths["two_in"], widths["two_out"], "two", strides=2)
        x = basic_block(x, widths["three_in"], widths["two_out"], "three")
        x = SetPooling(name="set")(UnfoldTime(name="unfold")(x, given))
        return {"silhouettes": given}, pyramid(x, widths)


@keras.saving.register_keras_serializable("tests")
class P3DLike(Drawn):
    """DeepGaitV2: convolutions over space, and over time beside them, in a residual block with a strided shortcut."""

    WIDTHS = {"stem": 4, "space": 5, "out": 6, "encode": 5}
    GROUPS = {
        "stem": ("stem",),
        "space": ("space", "time"),
        "out": ("out", "short"),
        "encode": ("encode",),
    }

    @staticmethod
    def draw(widths):
        given = keras.Input((4, 16, 6, 2), name="heatmaps")
        x = FoldTime(name="fold")(layers.Rescaling(1 / 255, name="rescale")(given))
        x = UnfoldTime(name="stem_unfold")(relu(conv2d(x, widths["stem"], "stem"), "stem"), given)
        short = layers.Conv3D(widths["out"], 1, (1, 2, 2), use_bias=False, name="short")(x)
        short = layers.BatchNormalization(name="short_bn", synchronized=True)(short)
        x = FoldTime(name="block_fold")(x)
        x = UnfoldTime(name="space_unfold")(relu(conv2d(x, widths["space"], "space", strides=2), "space"), given)
        time = layers.Conv3D(widths["space"], (3, 1, 1), padding="same", use_bias=False, name="time")(x)
        x = relu(layers.Add(name="time_sum")([x, layers.BatchNormalization(name="time_bn")(time)]), "time")
        x = conv2d(FoldTime(name="out_fold")(x), widths["out"], "out")
        x = relu(layers.Add(name="sum")([UnfoldTime(name="unfold")(x, given), short]), "block")
        return {"heatmaps": given}, pyramid(ops.max(x, axis=1), widths)


@keras.saving.register_keras_serializable("tests")
class TwoBranchLike(Drawn):
    """SkeletonGait++: silhouettes and maps, weighed against each other by a softmax over the branches a channel."""

    WIDTHS = {"sil": 6, "sil_in": 4, "map_in": 5, "squeeze": 3, "gate": 4, "top": 7, "encode": 5}
    GROUPS = {
        "sil": ("gate_out", "gate_out", "map", "map_out", "sil", "sil_out"),
        "sil_in": ("sil_in",),
        "map_in": ("map_in",),
        "squeeze": ("squeeze",),
        "gate": ("gate",),
        "top": ("top",),
        "encode": ("encode",),
    }

    @staticmethod
    def draw(widths):
        given = {
            "silhouettes": keras.Input((2, 8, 6, 1), name="silhouettes"),
            "heatmaps": keras.Input((2, 8, 6, 2), name="heatmaps"),
        }
        branches = []
        for name, x in zip(("sil", "map"), given.values(), strict=True):
            x = FoldTime(name=f"{name}_fold")(layers.Rescaling(1 / 255, name=f"{name}_rescale")(x))
            x = relu(conv2d(x, widths["sil"], name), f"{name}_stem")
            branches.append(basic_block(x, widths[f"{name}_in"], widths["sil"], name))
        gate = layers.Concatenate(name="both")(branches)
        gate = relu(conv2d(gate, widths["squeeze"], "squeeze", 1), "squeeze")
        gate = relu(conv2d(gate, widths["gate"], "gate"), "gate")
        gate = layers.Conv2D(2 * widths["sil"], 1, use_bias=False, name="gate_out")(gate)
        gate = layers.Reshape((8, 6, 2, widths["sil"]), name="gate_split")(gate)
        gate = layers.Softmax(axis=-2, name="attention")(gate)
        x = ops.sum(layers.Multiply(name="weighed")([ops.stack(branches, axis=3), gate]), axis=3)
        x = relu(conv2d(x, widths["top"], "top"), "top")
        x = SetPooling(name="set")(UnfoldTime(name="unfold")(x, given["silhouettes"]))
        return given, pyramid(x, widths)


@keras.saving.register_keras_serializable("tests")
class StripeLike(Drawn):
    """LSTC: depthwise 3D of each stripe as a sum of shifted 2D ones, beside convolutions over time and space.

    Stripes share their weights. At the end frames are weighed by their length over the channels.
    """

    WIDTHS = {"stem": 4, "joint": 5, "time": 3, "space": 4, "mix": 6}
    GROUPS = {name: (name,) for name in WIDTHS}

    @staticmethod
    def draw(widths):
        given = keras.Input((4, 8, 6, 1), name="silhouettes")
        stem = layers.Conv3D(widths["stem"], 3, padding="same", name="stem")(layers.Rescaling(1 / 255)(given))
        x = relu(layers.BatchNormalization(name="stem_bn")(stem), "stem")
        taps = [layers.DepthwiseConv2D(3, padding="same", use_bias=False, name=f"tap{t}") for t in range(3)]
        stripes = []
        for row in (0, 4):
            stripe = ops.pad(x[:, :, row : row + 4], ((0, 0), (1, 1), (0, 0), (0, 0), (0, 0)))
            shifted = [tap(FoldTime()(stripe[:, t : t + 4])) for t, tap in enumerate(taps)]
            stripes.append(UnfoldTime()(layers.Add()(shifted), given))
        joint = layers.Conv3D(widths["joint"], 1, use_bias=False, name="joint")(ops.concatenate(stripes, axis=2))
        branches = [
            layers.BatchNormalization(name="joint_bn")(joint),
            layers.Conv3D(widths["time"], (3, 1, 1), padding="same", name="time")(x),
            layers.Conv3D(widths["space"], (1, 3, 3), padding="same", name="space")(x),
        ]
        x = relu(layers.Concatenate(name="beside")(branches), "beside")
        x = layers.Conv3D(widths["mix"], 1, activation="relu", name="mix")(layers.MaxPooling3D((1, 2, 2))(x))
        x = ops.mean(layers.Reshape((4, 2, 6, widths["mix"]), name="rows")(x), axis=3)
        score = ops.sqrt(ops.maximum(ops.sum(ops.square(x), axis=-1), 1e-6))
        x = ops.sum(x * ops.expand_dims(ops.softmax(score, axis=1), -1), axis=1)
        x = layers.Dense(6, name="code")(layers.Flatten(name="flat")(x))
        return {"silhouettes": given}, layers.Reshape((1, 6), name="part")(layers.BatchNormalization(name="neck")(x))


SHAPES = (ResNetLike, P3DLike, TwoBranchLike, StripeLike)
