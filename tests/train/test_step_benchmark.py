from tfgait.nets import build
from tfgait.train.benchmark import step_cost


def test_step_cost_times_both_sides():
    found = step_cost(lambda: build("gaitset_tiny"), (3, 16, 12, 1), p=2, k=2, rounds=2)
    assert found["rounds"] == 2 and min(found.values()) > 0
