"""Sparsity, clustering and 8-bit training by tensorflow-model-optimization."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tfgait.compress.tfmot.layers import choose_layers, layer_rows
from tfgait.compress.tfmot.settings import METHODS, Settings
from tfgait.core.errors import ConfigError
from tfgait.nets import build


@pytest.fixture(scope="module")
def checked():
    """What `tfmot_checks.py` prints."""
    if importlib.util.find_spec("tensorflow_model_optimization") is None:
        pytest.skip("no tensorflow-model-optimization: it is in venv_requirements/train")
    script = Path(__file__).with_name("tfmot_checks.py")
    path = os.pathsep.join(p for p in sys.path if p)
    environment = {**os.environ, "TF_USE_LEGACY_KERAS": "1", "PYTHONPATH": path}
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_the_twin_of_every_network_is_equal(checked):
    assert set(checked["twins"]) == {"gaitset_tiny", "cnn2d_tiny", "cnn3d_tiny", "cnn2plus1d_tiny"}
    assert max(checked["twins"].values()) < 1e-6


def test_the_way_back_is_equal(checked):
    assert max(found["error"] for found in checked["methods"].values()) < 1e-5


def test_the_zeros_are_those_that_were_asked_for(checked):
    assert all(abs(share - 0.75) < 0.01 for share in checked["methods"]["constant"]["zeros"].values())
    two = checked["methods"]["2_by_4"]["zeros"]
    # Six channels are a four and a half one, of which the two that are padded count as zeros.
    assert two["frame2"] == 0.5 and two["frame4"] == pytest.approx(1 / 3) and two["encode"] == 0
    assert checked["most_of_four"] == 2


def test_what_is_kept_is_kept(checked):
    for method in ("sparse_cluster", "pqat"):
        assert checked["methods"][method]["zeros"] == pytest.approx(checked["methods"]["constant"]["zeros"], abs=0.01)
    assert max(checked["methods"]["sparse_cluster"]["values"].values()) == 4


def test_a_layer_without_a_counterpart_is_named(checked):
    said = "a twin in tf_keras needs layers of Keras or tfgait. Received: layer="
    assert [text.startswith(said) for text in checked["refused"]] == [True, True]
    assert "layer=odd, a Lambda" in checked["refused"][0] and "a Sin" in checked["refused"][1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "constent"}, "Did you mean 'constant'"),
        ({"target_sparsity": 1.0}, r"target_sparsity must lie in \[0, 1\). Received: target_sparsity=1.0."),
        ({"target_sparsity": -0.1}, "target_sparsity"),
        ({"target_sparsity": float("nan")}, "target_sparsity"),
        ({"clusters": 1}, "clusters must lie in"),
        ({"begin_step": -2}, "begin_step"),
        ({"frequency": -1}, "frequency"),
    ],
)
def test_bad_settings(change, message):
    with pytest.raises(ConfigError, match=message):
        Settings(**change)


def test_the_steps_are_those_of_embedded_gait_where_the_training_is_long_enough():
    assert Settings().span(20_000) == (2000, 20_000, 100)
    assert Settings().span(100) == (25, 100, 5)
    assert Settings(begin_step=10, frequency=40).span(100) == (10, 90, 40)
    with pytest.raises(ConfigError, match="begin_step must be within the training, which has 150 steps"):
        Settings(begin_step=2000, frequency=100).span(150)


def test_layers_are_chosen_by_what_the_library_knows():
    network = build("cnn3d_tiny")
    taken, left = choose_layers(network, "constant")
    assert {"conv1", "conv6", "gray_code", "code_1"} == {
        n for n in taken if n in ("conv1", "conv6", "gray_code", "code_1")
    }
    assert left == {}
    taken, left = choose_layers(network, "2_by_4")
    assert taken == ["code_1"] and "does not know Conv3D" in left["conv1"]
    with pytest.raises(ConfigError, match="cannot train conv1: tensorflow-model-optimization has no 8-bit Conv3D"):
        choose_layers(network, "qat")
    taken, left = choose_layers(build("gaitset_tiny"), "2_by_4")
    assert "less than three" in left["frame1"] and "frame1" not in taken and "SeparateDense" in left["encode"]


@pytest.mark.parametrize("method", [name for name, method in METHODS.items() if method.keeps])
def test_what_is_to_be_kept_must_be_there(method):
    with pytest.raises(ConfigError, match=f"method={method} keeps the (zeros|clusters) of a network that has some"):
        choose_layers(build("gaitset_tiny"), method)


def test_rows_count_zeros_and_values():
    before, after = build("gaitset_tiny"), build("gaitset_tiny")
    kernel = before.get_layer("frame2").get_weights()[0]
    kernel[...] = 1
    kernel[:, :, :1] = 0
    after.get_layer("frame2").set_weights([kernel])
    row = next(r for r in layer_rows(before, after, ["frame2"]) if r["layer"] == "frame2")
    assert row == {
        "layer": "frame2",
        "weights": 144,
        "sparsity_before": 0.0,
        "sparsity_after": 0.25,
        "values": 2,
        "taken": True,
    }
