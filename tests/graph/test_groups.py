import keras
import numpy as np
import pytest
from branching import Branching
from keras import layers

from tfgait.core.errors import ConfigError
from tfgait.graph.groups import groups
from tfgait.nets import build


class Doubled(layers.Layer):
    """A layer that nobody told the table about."""

    def call(self, x):
        return 2 * x


class OddConv2D(layers.Conv2D):
    """A subclass of a known layer may do anything."""


class Widths(keras.Model):
    """A functional network whose every convolution may be pruned."""

    def __init__(self, given, out):
        super().__init__(given, out)
        self._names = [layer.name for layer in self.layers if "Conv2D" in type(layer).__name__]

    def get_config(self):
        return {"widths": dict.fromkeys(self._names, 4)}


def conv(name, filters=4, **kwargs):
    return layers.Conv2D(filters, 3, padding="same", name=name, **kwargs)


def network(middle, first="relu", tail=True):
    """conv "first" -> middle -> conv "last" -> mean over the map."""
    given = keras.Input((6, 6, 3))
    x = middle(conv("first", activation=first)(given))
    return Widths(given, layers.GlobalAveragePooling2D()(conv("last")(x)) if tail else x)


def coupled(model):
    return {g.name: g.layers for g in groups(model).prunable}


def test_gaitset_reaches_all_832_filters():
    found = groups(build("gaitset"))
    assert coupled(build("gaitset")) == {
        "frame1": ("frame1",),
        "frame2": ("frame2",),
        "frame3": ("frame3",),
        "frame4": ("frame4", "global2"),
        "frame5": ("frame5",),
        "frame6": ("frame6", "global4"),
        "global1": ("global1",),
        "global3": ("global3",),
    }
    assert sum(g.filters for g in found.prunable) == 832
    assert not found.unknown and list(found.left_alone) == ["encode"]


@pytest.mark.parametrize(("preset", "filters"), [("cnn2d", 1312), ("cnn3d", 1984), ("cnn2plus1d", 3968)])
def test_the_cnns_offer_their_convolutions_only(preset, filters):
    found = groups(build(preset))
    assert sum(g.filters for g in found.prunable) == filters
    assert all(g.name.startswith("conv") for g in found.prunable) and not found.unknown


def test_an_input_of_lengths_changes_nothing():
    model = build("gaitset_tiny", variable_length=True)
    assert coupled(model) == coupled(build("gaitset_tiny")) and not groups(model).unknown


def test_residual_gate_and_branches():
    found = groups(Branching())
    assert coupled(Branching()) == {
        "stem": ("stem", "residual"),
        "inner": ("inner",),
        "side": ("side", "gate_out"),
        "mix": ("mix",),
    }
    assert found.left_alone == {
        "gate_in": "the network has no width argument for it",
        "code": "it is an output of the network",
    }
    assert not found.unknown


def test_concatenation_and_flattening_say_where_each_channel_lies():
    members = {(g.name, m.layer, m.weight, m.axis): m for g in groups(Branching()).groups for m in g.members}
    both = np.concatenate([np.arange(8), np.full(5, -1)])
    np.testing.assert_array_equal(members["stem", "mix", 0, 2].positions, both)
    np.testing.assert_array_equal(members["side", "mix", 0, 2].positions, [-1] * 8 + list(range(5)))
    np.testing.assert_array_equal(members["mix", "code", 0, 0].positions, np.tile(np.arange(7), 6 * 4))
    np.testing.assert_array_equal(members["inner", "depthwise", 1, 0].positions, np.repeat(np.arange(6), 2))
    np.testing.assert_array_equal(members["inner", "residual", 0, 2].positions, np.repeat(np.arange(6), 2))


