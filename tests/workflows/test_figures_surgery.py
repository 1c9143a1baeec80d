"""Surgery is timed, and what is left is given as shares of the unpruned network."""

import pytest

from tfgait.nets import build
from tfgait.workflows import figures_surgery as module
from tfgait.workflows.litert_speed import Speed, litert_speeds


def test_shares_are_those_of_what_was_measured(monkeypatch):
    tiny = {name: build(f"{name}_tiny") for name in ("gaitset", "cnn2d")}
    sizes = []

    def speeds(networks):
        sizes.append({name: network.count_params() for name, network in networks.items()})
        return {
            (name, how): Speed(bytes=size * scale, ms=10.0 * size * scale)
            for name, size in sizes[0].items()
            for how, scale in (("fp32", 4), ("int8", 1))
        }

    monkeypatch.setattr(module, "NETWORKS", tuple(tiny))
    monkeypatch.setattr("tfgait.nets.build", lambda name: tiny[name])
    monkeypatch.setattr(module, "ROUNDS", 1)
    monkeypatch.setattr(module, "litert_speeds", speeds)
    said = []
    record = module.figures_surgery(progress=lambda done, total, what: said.append(done / total))
    (sizes,) = sizes
    assert said == [0, 0.5, 1]
    assert record["slowest plan and cut, s"] == max(record[f"{name}, plan and cut, s"] for name in tiny)
    assert record["gaitset whole, int8, ms"] == 10 * sizes[""]
    for name in module.CUTS:
        share = pytest.approx(sizes[name] / sizes[""], abs=5e-4)
        for what in ("float32 bytes", "int8 bytes", "float32 ms", "int8 ms"):
            assert record[f"gaitset {name}, {what}"] == share
    assert sizes["10 %"] < sizes[""] and record["gaitset 10 %, MACs"] < 1


def test_a_network_is_measured_as_float_and_as_int8_file():
    network = build("cnn3d_tiny")  # int8 only once it is lowered
    found = litert_speeds({"tiny": network}, rounds=1)
    assert set(found) == {("tiny", "fp32"), ("tiny", "int8")}
    assert 4 * network.count_params() < found["tiny", "fp32"].bytes < 40_000 + 4 * network.count_params()
    assert found["tiny", "int8"].bytes < found["tiny", "fp32"].bytes
    assert all(speed.ms > 0 for speed in found.values())
