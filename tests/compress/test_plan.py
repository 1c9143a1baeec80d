import json

import keras
import numpy as np
import pytest
from normalised import Normalised

from tfgait.compress.cut import cut
from tfgait.compress.plan import make_plan, read_plan, write_plan
from tfgait.compress.proof import prove
from tfgait.compress.worth import network_hash
from tfgait.core.errors import ConfigError, DataError
from tfgait.nets import build

GROUP = {"layers": ["frame1"], "size": 4, "kept": [0], "threshold": 0.1, "below": 0, "floored": 0}


@pytest.fixture(scope="module")
def tiny():
    keras.utils.set_random_seed(3)
    return build("gaitset_tiny")


@pytest.mark.parametrize(
    ("preset", "total", "below"), [("cnn2d", 1312, 132), ("cnn3d", 1984, 199), ("gaitset", 832, 84)]
)
@pytest.mark.parametrize("seed", [0, 1])
def test_raw_l1_takes_as_many_filters_as_embedded_gait(preset, total, below, seed):
    keras.utils.set_random_seed(seed)
    plan = make_plan(build(preset), 10, "l1_raw", floor=0)
    assert (plan.filters_before, plan.below) == (total, below)
    if preset == "cnn3d":
        # Published: 198 went, since the first layer, whose kernels are small, fell to the one filter that must stay.
        assert plan.filters_before - plan.filters_after == 198 and len(plan.groups["conv1"].kept) == 1


def test_raw_l1_counts_filters_one_by_one_also_where_they_are_coupled(tiny):
    convolutions = [layer for layer in tiny.layers if isinstance(layer, keras.layers.Conv2D)]
    own = np.concatenate([np.abs(np.asarray(c.kernel, np.float64)).sum((0, 1, 2)) for c in convolutions])
    plan = make_plan(tiny, 45, "l1_raw")
    assert plan.threshold == pytest.approx(np.percentile(own, 45)) and plan.below == np.sum(own < plan.threshold)
    assert make_plan(tiny, 45, "l1", "network").threshold != pytest.approx(np.percentile(own, 45))


@pytest.mark.parametrize("preset", ["cnn2d_small", "cnn3d_small", "gaitset_small"])
@pytest.mark.parametrize("percentile", [10, 25, 50])
def test_over_the_network_the_percentile_is_the_share_of_all_filters(preset, percentile):
    keras.utils.set_random_seed(0)
    plan = make_plan(build(preset), percentile, scope="network", floor=0)
    gone = plan.filters_before - plan.filters_after
    assert abs(gone - percentile / 100 * plan.filters_before) <= 2 + sum(g.floored * 2 for g in plan.groups.values())


def test_the_least_filters_go_and_no_others(tiny):
    plan = make_plan(tiny, 30, scope="network", floor=0)
    for name, group in plan.groups.items():
        worth = np.mean([np.abs(np.asarray(tiny.get_layer(n).kernel)).mean((0, 1, 2)) for n in group.layers], axis=0)
        expected = np.flatnonzero(worth >= plan.threshold)
        np.testing.assert_array_equal(group.kept, expected if len(expected) else [worth.argmax()], err_msg=name)


def test_the_threshold_of_the_network_is_strict_and_a_layer_always_gives_its_share():
    model = build("gaitset_tiny")
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            layer.set_weights([np.ones_like(layer.get_weights()[0])])
    plan = make_plan(model, 60, scope="network")
    assert plan.below == 0 and plan.filters_after == plan.filters_before
    # Of equals the later ones go.
    assert make_plan(model, 50).groups["frame5"].kept == (0, 1, 2, 3)


@pytest.mark.parametrize(("percentile", "stay"), [(10, 29), (25, 24), (50, 16), (70, 10), (98, 1), (99.9, 1)])
@pytest.mark.parametrize("criterion", ["l1", "l2"])
def test_each_layer_gives_its_share_to_the_filter(percentile, stay, criterion):
    model = build("gaitset_small")
    plan = make_plan(model, percentile, criterion, "layer", floor=0)
    assert plan.scope == "layer" and plan.threshold is None
    for name, group in plan.groups.items():
        rows = [np.asarray(model.get_layer(n).kernel, np.float64) for n in group.layers]
        rows = [np.abs(k).mean((0, 1, 2)) if criterion == "l1" else np.sqrt((k**2).mean((0, 1, 2))) for k in rows]
        worth = np.mean(rows, axis=0)
        if group.size == 32:
            assert len(group.kept) == stay
        assert min(worth[list(group.kept)]) >= max(np.delete(worth, group.kept), default=0), name
        assert group.threshold == pytest.approx(min(worth[list(group.kept)]))
    below, floored = (
        sum(getattr(g, count) * len(g.layers) for g in plan.groups.values()) for count in ("below", "floored")
    )
    assert plan.below == below and plan.filters_before - plan.filters_after == below - floored
    assert (floored > 0) == (percentile >= 98)


