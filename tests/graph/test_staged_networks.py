import keras
import numpy as np
import pytest
from keras import layers, ops

from tfgait.core.errors import ConfigError
from tfgait.graph.stages import stages
from tfgait.layers.set_pooling import SetPooling
from tfgait.layers.time import FoldTime, UnfoldTime
from tfgait.nets import build


def make(preset="gaitset_tiny", **changes):
    keras.utils.set_random_seed(1)
    return build(preset, **changes)


def walk(frames, seed=0):
    return (np.random.default_rng(seed).random((1, frames, 16, 12, 1)) > 0.5).astype(np.float32) * 255


def streamed(parts, frames):
    """Embed (1, T, H, W, C) frame by frame, with a maximum in numpy."""
    kept = {}
    for number in range(frames.shape[1]):
        for name, value in parts.frame({"silhouettes": frames[:, number : number + 1]}).items():
            value = ops.convert_to_numpy(value)
            kept[name] = np.maximum(kept[name], value) if number else value
    return ops.convert_to_numpy(parts.set(kept)["embedding"])


def assert_same(parts, frames, network):
    wanted = ops.convert_to_numpy(network({"silhouettes": frames})["embedding"])
    np.testing.assert_allclose(streamed(parts, frames), wanted, atol=1e-5 * np.abs(wanted).max())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"frames": 9},
        {"variable_length": True},
        {"reduce": 2, "bins": [2, 1]},
        {"widths": {"frame2": 3, "frame4": 5, "frame6": 7}, "slope": 0.3},
    ],
)
def test_frame_by_frame_equals_the_whole_network(changes):
    network, frames = make(**changes), walk(9)
    whole = make(**changes | {"variable_length": False})
    parts = stages(network)
    assert list(parts.frame.output) == list(parts.set.input) == ["frame2_set", "frame4_set", "frame6_set"]
    assert parts.frame.input["silhouettes"].shape == (None, 1, 16, 12, 1)
    assert_same(parts, frames, whole)


def test_order_and_number_of_frames_are_free():
    network, frames = make(), walk(7)
    parts = stages(network)
    for count in (1, 2, 7):
        assert_same(parts, frames[:, :count], network)
    np.testing.assert_array_equal(streamed(parts, frames[:, ::-1]), streamed(parts, frames))


def test_a_pruned_network_has_stages_of_its_widths():
    from tfgait.compress.cut import cut
    from tfgait.compress.plan import make_plan

    network = make()
    small = cut(network, make_plan(network, 40.0))
    assert small.get_config()["widths"] != network.get_config()["widths"]
    assert_same(stages(small), walk(5), small)


class Drawn(keras.Model):
    """A network of one convolution a frame, whose `draw` says how its frames meet."""

    def __init__(self, draw, frames=None):
        given = keras.Input((frames, 16, 12, 1), name="silhouettes")
        x = layers.Conv2D(2, 3, name="conv")(FoldTime()(given))
        x = draw(given, x)
        super().__init__({"silhouettes": given}, {"embedding": layers.Reshape((1, -1))(x)}, name="drawn")
        self._draw, self._frames = draw, frames

    def get_config(self):
        return {"draw": self._draw, "frames": self._frames}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def unfold(given, x):
    return UnfoldTime()(x, given)


def pool(given, x):
    return SetPooling(name="set")(unfold(given, x))


def test_any_network_of_maxima_has_stages():
    network = Drawn(lambda given, x: layers.ReLU()(pool(given, x)) + 1.0)
    assert_same(stages(network), walk(6), network)


@pytest.mark.parametrize(
    ("draw", "told"),
    [
        (lambda given, x: ops.mean(unfold(given, x), axis=1), "Mean.*sees several frames at once"),
        (lambda given, x: pool(given, x) + ops.max(unfold(given, x), axis=1), "sees several frames at once"),
        (lambda given, x: SetPooling()(unfold(given, x) * 2.0), "Multiply.*sees several frames at once"),
        (lambda given, x: SetPooling(name="late")(layers.Reshape((1, 14, 10, 2))(x)), "late does not read UnfoldTime"),
        (lambda given, x: layers.Add(name="both")([pool(given, x), x]), "both.*joins a maximum.*single frames"),
        (lambda given, x: x, "there is none"),
    ],
)
def test_frames_that_meet_elsewhere_are_refused(draw, told):
    with pytest.raises(ConfigError, match=f"Received: drawn, where.*{told}.*sliding window"):
        stages(Drawn(draw))


@pytest.mark.parametrize("preset", ["cnn2d_tiny", "cnn3d_tiny", "cnn2plus1d_tiny"])
def test_networks_on_windows_are_refused(preset):
    with pytest.raises(ConfigError, match="sees several frames at once"):
        stages(make(preset))


def test_what_is_no_functional_model_is_refused():
    with pytest.raises(ConfigError, match="functional"):
        stages(keras.Sequential())
