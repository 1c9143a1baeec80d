import subprocess
import sys

import keras
import numpy as np
import pytest
from branching import Branching, stirred

from tfgait.core.errors import ConfigError
from tfgait.graph.groups import groups
from tfgait.graph.rebuild import RebuildError, rebuild
from tfgait.nets import build

# By hand: the weights that make something of a channel of each group.
MAKERS = {
    "stem": ("stem", "stem_bn", "residual"),
    "inner": ("inner", "inner_bn"),
    "side": ("side", "gate_out"),
    "mix": ("mix", "prelu"),
}


def silence(model, group, gone):
    """Zero all that makes channels `gone`, by names written down here and not found by the graph."""
    for name in MAKERS[group]:
        layer = model.get_layer(name)
        layer.set_weights([_zeroed(w, gone) for w in layer.get_weights()])
    if group == "inner":
        layer = model.get_layer("depthwise")
        layer.set_weights(
            [layer.get_weights()[0], _zeroed(layer.get_weights()[1], [2 * g + i for g in gone for i in (0, 1)])]
        )
    if group == "mix":
        layer = model.get_layer("flat_bn")
        layer.set_weights([_zeroed(w, [g + 7 * p for g in gone for p in range(24)]) for w in layer.get_weights()])


def _zeroed(value, gone):
    value = value.copy()
    value[..., gone] = 0
    return value


@pytest.mark.parametrize("chosen", [*((name,) for name in MAKERS), tuple(MAKERS)])
def test_a_rebuilt_network_is_the_one_with_silenced_filters(chosen):
    model = stirred(Branching())
    gone = [1, 3, 4]
    sizes = {g.name: g.size for g in groups(model).groups if g.name in chosen}
    small = rebuild(model, {name: np.setdiff1d(np.arange(size), gone) for name, size in sizes.items()})
    x = np.random.default_rng(0).normal(size=(4, 3, 8, 6, 2)).astype("float32")
    whole = np.asarray(model({"silhouettes": x})["embedding"])
    for group in chosen:
        silence(model, group, gone)
    expected = np.asarray(model({"silhouettes": x})["embedding"])
    np.testing.assert_allclose(small({"silhouettes": x})["embedding"], expected, atol=2e-5 * np.abs(expected).max())
    assert np.abs(expected - whole).max() > 0.01
    assert small.get_config()["widths"] == {
        name: width - 3 * (name in chosen) for name, width in model.get_config()["widths"].items()
    }


def test_the_rebuilt_network_is_an_ordinary_file(tmp_path):
    model = build("gaitset_tiny")
    small = rebuild(model, {"frame4": [0, 2, 5], "frame6": [1, 7]})
    assert type(small) is type(model) and small.get_layer("global2").filters == 3
    small.save(tmp_path / "model.keras")
    x = {"silhouettes": np.random.default_rng(0).uniform(0, 255, (2, 3, 16, 12, 1)).astype("float32")}
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(again(x)["embedding"], small(x)["embedding"])


LOADING = """
import sys
import numpy as np
from tfgait.nets import load
network = load(sys.argv[1])
np.save(sys.argv[3], network({"silhouettes": np.load(sys.argv[2])})["embedding"])
sys.exit(any(name.startswith(("tfgait.graph", "tfgait.compress")) for name in sys.modules))
"""


def test_the_rebuilt_network_loads_where_nothing_knows_of_pruning(tmp_path):
    small = rebuild(build("gaitset_tiny"), {"frame4": [0, 2, 5], "frame6": [1, 7]})
    small.save(tmp_path / "model.keras")
    x = np.random.default_rng(0).uniform(0, 255, (2, 3, 16, 12, 1)).astype("float32")
    np.save(tmp_path / "x.npy", x)
    files = [str(tmp_path / name) for name in ("model.keras", "x.npy", "out.npy")]
    subprocess.run([sys.executable, "-c", LOADING, *files], check=True)
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), small({"silhouettes": x})["embedding"], atol=1e-6)


def test_nothing_removed_is_the_same_network():
    model = build("cnn3d_tiny")
    for old, new in zip(model.weights, rebuild(model, {}).weights, strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("kept", "message"),
    [
        ({"fraem1": [0]}, "Did you mean 'frame1'"),
        ({"frame1": []}, "at least one"),
        ({"frame1": [0.5, 1]}, "whole numbers"),
        ({"frame1": [0, 4]}, "within 0..3"),
        ({"frame1": [-1, 1]}, "within 0..3"),
        ({"frame1": [1, 1]}, "ascend"),
        ({"frame1": [[0, 1]]}, "whole numbers"),
        ({"encode": [0]}, "must stay whole: it is an output"),
    ],
)
def test_kept_indices_are_checked(kept, message):
    with pytest.raises(ConfigError, match=message):
        rebuild(build("gaitset_tiny"), kept)


class Careless(Branching):
    """Uses one of its widths for a layer that does not follow it."""

    def __init__(self, widths=None, activation="relu"):
        super().__init__({**(widths or {}), "mix": 7} if widths else None, activation)

    def get_config(self):
        return {**super().get_config(), "widths": dict(self._widths)}


class Nameless(keras.Model):
    """Names its layers anew each time."""

    def __init__(self, widths=None):
        given = keras.Input((4, 4, 1))
        x = keras.layers.Conv2D((widths or {"conv": 4})["conv"], 1, name="conv")(given)
        super().__init__(given, keras.layers.Dense(2)(x))

    def get_config(self):
        return {"widths": {"conv": self.get_layer("conv").filters}}


def test_leftovers_are_errors():
    with pytest.raises(RebuildError, match="mix.*the graph was misread"):
        rebuild(Careless(), {"mix": [0, 1]})
    with pytest.raises(RebuildError, match="other layers with weights"):
        rebuild(Nameless(), {"conv": [0, 1]})
