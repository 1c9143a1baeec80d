import math

import keras
import numpy as np
import pytest
from normalised import stirred

from tfgait.compress import CRITERIA
from tfgait.compress.importance import channel_scores, filter_positions
from tfgait.compress.plan import make_plan
from tfgait.core.errors import ConfigError, DataError
from tfgait.graph.groups import groups
from tfgait.nets import build


def scores(model, name, **given):
    found = groups(model).prunable
    given = {"examples": None, "seed": 0, **given}
    return {g.name: g for g in found}, CRITERIA[name].scores(model, found, **given)


def filters(layer):
    """Return the filters of a layer as flat lists of floats."""
    kernel = np.asarray(layer.kernel)
    return [[float(w) for w in kernel[..., j].ravel()] for j in range(kernel.shape[-1])]


@pytest.mark.parametrize("preset", ["gaitset_tiny", "cnn3d_tiny"])
def test_sizes_of_weights_by_a_slow_loop(preset):
    model = build(preset)
    _, raw = scores(model, "l1_raw")
    _, mean = scores(model, "l1")
    _, root = scores(model, "l2")
    assert raw.keys() == mean.keys() == root.keys()
    for name, values in raw.items():
        for j, weights in enumerate(filters(model.get_layer(name))):
            total = sum(abs(w) for w in weights)
            assert values[j] == pytest.approx(total, rel=1e-12)
            assert mean[name][j] == pytest.approx(total / len(weights), rel=1e-12)
            assert root[name][j] == pytest.approx(math.hypot(*weights) / math.sqrt(len(weights)), rel=1e-12)


def test_geometric_median_by_a_slow_loop():
    model = build("gaitset_tiny")
    kernel = np.array(model.get_layer("frame3").kernel)
    kernel[..., 4] = kernel[..., 1]
    model.get_layer("frame3").kernel.assign(kernel)
    _, found = scores(model, "geometric_median")
    for name in ("frame1", "frame3", "global4"):
        rows = filters(model.get_layer(name))
        for j, row in enumerate(rows):
            distance = sum(math.dist(row, other) for other in rows) / (len(rows) - 1)
            assert found[name][j] == pytest.approx(distance / math.sqrt(len(row)), rel=1e-6), name
    # The published reason: of the two that are alike either can go, and they are the first to.
    assert sorted(np.argsort(found["frame3"])[:2]) == [1, 4]


def test_a_layer_of_one_filter_is_at_its_own_median():
    model = build("cnn2d_tiny")
    one = type(model).from_config({**model.get_config(), "widths": {"conv1": 1, "conv2": 4, "conv3": 6, "conv4": 6}})
    assert scores(one, "geometric_median")[1]["conv1"] == [0.0]


def test_bn_scale_is_that_of_the_batch_normalisations_a_channel_passes():
    model = stirred()
    found, scale = scores(model, "bn_scale")
    gamma = {n: np.abs(np.asarray(model.get_layer(n).gamma, np.float64)) for n in ("stem_bn", "sum_bn", "flat_bn")}
    for layer in ("stem", "residual"):  # one group, tied by the sum
        np.testing.assert_allclose(scale[layer], (gamma["stem_bn"] + gamma["sum_bn"]) / 2)
    # Flattened, a channel passes as many scales as its map has places, channels innermost.
    np.testing.assert_allclose(scale["last"], gamma["flat_bn"].reshape(-1, 5).mean(0))
    assert np.isnan(scale["plain"]).all() and set(found) == {"stem", "plain", "last"}


def test_groups_without_a_scale_are_left_alone_and_networks_without_one_refused():
    plan = make_plan(stirred(), 40, "bn_scale")
    assert plan.left_alone["plain"] == "no BatchNormalization with a scale follows it"
    assert {name: len(g.kept) for name, g in plan.groups.items()} == {"stem": 4, "last": 3}
    with pytest.raises(ConfigError, match="can be pruned .*frame1, frame2.*: no BatchNormalization with a scale"):
        make_plan(build("gaitset_tiny"), 40, "bn_scale")
    model = stirred()
    model.get_layer("sum_bn").gamma.assign([np.inf] * 6)
    with pytest.raises(DataError, match="'sum_bn' are not all finite"):
        make_plan(model, 40, "bn_scale")


