"""Each step that is followed: its channels stay prunable, and any cut is the silenced network."""

import numpy as np
import pytest
from beside import STEPS, Beside
from branching import stirred
from keras import layers, ops

from tfgait.compress.proof import prove
from tfgait.graph.groups import groups
from tfgait.graph.rebuild import rebuild
from tfgait.layers.horizontal_pyramid import HorizontalPyramidPooling
from tfgait.layers.separate_dense import SeparateDense
from tfgait.layers.set_pooling import SetPooling
from tfgait.layers.time import FoldTime, FramesToChannels, UnfoldTime


def as_video(x):
    """(B, 6, 6, C) -> (B, 3, 2, 6, C)."""
    return layers.Reshape((3, 2, 6, x.shape[-1]))(x)


def depthwise_3d(x):
    padded = ops.pad(as_video(x), ((0, 0), (1, 1), (0, 0), (0, 0), (0, 0)))
    taps = [
        layers.DepthwiseConv2D(3, padding="same", use_bias=t == 1, name=f"tap{t}")(FoldTime()(padded[:, t : t + 3]))
        for t in range(3)
    ]
    return UnfoldTime()(layers.Add()(taps), as_video(x))[:, 1]


def per_part(x):
    parts = HorizontalPyramidPooling([2, 1])(x)
    return layers.EinsumDense("bpc,pcd->bpd", (3, 5), bias_axes="pd", activation="relu", name="parts")(parts)


def over_branches(x):
    """A softmax over two branches, as SkeletonGait++ fuses them, from one convolution of twice the channels."""
    other = layers.Conv2D(x.shape[-1], 3, padding="same", name="other")(x)
    gate = layers.Conv2D(2 * x.shape[-1], 1, name="gate")(ops.concatenate([x, other], axis=-1))
    gate = layers.Softmax(axis=3)(ops.reshape(gate, (-1, 6, 6, 2, x.shape[-1])))
    first, second = ops.unstack(gate, axis=3)
    return x * first + other * second


def squeeze_and_excite(x):
    gate = layers.Dense(3, activation="relu", name="squeeze")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    return layers.Multiply()([x, layers.Dense(x.shape[-1], activation="sigmoid", name="excite")(gate)])


def spatial_gate(x):
    """One gate a place, whatever the channel."""
    return x * layers.Conv2D(1, 3, padding="same", activation="sigmoid", name="gate")(x)


def split_in_half(x):
    first, second = ops.split(layers.Conv2D(2 * x.shape[-1], 1, name="step")(x), 2, axis=-1)
    return x + first * ops.sigmoid(second)


def shared(x):
    layer = layers.Conv2D(x.shape[-1], 3, padding="same", name="shared")
    return layer(layer(x))


def self_attention(x):
    """Queries and keys stay whole, values may go: the product keeps their axis."""
    rows = layers.Reshape((36, x.shape[-1]))(x)
    query, key = (layers.Dense(3, name=name)(rows) for name in ("query", "key"))
    scores = ops.softmax(ops.matmul(query, ops.transpose(key, (0, 2, 1))) * 3**-0.5, axis=-1)
    return layers.Reshape((6, 6, x.shape[-1]))(ops.matmul(scores, rows))


