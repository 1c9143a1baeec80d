import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from tfgait.core.errors import UserError
from tfgait.datasets.store_writer import StoreWriter
from tfgait.deploy.tflite import float_operators
from tfgait.nets import build, load
from tfgait.runtime.sidecar import read_sidecar
from tfgait.train.checkpoints import save_keras
from tfgait.workflows.export import ExportOptions, export
from tfgait.workflows.models import latest_run, set_latest
from tfgait.workflows.prune import PruneOptions, prune
from tfgait.workflows.qat import QatOptions, qat


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with data of ten people and one finished run of a tiny GaitSet that nothing was trained for."""
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path))
    generator = np.random.default_rng(0)
    with StoreWriter(tmp_path / "data" / "x" / "silhouettes.h5", "silhouettes", (16, 12, 1)) as writer:
        for subject in range(10):
            person = generator.uniform(0, 255, (16, 12, 1))
            for take in range(1, 7):
                frames = np.clip(person + generator.normal(0, 20, (8, 16, 12, 1)), 0, 255).astype(np.uint8)
                name = f"{subject:03d}-nm-{take:02d}"
                writer.add(frames, subject=f"{subject:03d}", condition=f"nm-{take:02d}", view="090", name=name)
    keras.utils.set_random_seed(0)
    run = tmp_path / "runs" / "mine"
    save_keras(build("gaitset_tiny"), run / "model.keras")
    config = {"net": "gaitset", "epochs": 8, "steps_per_epoch": 4, "lr": 0.03, "loss": "triplet", "optimizer": "sgd"}
    config |= {"batch_p": 3, "batch_k": 2, "bs": 6, "datadir": str(tmp_path / "data" / "x")}
    (run / "manifest.json").write_text(json.dumps({"net": "gaitset", "config": config, "val": {"rank1": 80.0}}))
    set_latest(run)
    return tmp_path


def test_the_whole_way_with_the_ordinary_training(home):
    result = qat(QatOptions(epochs=1, steps_per_epoch=3, calibration=8, sequences=6))
    run = home / "runs" / "mine-qat"
    assert result.run == str(run) and latest_run() == run.resolve() and result.epochs == 1
    before, after = load(home / "runs" / "mine" / "model.keras"), load(run / "model.keras")
    assert after.get_config() == before.get_config()
    assert any((a != b).any() for a, b in zip(after.get_weights(), before.get_weights(), strict=True))
    ranges = json.loads((run / "ranges.json").read_text())
    assert ranges["encode"][0] < 0 < ranges["encode"][1] and 200 < ranges["silhouettes"][1] <= 255
    for file, own in ((result.file, True), (result.ptq_file, False)):
        record = read_sidecar(file)
        assert record["quantisation_aware"] == own and (record["calibration"] is None) == own
    assert (run / "model_int8.tflite").stat().st_size == result.bytes
    assert float_operators((run / "model_int8.tflite").read_bytes()) == [] and result.cosine > 0.98
    assert result.people == 2 and result.float.keys() == result.ptq.keys() == result.qat.keys() == {"nm"}
    assert all(0 <= scores["nm"] <= 100 for scores in (result.float, result.ptq, result.qat))
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["parent"] == "mine" and manifest["status"] == "finished" and manifest["config"]["qat"]
    assert manifest["qat"]["ptq"] == result.ptq
    with pytest.raises(UserError, match="mine-qat; name mine instead"):
        qat(QatOptions(epochs=1))
    other = export(ExportOptions(precision="int8", out=str(home / "again.tflite"), sequences=6))
    assert other.calibration == "" and (home / "again.tflite").read_bytes() == (run / "model_int8.tflite").read_bytes()
    (run / "ranges.json").write_text("{}")
    with pytest.raises(UserError, match="ranges.json does not fit its network"):
        export(ExportOptions(precision="int8", out=str(home / "again.tflite"), sequences=6))


def test_training_takes_the_recipe_of_the_run_at_a_tenth_of_its_rate(home):
    asked = []

    def tuner(options, progress):
        asked.append(options)
        raise KeyboardInterrupt

    for options in (QatOptions(seed=5), QatOptions(lr=0.5, epochs=3, name="other")):
        with pytest.raises(KeyboardInterrupt):
            qat(options, fine_tune=tuner)
    one, two = asked
    assert one.qat and one.initnet == str(home / "runs" / "mine" / "model.keras") and one.name == "mine-qat"
    assert (one.epochs, one.steps_per_epoch, one.optimizer, one.seed) == (2, 4, "sgd", 5)
    assert one.lr == pytest.approx(0.003)
    assert (two.lr, two.epochs, two.name) == (0.5, 3, "other")


def test_a_network_that_cannot_be_trained_so_is_refused_before_training(home):
    save_keras(build("gaitset_tiny", variable_length=True), home / "free.keras")

    def tuner(options, progress):
        return SimpleNamespace()

    with pytest.raises(UserError, match="without `length`"):
        qat(QatOptions(model=str(home / "free.keras")), fine_tune=tuner)


def test_a_network_cut_after_this_training_is_tuned_as_any_other_and_can_be_trained_so_again(home):
    """Whoever cuts a network of `qat` has lost its ranges: nothing of the run before may say otherwise."""
    asked = []

    def tuner(options, progress):
        asked.append(options)
        raise KeyboardInterrupt

    path = home / "runs" / "mine" / "manifest.json"
    record = json.loads(path.read_text())
    record["config"] |= {"qat": True, "resume": False, "verbose": 0, "save_minutes": 0.0}
    path.write_text(json.dumps(record))
    (home / "runs" / "mine" / "ranges.json").write_text("{}")
    with pytest.raises(KeyboardInterrupt):
        prune(PruneOptions(percentile=50), fine_tune=tuner, score=lambda *_: [{}, {}])
    assert (asked[0].qat, asked[0].resume, asked[0].verbose, asked[0].save_minutes) == (False, True, 1, 5.0)
    assert not (home / "runs" / "mine-p50-cut" / "ranges.json").exists()
    with pytest.raises(KeyboardInterrupt):
        qat(QatOptions(model="mine-p50-cut", epochs=1), fine_tune=tuner)
    assert asked[1].qat


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1, or -1. Received: epochs=0"),
        ({"steps_per_epoch": -1}, "steps_per_epoch"),
        ({"calibration": 0}, "calibration"),
        ({"lr": float("nan")}, "lr"),
        ({"name": "../there"}, "name"),
        ({"model": "nobody"}, "model must be"),
    ],
)
def test_bad_options_write_nothing(home, change, message):
    with pytest.raises(UserError, match=message):
        qat(QatOptions(**change))
    assert sorted(p.name for p in (home / "runs").iterdir()) == ["latest", "mine"]