def test_random_is_seeded_and_the_same_for_coupled_filters():
    model = build("gaitset_tiny")
    found, one = scores(model, "random", seed=3)
    _, again = scores(model, "random", seed=3)
    _, other = scores(model, "random", seed=4)
    for name, values in one.items():
        np.testing.assert_array_equal(values, again[name])
        assert (values != other[name]).all() and ((values >= 0) & (values < 1)).all()
    np.testing.assert_array_equal(one["frame4"], one["global2"])
    assert (one["frame4"] != one["frame3"]).all()
    means = [np.mean(scores(model, "random", seed=seed)[1]["frame5"]) for seed in range(200)]
    assert np.mean(means) == pytest.approx(0.5, abs=0.03)


def squares(factor):
    """Return a loss of the outputs of a network that is not linear."""
    return lambda outputs: factor * keras.ops.sum(keras.ops.square(outputs["embedding"] - 0.1))


def examples_for(model):
    generator = np.random.default_rng(0)
    shape = (2, *model.input["silhouettes"].shape[1:])
    size = 1 if shape[-1] == 2 else 255  # silhouettes are bytes
    return [({"silhouettes": generator.normal(0, size, shape).astype("float32")}, squares(f)) for f in (1.0, -3.0)]


@pytest.mark.parametrize("layers", [("frame1", "frame4", "global2"), ("stem", "residual", "last")])
def test_taylor_is_the_slope_of_the_loss_as_a_filter_fades(layers):
    keras.utils.set_random_seed(0)
    model = stirred() if "stem" in layers else build("gaitset_tiny", frames=3)
    examples = examples_for(model)
    _, found = scores(model, "taylor", examples=examples)
    for name in layers:
        layer = model.get_layer(name)
        before, slopes = layer.get_weights(), []
        for j in range(before[0].shape[-1]):
            losses = []
            for factor in (1.002, 0.998):
                weights = [w.copy() for w in before]
                for w in weights:
                    w[..., j] *= factor
                layer.set_weights(weights)
                losses.append([float(loss(model(inputs))) for inputs, loss in examples])
            slopes.append(np.abs(np.subtract(*losses)).mean() / 0.004)
        layer.set_weights(before)
        np.testing.assert_allclose(found[name], slopes, rtol=0.02, atol=0.01 * max(slopes), err_msg=name)


def test_taylor_goes_through_its_examples_at_every_pass_and_needs_some():
    model = build("gaitset_tiny", frames=3)
    examples = examples_for(model)
    plans = [make_plan(model, 30, "taylor", examples=given) for given in (examples, examples, examples[::-1])]
    assert plans[0] == plans[1] and plans[0].kept.keys() == plans[2].kept.keys()
    for missing in (None, []):
        with pytest.raises(ConfigError, match="examples must be"):
            make_plan(model, 30, "taylor", examples=missing)
    broken = [(examples[0][0], squares(float("nan")))]
    with pytest.raises(DataError, match="gradients of layer 'frame1' are not all finite"):
        make_plan(model, 30, "taylor", examples=broken)


def test_a_coupled_channel_is_worth_the_mean_of_its_filters():
    model = build("gaitset_tiny")
    found, raw = scores(model, "l1_raw")
    expected = [(a + b) / 2 for a, b in zip(raw["frame4"], raw["global2"], strict=True)]
    np.testing.assert_allclose(channel_scores(found["frame4"], raw), expected)


@pytest.mark.parametrize("criterion", ["l1", "l1_raw", "l2", "geometric_median"])
def test_weights_that_are_no_numbers_are_refused(criterion):
    model = build("gaitset_tiny")
    kernel = np.array(model.get_layer("frame3").kernel)
    kernel[0, 0, 0, 0] = np.nan
    model.get_layer("frame3").kernel.assign(kernel)
    with pytest.raises(DataError, match="'frame3' are not all finite"):
        make_plan(model, 10, criterion)


def test_every_criterion_scores_every_filter_of_every_group():
    for name in CRITERIA:
        model = stirred() if name == "bn_scale" else build("gaitset_tiny", frames=3)
        found, values = scores(model, name, examples=examples_for(model))
        for group in found.values():
            for layer, positions in filter_positions(group).items():
                assert values[layer].shape == positions.shape and values[layer].dtype == np.float64, name
        assert CRITERIA[name].what
    with pytest.raises(ConfigError, match="Did you mean 'l1_raw'"):
        CRITERIA["l1-raw"]
