"""Networks of the shapes to come are followed by the rules alone."""

import numpy as np
import pytest
import tensorflow as tf
from branching import stirred
from shapes_to_come import SHAPES, ResNetLike, TwoBranchLike

from tfgait.compress.cut import cut
from tfgait.compress.plan import make_plan
from tfgait.compress.proof import prove
from tfgait.graph.costs import costs, macs
from tfgait.graph.groups import groups
from tfgait.graph.rebuild import rebuild


@pytest.fixture(scope="module", params=SHAPES)
def drawn(request):
    return stirred(request.param())


def random_part(coupling, seed):
    """Return ``{group: indices}`` of random channels of each group, at least one."""
    random = np.random.default_rng(seed)
    return {g.name: np.sort(random.permutation(g.size)[: random.integers(1, g.size + 1)]) for g in coupling.prunable}


def test_groups_are_those_written_down(drawn):
    found = groups(drawn)
    assert not found.unknown
    assert {g.name: tuple(sorted(g.layers)) for g in found.prunable} == drawn.GROUPS
    assert {g.name: g.size for g in found.prunable} == drawn.get_config()["widths"]


@pytest.mark.parametrize("seed", range(2))
def test_any_cut_is_the_silenced_network(drawn, seed):
    coupling = groups(drawn)
    kept = random_part(coupling, seed)
    small = rebuild(drawn, kept, coupling)
    assert type(small) is type(drawn)
    assert small.get_config()["widths"] == {name: len(indices) for name, indices in kept.items()}
    assert prove(drawn, small, kept) <= 1e-5


def test_a_plan_is_cut_and_proven(drawn):
    plan = make_plan(drawn, 50)
    small = cut(drawn, plan)
    assert plan.filters_after < plan.filters_before and small.count_params() < drawn.count_params()
    assert prove(drawn, small, plan.kept) <= 1e-5


def test_costs_are_those_of_the_operations_that_run(drawn):
    assert macs(drawn) == operations(drawn) > 0
    assert all(cost.macs is not None for cost in costs(drawn))


def operations(model):
    """Count multiply-accumulates of the TensorFlow operations that one sample runs through."""
    specs = {t.name: tf.TensorSpec((1, *t.shape[1:]), name=t.name) for t in model.inputs}
    total = 0
    for op in tf.function(model).get_concrete_function(specs).graph.get_operations():
        made = op.outputs[0].shape.num_elements() if op.outputs else 0
        if op.type in ("Conv2D", "Conv3D"):
            total += made * np.prod(op.inputs[1].shape[:-1])
        elif op.type == "DepthwiseConv2dNative":
            total += made * np.prod(op.inputs[1].shape[:2])
        elif op.type in ("MatMul", "BatchMatMulV2", "BatchMatMulV3"):
            total += made * op.inputs[0].shape[-1]
    return int(total)


def test_the_softmax_over_branches_weighs_the_same_channels_as_before():
    model = stirred(TwoBranchLike())
    kept = {"sil": np.array([0, 2, 5])}
    small = rebuild(model, kept)
    old, new = (np.asarray(m.get_layer("gate_out").kernel) for m in (model, small))
    np.testing.assert_array_equal(new, old[..., [0, 2, 5, 6, 8, 11]])


def test_a_neck_over_parts_and_features_is_cut_in_each_part():
    model = stirred(ResNetLike())
    small = rebuild(model, {"encode": np.array([1, 4])})
    old, new = (np.asarray(m.get_layer("neck").gamma) for m in (model, small))
    np.testing.assert_array_equal(new.reshape(7, 2), old.reshape(7, 6)[:, [1, 4]])
