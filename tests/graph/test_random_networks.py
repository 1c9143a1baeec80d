"""Networks drawn at random from the layers that are followed: any cut of any of them is the silenced network."""

import keras
import numpy as np
import pytest
from branching import stirred
from keras import layers, ops

from tfgait.compress.proof import prove
from tfgait.graph.groups import groups
from tfgait.graph.rebuild import rebuild

HEIGHT, WIDTH = 6, 5


class Drawing:
    """Makes a network step by step; each step takes maps (B, HEIGHT, WIDTH, C) and leaves another.

    Args:
        seed: draws the steps.
        widths: ``{layer: filters}``; a layer that is not in it gets a width of its own.
    """

    def __init__(self, seed, widths):
        self.random, self.widths = np.random.default_rng(seed), dict(widths)
        self.count = 0

    def name(self, kind):
        self.count += 1
        return f"{kind}{self.count}"

    def width(self, name):
        drawn = int(self.random.integers(2, 7))  # drawn in any case, so that the same steps follow
        return self.widths.setdefault(name, drawn)

    def conv(self, x, filters=None, **options):
        name = self.name("conv")
        size = int(self.random.integers(1, 4))
        filters = filters or self.width(name)
        return layers.Conv2D(filters, size, padding="same", name=name, **options)(x)

    def network(self, steps=7):
        given = keras.Input((HEIGHT, WIDTH, 2), name="flow")
        maps = [layers.ReLU()(self.conv(given))]
        for _ in range(steps):
            step = STEPS[self.random.integers(len(STEPS))]
            x, other = (maps[max(0, len(maps) - 1 - int(self.random.integers(3)))] for _ in range(2))
            maps.append(step(self, x, other))
        x = layers.Concatenate()([maps[-1], maps[-2]])
        x = layers.Flatten()(x) if self.random.integers(2) else layers.GlobalAveragePooling2D()(x)
        return {"flow": given}, {"embedding": layers.Dense(3, name="out")(x)}


def activated(draw, x, other):
    kind = ["relu", "tanh", "gelu", "sigmoid", "leaky_relu"][draw.random.integers(5)]
    return draw.conv(x, activation=kind)


def normalised(draw, x, other):
    scale = bool(draw.random.integers(2))
    return layers.LeakyReLU()(layers.BatchNormalization(scale=scale, name=draw.name("bn"))(draw.conv(x)))


def residual(draw, x, other):
    return layers.Add()([x, draw.conv(draw.conv(x, activation="relu"), x.shape[-1])])


def joined(draw, x, other):
    return layers.Concatenate()([x, other])


def joined_and_added(draw, x, other):
    both = layers.Concatenate()([x, other])
    return layers.Maximum()([both, draw.conv(x, both.shape[-1])])


def gated(draw, x, other):
    gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
    inner, name = draw.name("dense"), draw.name("dense")
    gate = layers.Dense(draw.width(inner), activation="relu", name=inner)(gate)
    return x * layers.Dense(x.shape[-1], activation="sigmoid", name=name)(gate)


def fused(draw, x, other):
    other = draw.conv(other, x.shape[-1])
    gate = draw.conv(ops.concatenate([x, other], axis=-1), 2 * x.shape[-1])
    gate = ops.softmax(ops.reshape(gate, (-1, HEIGHT, WIDTH, 2, x.shape[-1])), axis=3)
    return ops.sum(ops.stack([x, other], axis=3) * gate, axis=3)


def halved(draw, x, other):
    name = draw.name("conv")
    double = layers.Conv2D(2 * draw.width(name), 1, name=draw.name("double"))(x)
    first, second = ops.split(double, 2, axis=-1)
    return layers.Conv2D(draw.widths[name], 1, name=name)(x) + first * ops.sigmoid(second)


def branches(draw, x, other):
    wide = ops.reshape(draw.conv(x, 3 * x.shape[-1]), (-1, HEIGHT, WIDTH, 3, x.shape[-1]))
    return wide[..., 0, :] + ops.max(wide, axis=3) * x