@pytest.mark.parametrize(
    ("middle", "name"),
    [
        (Doubled(name="doubled"), "doubled"),
        (OddConv2D(4, 3, name="odd"), "odd"),
        (layers.Lambda(lambda x: x * 2, name="lambda"), "lambda"),
        (layers.LayerNormalization(name="norm"), "norm"),
        (layers.Softmax(name="softmax"), "softmax"),
        (layers.Conv2D(4, 3, groups=2, name="grouped"), "grouped"),
        (layers.Reshape((6, 12, 2), name="mixed"), "mixed"),
        (lambda x: keras.Sequential([layers.ReLU()], name="inner")(x), "inner"),
    ],
)
def test_what_is_not_understood_is_named_and_its_channels_left_alone(middle, name):
    found = groups(network(middle))
    assert list(found.unknown) == [name]
    assert name in found.left_alone["first"]
    assert "last" in found.left_alone and "first" not in [g.name for g in found.prunable]


def test_a_mean_over_channels_and_an_array_of_constants_are_not_followed():
    found = groups(network(lambda x: x * keras.ops.mean(x, axis=-1, keepdims=True)))
    assert "first" in found.left_alone and found.unknown
    found = groups(network(lambda x: x + np.arange(4, dtype="float32")))
    assert "first" in found.left_alone and found.unknown


def test_channels_that_a_silenced_filter_would_still_reach_are_left_alone():
    for middle, first in (
        (layers.Activation("sigmoid"), "relu"),
        (lambda x: x, "sigmoid"),
        (lambda x: x + 1.0, "relu"),
    ):
        found = groups(network(middle, first))
        assert found.left_alone["first"] == "a silenced filter would still reach 'last'" and not found.unknown
    for middle in (layers.Activation("tanh"), lambda x: x * 3.0, lambda x: keras.ops.leaky_relu(x) / 2):
        assert "first" in [g.name for g in groups(network(middle)).prunable]


def test_shapes_move_channels_and_bring_them_back():
    def there_and_back(x):
        x = keras.ops.moveaxis(keras.ops.expand_dims(x, 1), -1, 2)
        x = keras.ops.squeeze(keras.ops.swapaxes(x, 2, 4), 1)
        return layers.Permute((2, 1, 3))(layers.Reshape((6, 6, 4))(layers.Flatten()(x)))

    found = groups(network(there_and_back))
    assert [g.name for g in found.prunable] == ["first"] and not found.unknown


def test_pieces_of_a_split_lose_the_same_positions_though_each_is_read_apart():
    given = keras.Input((6, 6, 3))
    pieces = keras.ops.split(conv("first", 6)(given), 2, axis=-1)
    outs = [layers.GlobalMaxPooling2D()(conv(name)(x)) for name, x in zip(("one", "two"), pieces, strict=True)]
    (group,) = (g for g in groups(Widths(given, outs)).prunable if g.name == "first")
    assert group.size == 3 and group.layers == ("first", "first")
    assert {(m.layer, *m.positions.tolist()) for m in group.members if m.role == "in"} == {
        ("one", 0, 1, 2),
        ("two", 0, 1, 2),
    }


def test_a_layer_used_twice_ties_what_goes_into_it():
    shared = conv("last")
    given = keras.Input((6, 6, 3))
    one, two = conv("one")(given), conv("two")(given)
    model = Widths(given, [layers.GlobalMaxPooling2D()(shared(x)) for x in (one, two)])
    assert [set(layers) for layers in coupled(model).values()] == [{"one", "two"}]


def test_a_sum_over_part_of_a_concatenation_makes_two_groups():
    given = keras.Input((6, 6, 3))
    x = layers.Concatenate()([conv("one")(given), conv("two", 5)(given)])
    x = layers.Add()([x, conv("wide", 9)(given)])
    found = coupled(Widths(given, layers.GlobalMaxPooling2D()(conv("last")(x))))
    assert {name: set(layers) for name, layers in found.items()} == {"one": {"one", "wide"}, "two": {"two", "wide"}}


def test_a_model_that_is_no_graph_is_refused():
    class Free(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(ConfigError, match="functional"):
        groups(Free())
