"""The shipped networks in int8 recognise whom they recognise in float32."""

import pytest

from tfgait.core.home import CHECKOUT
from tfgait.workflows import figures_int8 as module

CONDITIONS = ("nm-01", "nm-02", "nm-05", "bg-01", "cl-01")


@pytest.mark.parametrize("name", module.NETWORKS)
def test_int8_of_a_shipped_network_recognises_as_float32_does(name, monkeypatch, tmp_path):
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path))
    monkeypatch.setattr(module, "models_dir", lambda: CHECKOUT / "models")
    monkeypatch.setattr(module, "NETWORKS", (name,))
    monkeypatch.setattr(module, "SEEDS", (0,))
    monkeypatch.setattr(module, "PEOPLE", 3)
    monkeypatch.setattr(module, "CALIBRATION", 24)
    monkeypatch.setattr(module, "UNSEEN", {"subjects": 4, "first": 9201})
    walks = {"silhouettes": {"frames": 30, "views": ("072", "090")}, "flow": {"frames": 42, "views": ("090",)}}
    monkeypatch.setattr(module, "WALKS", {kind: {**how, "conds": CONDITIONS} for kind, how in walks.items()})
    record = module.figures_int8()
    assert set(record) == {
        *(f"{name}, {kind} {what}" for kind in ("nm", "bg", "cl") for what in ("float32", "lost")),
        f"{name}, mean lost",
        f"{name}, lowest cosine",
    }
    assert record[f"{name}, nm float32"] > 50  # of four people
    # A probe of the twelve or forty-eight that there are may go either way.
    assert abs(float(record[f"{name}, mean lost"].split()[0])) <= 100 / 12
    assert 0.95 < record[f"{name}, lowest cosine"] < 1 - 1e-5