@pytest.mark.parametrize(("size", "percentile", "stay"), [(6, 25, 5), (6, 75, 2), (8, 10, 7), (4, 10, 4), (4, 50, 2)])
def test_a_half_channel_stays(tiny, size, percentile, stay):
    plan = make_plan(tiny, percentile, floor=0)
    assert {len(g.kept) for g in plan.groups.values() if g.size == size} == {stay}


def test_what_scope_nothing_stands_for(tiny):
    assert {c: make_plan(tiny, 20, c).scope for c in ("l1", "l1_raw", "random")} == {
        "l1": "layer",
        "l1_raw": "network",
        "random": "layer",
    }
    assert make_plan(tiny, 20, "l1", threshold=0.1).scope == "network"
    assert make_plan(tiny, 20, "l1_raw", "layer").threshold is None
    with pytest.raises(ConfigError, match="scope must be one of layer, network. Received: scope=layers. Did you"):
        make_plan(tiny, 20, scope="layers")
    with pytest.raises(ConfigError, match="one number for the whole network"):
        make_plan(tiny, 20, scope="layer", threshold=0.1)


def test_percentile_0_removes_nothing(tiny):
    plan = make_plan(tiny, 0)
    assert plan.filters_after == plan.filters_before


@pytest.mark.parametrize("floor", [0, 0.25, 0.6, 1])
@pytest.mark.parametrize("scope", ["layer", "network"])
def test_the_floor_holds_in_every_layer(tiny, floor, scope):
    plan = make_plan(tiny, 99.9, scope=scope, floor=floor)
    for group in plan.groups.values():
        assert len(group.kept) >= max(1, floor * group.size)
        assert group.floored == max(0, len(group.kept) - (group.size - group.below))
    assert plan.filters_after < plan.filters_before or floor == 1