FOLLOWED = {
    "convolution over time": lambda x: layers.Conv3D(5, (3, 1, 1), padding="same", name="time")(as_video(x))[:, 0],
    "convolution of rows": lambda x: layers.Conv1D(5, 3, name="row")(layers.Reshape((36, x.shape[-1]))(x)),
    "depthwise": layers.DepthwiseConv2D(3, depth_multiplier=2, activation="tanh", name="step"),
    "depthwise 3D as shifted 2D": depthwise_3d,
    "separable": layers.SeparableConv2D(5, 3, depth_multiplier=2, name="step"),
    "transposed": layers.Conv2DTranspose(5, 3, strides=2, name="step"),
    "dense": layers.Dense(5, activation="silu", name="step"),
    "dense a part": lambda x: SeparateDense(5, name="step")(HorizontalPyramidPooling([3, 1])(x)),
    "einsum a part": per_part,
    "einsum of one channel each": lambda x: layers.EinsumDense("bhwc,c->bhwc", x.shape[1:], bias_axes="c", name="step")(
        x
    ),
    "einsum with an ellipsis": layers.EinsumDense("...c,cd->...d", 5, bias_axes="d", name="step"),
    "einsum with an ellipsis behind": lambda x: layers.EinsumDense("bc...,cd->bd...", 5, name="step")(
        ops.transpose(x, (0, 3, 1, 2))
    )[:, :, 0, 0],
    "einsum over places": lambda x: layers.EinsumDense("bhwc,hs->bswc", (4, *x.shape[2:]), name="step")(x),
    "einsum over heads": layers.EinsumDense("bhwc,wcd->bhd", (6, 5), name="step"),
    "batch norm": layers.BatchNormalization(name="step"),
    "synchronised batch norm": layers.BatchNormalization(synchronized=True, center=False, name="step"),
    "activations": lambda x: ops.gelu(layers.ELU()(layers.ReLU(6.0)(layers.Activation("tanh")(x)))),
    "slope a channel": layers.PReLU(shared_axes=(1, 2), name="step"),
    "slope a place": layers.PReLU(shared_axes=(3,), name="step"),
    "dropout": lambda x: layers.GaussianNoise(0.1)(layers.SpatialDropout2D(0.2)(layers.Dropout(0.2)(x))),
    "pooling over space": lambda x: layers.AveragePooling2D(2, padding="same")(layers.MaxPooling2D(2, 1)(x)),
    "pooling to a size": layers.AdaptiveMaxPooling2D((3, 3)),
    "pooling over time": lambda x: layers.MaxPooling3D((3, 1, 1))(as_video(x))[:, 0],
    "pooling over a set": lambda x: SetPooling()(as_video(x)),
    "pooling over all": lambda x: ops.concatenate(
        [layers.GlobalMaxPooling2D()(x), layers.GlobalAveragePooling2D()(x)], axis=-1
    ),
    "horizontal pooling": HorizontalPyramidPooling([6, 3, 1]),
    "strips by hand": lambda x: ops.sum(
        ops.stack([ops.mean(x, axis=2), ops.max(x, axis=2), ops.std(x, axis=2)], axis=1), axis=1
    ),
    "reshape": lambda x: layers.Reshape((9, 4, x.shape[-1]))(x),
    "flatten": layers.Flatten(),
    "flatten and back": lambda x: layers.Reshape((6, 6, x.shape[-1]))(
        layers.BatchNormalization(name="step")(layers.Flatten()(x))
    ),
    "transpose": lambda x: ops.swapaxes(ops.moveaxis(x, -1, 1), 1, 3),
    "time folded": lambda x: SetPooling()(UnfoldTime()(FoldTime()(as_video(x)), as_video(x))),
    "frames as channels": lambda x: FramesToChannels()(as_video(x)),
    "add": lambda x: layers.Add()([x, layers.Conv2D(x.shape[-1], 1, name="step")(x)]),
    "maximum of a concatenation": lambda x: ops.maximum(
        ops.concatenate([x, ops.square(x)], axis=-1), layers.Conv2D(2 * x.shape[-1], 1, name="step")(x)
    ),
    "gate a channel": squeeze_and_excite,
    "gate a place": spatial_gate,
    "softmax over branches": over_branches,
    "split in half": split_in_half,
    "split over places": lambda x: ops.concatenate(ops.split(x, [1, 3], axis=1), axis=1),
    "slices": lambda x: x[:, ::-1, 1:-1][..., None, :][:, :, :, 0],
    "taken apart over places": lambda x: ops.stack(ops.unstack(x, axis=2)[::-1], axis=2),
    "turned over places": lambda x: ops.flip(x, axis=(1, 2)),
    "filled": lambda x: ops.pad(x, ((0, 0), (1, 2), (2, 0), (0, 0))),
    "filled and cropped": lambda x: layers.Cropping2D(1)(layers.ZeroPadding2D(2)(layers.UpSampling2D(2)(x))),
    "tiled": lambda x: ops.tile(x, (1, 2, 1, 3)),
    "repeated": lambda x: ops.repeat(ops.repeat(x, 2, axis=1), 2, axis=-1),
    "repeated vector": lambda x: layers.RepeatVector(3)(layers.GlobalMaxPooling2D()(x)),
    "clipped": lambda x: ops.clip(x, -0.1, 0.2),
    "unit length": lambda x: ops.normalize(layers.UnitNormalization()(x), axis=-1),
    "weighed by the sum over channels": lambda x: x * ops.sigmoid(ops.sum(x, axis=-1, keepdims=True)),
    "weighed rows": lambda x: ops.matmul(ops.softmax(ops.sum(x, axis=-1), axis=-1)[:, :, None], x)[:, :, 0],
    "self-attention": self_attention,
    "a layer called twice": shared,
}
STEPS.update(FOLLOWED)


