import time

import keras
import numpy as np
import pytest

from tfgait.compress.cut import cut
from tfgait.compress.plan import make_plan, read_plan, write_plan
from tfgait.compress.proof import ProofFailed, prove, random_inputs, silenced
from tfgait.core.errors import ConfigError
from tfgait.graph.rebuild import rebuild
from tfgait.nets import build, load
from tfgait.nets.presets import PRESETS
from tfgait.train.checkpoints import save_keras


@pytest.mark.parametrize("preset", [p for p in PRESETS if p.endswith(("_tiny", "_small"))])
@pytest.mark.parametrize("percentile", [10, 60])
def test_every_network_is_cut_and_proven(preset, percentile):
    keras.utils.set_random_seed(1)
    model = build(preset)
    plan = make_plan(model, percentile)
    small = cut(model, plan)
    assert prove(model, small, plan.kept) <= 1e-5
    assert small.count_params() < model.count_params()
    widths = {name: len(group.kept) for name, group in plan.groups.items()}
    assert small.get_config() == {**model.get_config(), "widths": widths}


def test_lengths_are_fed_where_the_network_has_them():
    model = build("gaitset_tiny", variable_length=True, frames=4)
    assert random_inputs(model, 50, 0)["length"].max() == 4
    plan = make_plan(model, 50)
    assert prove(model, cut(model, plan), plan.kept) <= 1e-5


def test_a_silenced_filter_gives_nothing_and_the_others_what_they_gave():
    model = build("gaitset_tiny")
    kept = {"frame4": np.array([0, 2, 3])}
    quiet = silenced(model, kept)
    for name in ("frame4", "global2"):
        expected = np.asarray(model.get_layer(name).kernel).copy()
        expected[..., [1, 4, 5]] = 0
        np.testing.assert_array_equal(quiet.get_layer(name).kernel, expected)
    np.testing.assert_array_equal(quiet.get_layer("encode").kernel, model.get_layer("encode").kernel)


@pytest.mark.parametrize("layer", ["frame2", "encode"])
def test_a_wrong_weight_anywhere_fails(layer):
    model = build("gaitset_tiny")
    plan = make_plan(model, 30)
    small = cut(model, plan)
    kernel = small.get_layer(layer).weights[0]
    kernel.assign(np.roll(np.asarray(kernel), 1, axis=-2))
    with pytest.raises(ProofFailed, match="differs"):
        prove(model, small, plan.kept)
    kernel.assign(np.full(kernel.shape, np.nan))
    with pytest.raises(ProofFailed, match="differs"):
        prove(model, small, plan.kept)


def test_the_wrong_filters_or_too_few_fail():
    model = build("cnn2d_tiny")
    small = rebuild(model, {"conv3": [0, 1, 2]})
    with pytest.raises(ProofFailed, match="differs"):
        prove(model, small, {"conv3": np.array([0, 1, 3])})
    with pytest.raises(ProofFailed, match="differs"):
        prove(model, small, {})


def test_a_network_that_says_nothing_proves_nothing():
    model = build("gaitset_tiny")
    model.get_layer("encode").set_weights([np.zeros((14, 8, 8))])
    with pytest.raises(ProofFailed, match="only zeros"):
        prove(model, model, {})


def test_outputs_of_any_size_are_judged_alike():
    model = build("gaitset_tiny")
    for scale in (1e-6, 1e6):
        model.get_layer("encode").set_weights([model.get_layer("encode").get_weights()[0] * scale])
        plan = make_plan(model, 40)
        small = cut(model, plan)
        assert prove(model, small, plan.kept) <= 1e-5
        small.get_layer("encode").set_weights([small.get_layer("encode").get_weights()[0] * 1.001])
        with pytest.raises(ProofFailed):
            prove(model, small, plan.kept)


def test_the_plan_of_another_network_is_refused():
    plan = make_plan(build("gaitset_tiny"), 30)
    for other, alike in (("gaitset_tiny", " of the same structure, with other weights."), ("cnn2d_tiny", ".")):
        with pytest.raises(ConfigError, match=f"a plan of network {plan.network}{alike}$"):
            cut(build(other), plan)


def test_the_same_plan_on_the_same_network_gives_the_same_bytes(tmp_path, monkeypatch):
    model = build("gaitset_tiny")
    for day, name in ((1, "one"), (2, "two")):
        monkeypatch.setattr(time, "time", lambda day=day: day * 86400.0 + 4e8)
        plan = make_plan(model, 40)
        write_plan(tmp_path / f"{name}.json", plan)
        save_keras(cut(model, read_plan(tmp_path / f"{name}.json")), tmp_path / f"{name}.keras")
    for suffix in ("json", "keras"):
        assert (tmp_path / f"one.{suffix}").read_bytes() == (tmp_path / f"two.{suffix}").read_bytes()
    assert load(tmp_path / "one.keras").count_params() == cut(model, plan).count_params()