def test_rounding_goes_to_the_nearest_multiple_ties_up():
    model = build("gaitset_small")
    loose, rounded = make_plan(model, 30, floor=0.25), make_plan(model, 30, floor=0.25, round_to=8)
    for name, group in rounded.groups.items():
        stays = len(loose.groups[name].kept)
        nearest = min(range(0, 129, 8), key=lambda m, stays=stays: (abs(m - stays), -m))
        least = -(-group.size // 4 // 8) * 8
        assert len(group.kept) == max(nearest, least), name


@pytest.mark.parametrize(("percentile", "loose", "rounded"), [(25, 12, 16), (30, 11, 8), (20, 13, 16)])
def test_a_tie_goes_up(percentile, loose, rounded):
    model = build("gaitset_small")
    others = [name for name in model.get_config()["widths"] if name != "frame1"]
    for multiple, expected in ((0, loose), (8, rounded)):
        plan = make_plan(model, percentile, round_to=multiple, leave=others)
        assert [len(g.kept) for g in plan.groups.values()] == [expected]


def test_a_layer_narrower_than_the_multiple_stays_whole(tiny):
    plan = make_plan(tiny, 50, round_to=16)
    assert plan.filters_after == plan.filters_before


def test_layers_left_alone_do_not_count(tiny):
    plan = make_plan(tiny, 50, leave=("global2", "frame1"))
    assert plan.left_alone["frame4"] == plan.left_alone["frame1"] == "left alone as asked"
    assert plan.filters_before == make_plan(tiny, 50).filters_before - 6 - 6 - 4
    with pytest.raises(ConfigError, match="Did you mean 'frame1'"):
        make_plan(tiny, 50, leave=("fraem1",))


@pytest.mark.parametrize(
    ("setting", "value"),
    [("percentile", v) for v in (120, 100, -1, float("nan"), float("inf"), "10", True)]
    + [("floor", v) for v in (-0.1, 1.1, float("nan"))]
    + [("round_to", v) for v in (-8, 2.5, 100_000, 10**400)]
    + [("seed", v) for v in (-1, 0.5, "1")],
)
def test_settings_out_of_range(tiny, setting, value):
    with pytest.raises(ConfigError, match=f"{setting} must .* Received: {setting}={value}"):
        make_plan(tiny, **{setting: value})


def test_a_network_without_convolutions():
    given = keras.Input((4,))
    with pytest.raises(ConfigError, match="no filters that can be pruned"):
        make_plan(keras.Model(given, keras.layers.Dense(3)(given)))
    given = keras.Input((4,))
    with pytest.raises(ConfigError, match="no filters that can be pruned .it has no convolution"):
        make_plan(keras.Model(given, keras.layers.ReLU()(given)))


def test_a_layer_that_is_not_understood_is_named_and_left_alone():
    model = Normalised(unknown=True)
    plan = make_plan(model, 50)
    assert list(plan.unknown) == ["twice"] and "'twice' is a Twice layer" in plan.left_alone["plain"]
    assert set(plan.groups) == {"stem", "last"}
    small = cut(model, plan)
    assert small.get_config()["widths"] == {"stem": 3, "plain": 4, "last": 3}
    assert prove(model, small, plan.kept) <= 1e-5


def test_the_same_network_gives_the_same_plan_and_file(tiny, tmp_path):
    copy = type(tiny).from_config(tiny.get_config())
    copy.set_weights(tiny.get_weights())
    for name, model in (("one", tiny), ("two", copy)):
        write_plan(tmp_path / name, make_plan(model, 20, leave=("frame1",)))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert read_plan(tmp_path / "one") == make_plan(tiny, 20, leave=("frame1",))


def test_the_hash_tells_weights_and_configs_apart(tiny):
    other = type(tiny).from_config(tiny.get_config())
    assert network_hash(other) != network_hash(tiny)
    other.set_weights(tiny.get_weights())
    assert network_hash(other) == network_hash(tiny)
    assert network_hash(build("gaitset_tiny", frames=7)) != network_hash(build("gaitset_tiny"))


@pytest.mark.parametrize(
    "change",
    [
        {"format": 1},
        {"scope": "everywhere"},
        {"groups": None},
        {"groups": {"frame1": {**GROUP, "kept": [1, 0]}}},
        {"groups": {"frame1": {**GROUP, "kept": []}}},
        {"groups": {"frame1": {**GROUP, "kept": [0, 4]}}},
        {"groups": {"frame1": {**GROUP, "kept": ["0"]}}},
        {"groups": {"frame1": {**GROUP, "threshold": "low"}}},
        {"groups": {"frame1": {"size": 4}}},
        {"percentile": "much"},
        {"surprise": 1},
    ],
)
def test_damaged_plans_are_refused(tiny, tmp_path, change):
    path = tmp_path / "plan.json"
    write_plan(path, make_plan(tiny, 20))
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(DataError, match="plan.json"):
        read_plan(path)


def test_a_truncated_or_absent_plan(tiny, tmp_path):
    path = tmp_path / "plan.json"
    write_plan(path, make_plan(tiny, 20))
    path.write_text(path.read_text()[:200])
    for broken in (path, tmp_path / "none.json"):
        with pytest.raises(DataError, match=broken.name):
            read_plan(broken)


def test_an_absolute_threshold_takes_the_place_of_the_percentile(tiny, tmp_path):
    convolutions = [layer for layer in tiny.layers if isinstance(layer, keras.layers.Conv2D)]
    own = np.concatenate([np.abs(np.asarray(c.kernel, np.float64)).sum((0, 1, 2)) for c in convolutions])
    threshold = float(np.sort(own)[10] + 1e-6)
    plan = make_plan(tiny, 10, "l1_raw", threshold=threshold)
    assert plan.absolute and (plan.threshold, plan.below) == (threshold, 11)
    assert plan.percentile == pytest.approx(100 * 11 / len(own), abs=0.01)
    write_plan(tmp_path / "plan.json", plan)
    assert read_plan(tmp_path / "plan.json") == plan
    # Above all filters: the floor keeps a part of every layer, and the plan can be read again.
    most = make_plan(tiny, 10, "l1_raw", threshold=1e9)
    write_plan(tmp_path / "most.json", most)
    assert read_plan(tmp_path / "most.json") == most and most.percentile == 100 and most.filters_after > 0
    for wrong in (0, -1.0, float("nan"), "29"):
        with pytest.raises(ConfigError, match="threshold must be a number above 0"):
            make_plan(tiny, 10, "l1_raw", threshold=wrong)