@pytest.mark.parametrize("step", FOLLOWED)
def test_a_step_is_followed_and_any_cut_is_the_silenced_network(step):
    model = stirred(Beside(step))
    found = groups(model)
    assert {"before", "after", "beside"} <= {g.name for g in found.prunable}
    assert all("channels by channels" in why for why in found.unknown.values())  # queries by keys
    kept = {"before": np.array([0, 3]), "after": np.array([1, 2, 4]), "beside": np.array([0])}
    assert prove(model, rebuild(model, kept, found), kept) <= 1e-5


def members(step, group="before"):
    (found,) = (g for g in groups(Beside(step)).groups if g.name == group)
    return {(m.layer, m.weight, m.axis, m.role): m.positions.tolist() for m in found.members}


def test_where_channels_lie_in_the_weights_of_general_layers():
    assert members("einsum a part")["parts", 0, 1, "in"] == [0, 1, 2, 3]
    assert members("separable")["step", 0, 2, "along"] == [0, 1, 2, 3]
    assert members("separable")["step", 1, 2, "in"] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert members("transposed")["step", 0, 3, "in"] == [0, 1, 2, 3]
    assert members("einsum of one channel each")["step", 1, 0, "along"] == [0, 1, 2, 3]
    assert members("tiled")["after", 0, 2, "in"] == [0, 1, 2, 3] * 3
    assert members("repeated")["after", 0, 2, "in"] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert members("softmax over branches")["gate", 0, 3, "out"] == [0, 1, 2, 3] * 2
    assert members("split in half")["step", 0, 3, "out"] == [0, 1, 2, 3] * 2
    assert members("frames as channels")["after", 0, 2, "in"] == [0, 1, 2, 3] * 3


def test_a_silenced_channel_that_does_not_stay_zero_is_left_alone():
    steps = {
        "filled with ones": lambda x: ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=1.0),
        "clipped above zero": lambda x: ops.clip(x, 0.1, 0.9),
        "bias of another axis": layers.EinsumDense("bhwc,c->bhwc", (6, 6, 4), bias_axes="w", name="step"),
        "sum over channels": lambda x: x * ops.sum(x + 1.0, axis=-1, keepdims=True),
        "softmax over places": lambda x: ops.softmax(x, axis=1),
        "unit length": lambda x: layers.BatchNormalization(name="step")(layers.UnitNormalization()(x + 1.0)),
    }
    STEPS.update({f"moved: {name}": step for name, step in steps.items()})
    for name in steps:
        model = stirred(Beside(f"moved: {name}"))
        assert "before" in groups(model).left_alone, name
