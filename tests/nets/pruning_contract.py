"""What pruning asks of every network: part of `contract.NetworkContract`."""

import numpy as np
import pytest

from tfgait.compress.cut import cut
from tfgait.compress.plan import make_plan
from tfgait.compress.proof import prove
from tfgait.graph.costs import costs
from tfgait.graph.groups import groups
from tfgait.graph.rebuild import rebuild
from tfgait.nets import load

NOT_OFFERED = {"it is an output of the network", "the network has no width argument for it"}


class PruningContract:
    """Every channel that `widths` names can go, nothing is unknown, and what is left is the silenced network."""

    @pytest.fixture
    def awake(self, network):
        """The network with no bias, mean or scale at 0 or 1, where a wrong cut would not show."""
        random = np.random.default_rng(2)
        for weight in network.weights:
            if len(weight.shape) == 1:
                weight.assign(random.uniform(0.2, 0.8, weight.shape))
        return network

    def test_every_width_is_a_group_and_nothing_is_unknown(self, network):
        found = groups(network)
        assert not found.unknown
        assert {g.name: g.size for g in found.prunable} == network.get_config()["widths"]
        assert set(found.left_alone.values()) <= NOT_OFFERED
        assert all(cost.macs is not None for cost in costs(network))

    def test_a_plan_is_cut_proven_and_saved(self, awake, tmp_path):
        plan = make_plan(awake, 50)
        small = cut(awake, plan)
        assert type(small) is type(awake) and small.count_params() < awake.count_params()
        assert prove(awake, small, plan.kept) <= 1e-5
        small.save(tmp_path / "small.keras")
        feed = self.feed(awake)
        np.testing.assert_array_equal(self.embed(load(tmp_path / "small.keras"), feed), self.embed(small, feed))

    def test_any_channel_may_stay_alone(self, awake):
        random, coupling = np.random.default_rng(3), groups(awake)
        kept = {g.name: np.array([random.integers(g.size)]) for g in coupling.prunable}
        small = rebuild(awake, kept, coupling)
        assert set(small.get_config()["widths"].values()) == {1}
        assert prove(awake, small, kept) <= 1e-5
