"""What every network must do. A new network's test is four lines:

class TestGaitSet(NetworkContract):
    preset = "gaitset_tiny"
"""

import inspect
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from pruning_contract import PruningContract

from tfgait.core.errors import ConfigError
from tfgait.core.modality import modality
from tfgait.nets import NETWORKS, build, load


class NetworkContract(PruningContract):
    """Runs on the tiny preset of a network; `changes` are arguments that differ from it."""

    preset = None
    changes = {}

    @pytest.fixture
    def network(self):
        keras.utils.set_random_seed(1)
        return build(self.preset, **self.changes)

    def feed(self, network, batch=3, frames=5, seed=0):
        shape = [batch, *network.input[network.modality].shape[1:]]
        shape[1] = shape[1] or frames
        random = np.random.default_rng(seed)
        kind = modality(network.modality)
        stored_whole = kind.dtype.startswith("uint")
        values = random.integers(0, np.iinfo(kind.dtype).max, shape) if stored_whole else random.normal(0, 3, shape)
        feed = {network.modality: values.astype("float32")}
        if "length" in network.input:
            feed["length"] = random.integers(1, shape[1] + 1, batch).astype("int32")
        return feed

    def embed(self, network, feed, **options):
        return keras.ops.convert_to_numpy(network(feed, **options)["embedding"])

    def test_describes_itself(self, network):
        assert NETWORKS[network.name] is type(network)
        assert network.modality in network.input and network.modality in type(network).modalities
        assert network.metric in ("parts", "flattened", "cosine")
        assert network.input[network.modality].shape[-1] == modality(network.modality).shape[-1]
        assert not network.losses, "a network holds no regulariser"

    def test_gives_one_embedding_a_sequence(self, network):
        feed = self.feed(network)
        out = network(feed)
        assert list(out) == ["embedding"]
        assert out["embedding"].shape == (3, *network.output["embedding"].shape[1:])
        together = self.embed(network, feed)
        assert np.isfinite(together).all() and together.dtype == np.float32
        alone = np.concatenate([self.embed(network, {k: v[i : i + 1] for k, v in feed.items()}) for i in range(3)])
        np.testing.assert_allclose(together, alone, atol=1e-5 * np.abs(alone).max())
        assert np.abs(alone[0] - alone[1]).max() > 1e-3 * np.abs(alone).max()

    def test_takes_bytes_as_they_are_stored(self, network):
        feed = self.feed(network)
        kind = modality(network.modality)
        if kind.scale != 1:
            pytest.skip("stored with a scale")
        stored = {**feed, network.modality: feed[network.modality].astype(kind.dtype)}
        np.testing.assert_array_equal(self.embed(network, stored), self.embed(network, feed))

    def test_config_is_the_arguments(self, network):
        config = network.get_config()
        assert set(config) == set(inspect.signature(type(network)).parameters)
        again = type(network).from_config(json.loads(json.dumps(config)))
        assert again.get_config() == config
        assert [w.path for w in again.weights] == [w.path for w in network.weights]
        again.set_weights(network.get_weights())
        feed = self.feed(network)
        np.testing.assert_array_equal(self.embed(again, feed), self.embed(network, feed))

    def test_saves_and_loads_in_safe_mode(self, network, tmp_path):
        path = tmp_path / "network.keras"
        network.save(path)
        feed = self.feed(network)
        expected = self.embed(network, feed)
        for loaded in (load(path), keras.saving.load_model(path, safe_mode=True)):
            assert type(loaded) is type(network) and loaded.get_config() == network.get_config()
            np.testing.assert_array_equal(self.embed(loaded, feed), expected)

    def test_every_width_can_change(self, network):
        config = network.get_config()
        names = [layer.name for layer in network.layers]
        for group, width in config["widths"].items():
            other = type(network).from_config({**config, "widths": {**config["widths"], group: width + 1}})
            assert [layer.name for layer in other.layers] == names
            assert network.get_layer(group).filters == width and other.get_layer(group).filters == width + 1
            assert other.count_params() > network.count_params()
            assert other.output["embedding"].shape == network.output["embedding"].shape

    @pytest.mark.parametrize(
        "changes",
        [
            {"widths": {"nonsense": 3}},
            {"widths": "wide"},
            {"embedding": 0},
            {"embedding": 2.5},
            {"height": -64},
            {"frames": 0},
            {"widht": 3},
        ],
        ids=str,
    )
    def test_refuses_wrong_arguments(self, changes):
        with pytest.raises(ConfigError, match="Received|takes no argument"):
            build(self.preset, **changes)

    def test_refuses_wrong_widths(self, network):
        group = next(iter(network.get_config()["widths"]))
        for width in (0, -1, 2.5, True, "8", 1 << 40, None):
            with pytest.raises(ConfigError, match="whole number"):
                build(self.preset, widths={group: width})

    @pytest.mark.parametrize(("policy", "tolerance"), [("mixed_float16", 0.01), ("mixed_bfloat16", 0.08)])
    def test_runs_in_half_precision(self, network, policy, tolerance):
        feed = self.feed(network)
        expected = self.embed(network, feed)
        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(policy)
        try:
            half = type(network).from_config(network.get_config())
        finally:
            keras.config.set_dtype_policy(before)
        half.set_weights(network.get_weights())
        out = half(feed)["embedding"]
        assert keras.backend.standardize_dtype(out.dtype) == policy.removeprefix("mixed_")
        assert {keras.backend.standardize_dtype(w.dtype) for w in half.weights} == {"float32"}
        error = np.abs(keras.ops.convert_to_numpy(keras.ops.cast(out, "float32")) - expected).max()
        assert error < tolerance * np.abs(expected).max()

    @pytest.mark.parametrize("free", ["", "batch", "frames", "batch and frames"])
    def test_compiles_for_known_and_free_sizes(self, network, free):
        feed = self.feed(network)
        expected = self.embed(network, feed)
        specs = {}
        for name, value in feed.items():
            shape = list(value.shape)
            shape[0] = None if "batch" in free else shape[0]
            if name == network.modality and network.input[network.modality].shape[1] is None and "frames" in free:
                shape[1] = None
            specs[name] = tf.TensorSpec(shape, value.dtype, name=name)
        out = tf.function(network, input_signature=[specs])(feed)["embedding"]
        np.testing.assert_allclose(out, expected, atol=1e-5 * np.abs(expected).max())

    def test_every_weight_learns(self, network):
        feed = self.feed(network, batch=6)
        with tf.GradientTape() as tape:
            out = network(feed, training=True)["embedding"]
            loss = tf.reduce_sum(out * tf.random.stateless_normal(tf.shape(out), (1, 2)))
        for weight, gradient in zip(
            network.trainable_weights, tape.gradient(loss, network.trainable_weights), strict=True
        ):
            assert gradient is not None and np.isfinite(gradient).all() and np.abs(gradient).max() > 0, weight.path
        assert len(network.trainable_weights) == len(network.weights)

    def test_padding_has_no_influence(self, network):
        config = network.get_config()
        if "variable_length" not in config:
            pytest.skip("this network takes windows of a fixed length")
        masked = type(network).from_config({**config, "variable_length": True})
        plain = type(network).from_config({**config, "variable_length": False, "frames": None})
        for other in (masked, plain):
            other.set_weights(network.get_weights())
        feed = self.feed(masked, frames=7)
        sequences, length = feed[network.modality], np.array([1, 7, 4], "int32")
        padded = tf.constant(sequences)
        with tf.GradientTape() as tape:
            tape.watch(padded)
            out = masked({network.modality: padded, "length": tf.constant(length)})["embedding"]
            total = tf.reduce_sum(out**2)
        for i, t in enumerate(length):
            alone = self.embed(plain, {network.modality: sequences[i : i + 1, :t]})
            np.testing.assert_allclose(out[i : i + 1], alone, atol=1e-5 * np.abs(alone).max())
        reached = np.abs(tape.gradient(total, padded)).max(axis=(2, 3, 4)) > 0
        np.testing.assert_array_equal(reached, np.arange(7) < length[:, None])
