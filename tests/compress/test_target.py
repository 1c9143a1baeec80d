import pytest

from tfgait.compress.cut import cut
from tfgait.compress.plan import make_plan, read_plan, write_plan
from tfgait.compress.settings import parse_target
from tfgait.compress.target import plan_for
from tfgait.compress.worth import weigh
from tfgait.core.errors import ConfigError
from tfgait.graph.costs import macs
from tfgait.nets import build


@pytest.fixture(scope="module")
def network():
    return build("gaitset_small", frames=2)


def params_left(network):
    return lambda small: small.count_params() / network.count_params()


@pytest.mark.parametrize("asked", [0.8, 0.45])
@pytest.mark.parametrize("criterion", ["l1", "l1_raw"])
def test_the_least_percentile_that_leaves_at_most_the_share(network, asked, criterion):
    share = params_left(network)
    plan = plan_for(network, weigh(network, criterion), "params", asked, share)
    assert plan.target == {"what": "params", "asked": asked, "reached": share(cut(network, plan))}
    assert plan.target["reached"] <= asked
    assert plan == make_plan(network, plan.percentile, criterion)
    assert share(cut(network, make_plan(network, plan.percentile - 0.1, criterion))) > asked


def test_the_same_widths_are_measured_once():
    network, measured, told = build("gaitset_tiny", frames=2), [], []

    def share(small):
        measured.append(tuple(small.get_config()["widths"].values()))
        return small.count_params() / network.count_params()

    plan_for(network, weigh(network), "params", 0.5, share, progress=lambda *said: told.append(said))
    # Ten halvings of a thousand percentiles, among which a tiny network has few different widths.
    assert len(set(measured)) == len(measured) < len(told) - 2
    assert all(done <= total for done, total, _ in told) and told[-1] == (len(measured), 11, "look for params")


def test_steps_and_rounding_are_kept(network):
    def share(small):
        return macs(small) / macs(network)

    plan = plan_for(network, weigh(network, "random", seed=1), "latency", 0.4, share, round_to=8, step=5)
    assert plan.percentile % 5 == 0 and plan.round_to == 8 and plan.target["what"] == "latency"
    assert all(len(group.kept) % 8 == 0 for group in plan.groups.values())
    less = make_plan(network, plan.percentile - 5, "random", seed=1, round_to=8)
    assert share(cut(network, less)) > 0.4 >= share(cut(network, plan))


def test_a_target_out_of_reach_says_what_is_not(network):
    share = params_left(network)
    least = share(cut(network, make_plan(network, 99.9, floor=0.5)))
    with pytest.raises(ConfigError, match=f"at least params={least:.3f}, which floor=0.5 and round_to=0 leave"):
        plan_for(network, weigh(network), "params", 0.1, share, floor=0.5)


def test_a_target_is_kept_in_the_plan_and_makes_no_other_plan_of_it(network, tmp_path):
    plan = plan_for(network, weigh(network), "params", 0.5, params_left(network))
    write_plan(tmp_path / "plan.json", plan)
    read = read_plan(tmp_path / "plan.json")
    assert read == plan and read.target == plan.target
    assert read == make_plan(network, plan.percentile)


@pytest.mark.parametrize(
    "text", ["macs=0", "macs=1", "macs=-0.4", "macs=nan", "macs=inf", "macs=", "macs=0.4=0.5", "macs=a"]
)
def test_shares_that_are_none(text):
    with pytest.raises(ConfigError, match=f"target must be a share in .* Received: target={text}"):
        parse_target(text)


@pytest.mark.parametrize("text", ["macs", "0.5"])
def test_shares_of_nothing(text):
    with pytest.raises(ConfigError, match=f"such as params=0.5 or macs=0.4. Received: target={text}"):
        parse_target(text)


def test_targets_by_name():
    assert parse_target("latency=0.36") == ("latency", 0.36) and parse_target("params=1e-2") == ("params", 0.01)
    with pytest.raises(ConfigError, match="target must be one of params, macs, latency. .* Did you mean 'params'"):
        parse_target("parms=0.4")
