"""Layers that no rule follows: named, left alone, and no danger to what is pruned beside them."""

import keras
import numpy as np
import pytest
from beside import STEPS, Beside
from branching import stirred
from keras import layers, ops

from tfgait.compress.proof import prove
from tfgait.graph.groups import groups
from tfgait.graph.rebuild import rebuild


class Lagged(layers.Layer):
    """A layer that nobody told the table about: it mixes neighbouring channels."""

    def call(self, x):
        return x + ops.roll(x, 1, axis=-1)


class Mirrored(layers.Conv2D):
    """A subclass of a known layer that does otherwise."""

    def call(self, x):
        return ops.flip(super().call(x), axis=-1)


class Lower(layers.BatchNormalization):
    """A subclass that lets something through whatever its weights are."""

    def call(self, x, training=None):
        return super().call(x, training=training) - 1.0


def swish_of_all(x):
    """An activation of one's own, over all channels."""
    return x * ops.sigmoid(ops.sum(x, axis=-1, keepdims=True) - 1.0)


def channels_first(x):
    x = ops.transpose(x, (0, 3, 1, 2))
    x = layers.Reshape((4, 36), name="rows")(x)
    return layers.Reshape((6, 6, 4), name="read_otherwise")(x)


def recurrent(x):
    x = layers.LSTM(4, return_sequences=True, name="lstm")(layers.Reshape((36, 4))(x))
    return layers.Reshape((6, 6, 4))(x)


def attention(x):
    x = layers.Reshape((36, 4))(x)
    return layers.Reshape((6, 6, 4))(layers.MultiHeadAttention(2, 3, name="heads")(x, x))


def nested(x):
    inner = keras.Input((6, 6, 4))
    out = layers.Conv2D(4, 3, padding="same", activation="relu")(inner)
    return keras.Model(inner, out, name="inner")(x)


def over_frames(x):
    frames = layers.Reshape((2, 3, 6, 4))(x)
    frames = layers.TimeDistributed(layers.Conv2D(4, 3, padding="same"), name="each_frame")(frames)
    return layers.Reshape((6, 6, 4))(frames)


def looked_up(x):
    table = layers.Embedding(9, 4, name="table")
    return x + table(ops.cast(ops.argmax(x, axis=-1), "int32"))


def quantised(x):
    layer = layers.Dense(4, name="dense_int8")
    x = layer(x)
    layer.quantize("int8")
    return x


ODD = {
    "lambda": lambda x: layers.Lambda(lambda y: y * ops.max(y, axis=-1, keepdims=True), name="odd")(x),
    "custom layer": Lagged(name="odd"),
    "subclass of Conv2D": Mirrored(4, 3, padding="same", name="odd"),
    "subclass of BatchNormalization": Lower(name="odd"),
    "grouped convolution": layers.Conv2D(4, 3, padding="same", groups=2, name="odd"),
    "channels first": channels_first,
    "recurrent": recurrent,
    "attention": attention,
    "embedding": looked_up,
    "nested model": nested,
    "TimeDistributed": over_frames,
    "softmax over channels": lambda x: ops.softmax(x, axis=-1),
    "sum along channels": lambda x: ops.cumsum(x, axis=-1),
    "mean over channels": lambda x: x - ops.mean(x, axis=-1, keepdims=True),
    "maximum over channels": lambda x: x - ops.max(x, axis=-1, keepdims=True),
    "sorted channels": lambda x: ops.sort(x, axis=-1),
    "turned channels": lambda x: ops.flip(x, axis=-1),
    "turned slice": lambda x: x[..., ::-1],
    "some channels": lambda x: ops.concatenate([x[..., 1:], x[..., :1]], axis=-1),
    "rolled channels": lambda x: ops.roll(x, 1, axis=-1),
    "unequal pieces": lambda x: ops.concatenate(ops.split(x, [1], axis=-1)[::-1], axis=-1),
    "channels taken apart": lambda x: ops.stack(ops.unstack(x, axis=-1)[::-1], axis=-1),
    "filled channels": lambda x: ops.pad(x, ((0, 0), (0, 0), (0, 0), (1, 1)))[..., 1:5],
    "channels by channels": lambda x: ops.matmul(x, ops.matmul(ops.transpose(x, (0, 1, 3, 2)), x)),
    "products of channels": lambda x: ops.matmul(ops.transpose(x, (0, 1, 3, 2)), x),
    "layer norm": layers.LayerNormalization(name="odd"),
    "group norm": layers.GroupNormalization(2, name="odd"),
    "RMS norm": layers.RMSNormalization(name="odd"),
    "activation of one's own": lambda x: layers.Conv2D(4, 1, activation=swish_of_all, name="odd")(x),
    "two output axes": lambda x: layers.Reshape((6, 6, 4))(
        layers.EinsumDense("abcd,def->abcef", (6, 6, 2, 2), name="odd")(x)
    ),
    "channels of its own": layers.EinsumDense("abcd,ce->abed", (6, 6, 4), activation="softmax", name="odd"),
    "quantised": quantised,
}


STEPS.update(ODD)


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_layer_is_named_and_what_lies_beside_it_is_cut_and_proven(odd):
    model = Beside(odd)
    if odd != "quantised":
        stirred(model)
    found = groups(model)
    assert found.unknown and not {"before", "after", "beside", "out"} & set(found.unknown)
    assert "before" in found.left_alone
    assert any(repr(name) in found.left_alone["before"] for name in found.unknown)
    assert {"after", "beside"} <= {g.name for g in found.prunable}
    kept = {"after": np.array([0, 3]), "beside": np.array([1, 2, 5])}
    assert prove(model, rebuild(model, kept, found), kept) <= 1e-5