def depthwise(draw, x, other):
    multiplier = int(draw.random.integers(1, 3))
    return layers.DepthwiseConv2D(3, padding="same", depth_multiplier=multiplier, name=draw.name("depthwise"))(x)


def shifted(draw, x, other):
    padded = ops.pad(x, ((0, 0), (1, 1), (0, 0), (0, 0)))
    return ops.flip(padded[:, 2:], axis=1) - padded[:, :HEIGHT]


def separable(draw, x, other):
    name = draw.name("separable")
    return layers.SeparableConv2D(draw.width(name), 3, padding="same", depth_multiplier=2, name=name)(x)


def transposed(draw, x, other):
    name = draw.name("transposed")
    return layers.Conv2DTranspose(draw.width(name), 3, padding="same", activation="elu", name=name)(x)


def by_part(draw, x, other):
    name = draw.name("einsum")
    bias = ["", "d", "bd", "b"][draw.random.integers(4)] or None
    return layers.EinsumDense("abtc,bcd->abtd", (HEIGHT, WIDTH, draw.width(name)), bias_axes=bias, name=name)(x)


def over_rows(draw, x, other):
    equation = ["abtc,bs->astc", "abtc,c->abtc", "abtc,bsc->astc"][draw.random.integers(3)]
    shape = (HEIGHT, WIDTH, x.shape[-1])
    return layers.EinsumDense(equation, shape, bias_axes="c", name=draw.name("einsum"))(x)


def twice(draw, x, other):
    other = draw.conv(other, x.shape[-1])
    name = draw.name("shared")
    shared = layers.Conv2D(draw.width(name), 3, padding="same", name=name)
    return layers.PReLU(shared_axes=(1, 2), name=draw.name("prelu"))(shared(x)) - shared(other)


def moved(draw, x, other):
    rows = ops.reshape(ops.transpose(x, (0, 3, 1, 2)), (-1, x.shape[-1], HEIGHT * WIDTH))
    return layers.Reshape((HEIGHT, WIDTH, x.shape[-1]))(ops.swapaxes(rows, 1, 2))


def repeated(draw, x, other):
    return ops.repeat(x, 2, axis=-1) * ops.tile(x, (1, 1, 1, 2))


def attended(draw, x, other):
    rows = ops.reshape(x, (-1, HEIGHT * WIDTH, x.shape[-1]))
    scores = ops.softmax(ops.reshape(ops.sum(x, axis=-1), (-1, 1, HEIGHT * WIDTH)), axis=-1)
    return x + ops.reshape(ops.matmul(scores, rows), (-1, 1, 1, x.shape[-1]))


def of_unit_length(draw, x, other):
    return layers.UnitNormalization()(x)


def unknown(draw, x, other):
    return layers.LayerNormalization(name=draw.name("norm"))(x)


STEPS = [
    *(activated, normalised, residual, joined, joined_and_added, gated, fused, halved, branches, depthwise, shifted),
    *(separable, transposed, by_part, over_rows, twice, moved, repeated, attended, of_unit_length, unknown),
]


class Drawn(keras.Model):
    """The network of a seed."""

    def __init__(self, seed, widths=None):
        drawing = Drawing(seed, widths or {})
        super().__init__(*drawing.network())
        self._seed, self._widths = seed, tuple(drawing.widths.items())

    def get_config(self):
        return {"seed": self._seed, "widths": dict(self._widths)}


@pytest.mark.parametrize("seed", range(8))
def test_any_cut_of_any_network_is_the_silenced_one(seed):
    model = stirred(Drawn(seed), seed)
    coupling, random = groups(model), np.random.default_rng(seed)
    kept = {g.name: np.sort(random.permutation(g.size)[: random.integers(1, g.size + 1)]) for g in coupling.prunable}
    small = rebuild(model, kept, coupling)
    assert prove(model, small, kept) <= 1e-5
