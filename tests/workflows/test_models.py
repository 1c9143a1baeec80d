import json

import pytest

from tfgait.core.errors import UserError
from tfgait.workflows import models


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path))
    for name in ("first", "second"):
        run = tmp_path / "runs" / name
        run.mkdir(parents=True)
        (run / "model.keras").write_bytes(b"")
        (run / "manifest.json").write_text(json.dumps({"net": name}))
    preset = tmp_path / "models" / models.SHIPPED
    preset.mkdir(parents=True)
    (preset / "model.keras").write_bytes(b"")
    (preset / "card.yaml").write_text("net: gaitset\n")
    return tmp_path


def test_nothing_named_is_the_latest_run_else_the_shipped_preset(home):
    assert models.resolve_model().manifest == {"net": "gaitset"} and models.resolve_model().shipped
    models.set_latest(home / "runs" / "first")
    models.set_latest(home / "runs" / "second")
    found = models.resolve_model()
    assert found.manifest == {"net": "second"} and found.name == "second" and not found.shipped
    assert sorted(p.name for p in (home / "runs").iterdir()) == ["first", "latest", "second"]


def test_a_latest_run_without_a_model_is_passed_over(home):
    models.set_latest(home / "runs" / "first")
    (home / "runs" / "first" / "model.keras").unlink()
    assert models.resolve_model().shipped


def test_a_run_a_preset_and_a_file_resolve(home):
    assert models.resolve_model("first").path == home / "runs" / "first" / "model.keras"
    assert models.resolve_model(str(home / "runs" / "first")).run == home / "runs" / "first"
    assert models.resolve_model(models.SHIPPED).shipped
    lone = home / "x.tflite"
    lone.write_bytes(b"")
    assert models.resolve_model(str(lone)).run is None


@pytest.mark.parametrize("reference", ["no_such", "first/model.h5", "absent.keras", "frist"])
def test_what_cannot_be_found_is_said(home, reference):
    with pytest.raises(UserError, match=f"Received: model={reference}"):
        models.resolve_model(reference)
    with pytest.raises(UserError, match="Did you mean 'first'"):
        models.resolve_model("frist")
