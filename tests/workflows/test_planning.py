import json

import keras
import numpy as np
import pytest

from tfgait.compress.plan import make_plan, read_plan
from tfgait.core.errors import ConfigError, DataError, UserError
from tfgait.datasets.store_writer import StoreWriter
from tfgait.graph.costs import macs
from tfgait.losses.batch_all_triplet import BatchAllTriplet
from tfgait.nets import build, load
from tfgait.runtime import meter
from tfgait.runtime.meter import Latency
from tfgait.train.checkpoints import save_keras
from tfgait.train.heads import SoftmaxHead
from tfgait.workflows import shares
from tfgait.workflows.examples import BATCHES, examples_of
from tfgait.workflows.models import load_network, resolve_model, set_latest
from tfgait.workflows.prune import PruneOptions, prune
from tfgait.workflows.shares import share_left

PEOPLE = [f"{n:03d}" for n in range(10)]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with a run of a tiny GaitSet with a classifier, and people who have one frame each of their own."""
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path))
    generator = np.random.default_rng(0)
    with StoreWriter(tmp_path / "data" / "x" / "silhouettes.h5", "silhouettes", (16, 12, 1)) as writer:
        for subject in PEOPLE:
            person = generator.integers(0, 256, (16, 12, 1), np.uint8)
            for take in range(1, 5):
                frames = np.broadcast_to(person, (8, 16, 12, 1)).copy()
                name = f"{subject}-nm-{take:02d}"
                writer.add(frames, subject=subject, condition=f"nm-{take:02d}", view="090", name=name)
    keras.utils.set_random_seed(0)
    run = tmp_path / "runs" / "mine"
    save_keras(build("gaitset_tiny"), run / "model.keras")
    set_latest(run)
    return tmp_path


def describe(home, classes, **config):
    run = home / "runs" / "mine"
    config = {"net": "gaitset", "batch_p": 3, "batch_k": 2, "bs": 6, "frames": 4, "cross_weight": 0.5, **config}
    record = {"net": "gaitset", "data": "data/x", "classes": list(classes), "config": config}
    (run / "manifest.json").write_text(json.dumps(record))
    save_keras(SoftmaxHead(14, 8, len(classes)), run / "head.keras")


def trained_on(home):
    """Return the people who train on the data, as the training itself says."""
    from tfgait.workflows.train_options import TrainOptions
    from tfgait.workflows.train_resolved import resolved
    from tfgait.workflows.training_data import training_data

    return training_data(resolved(TrainOptions(datadir=str(home / "data" / "x")), "gaitset", "x"), "silhouettes")


def given(home, **change):
    model = resolve_model("mine")
    return list(examples_of(load_network("mine"), model, PruneOptions(model="mine", **change)))


def test_examples_are_of_people_who_train_and_come_again(home):
    data = trained_on(home)
    describe(home, data.classes, loss="both")
    one, two = given(home), given(home)
    assert len(one) == BATCHES and 2 < len(data.classes) < len(PEOPLE)
    faces = {np.asarray(data.store.read(row))[0].tobytes() for row in range(len(data.store))}
    fit = {np.asarray(data.fitting.read(row))[0].tobytes() for row in range(len(data.fitting))}
    assert len(faces) == len(PEOPLE) and len(fit) == len(data.classes)
    seen = set()
    for (inputs, _), (again, _) in zip(one, two, strict=True):
        batch = np.asarray(inputs["silhouettes"])
        assert batch.shape == (6, 4, 16, 12, 1) and batch.dtype == np.float32
        np.testing.assert_array_equal(batch, np.asarray(again["silhouettes"]))
        seen |= {frame.astype(np.uint8).tobytes() for frame in batch[:, 0]}
    assert seen <= fit


def test_the_loss_is_that_of_the_run_with_its_own_classifier(home):
    data = trained_on(home)
    describe(home, data.classes, loss="both", margin=0.3)
    head = keras.saving.load_model(home / "runs" / "mine" / "head.keras")
    network = load(home / "runs" / "mine" / "model.keras")
    people = {np.asarray(data.fitting.read(i))[0].tobytes(): k for i, k in enumerate(data.labels(data.fitting))}
    inputs, loss = given(home)[0]
    outputs = network(inputs)
    logits = np.asarray(head(outputs["embedding"]), np.float64)[:, 0]
    labels = [people[frame.astype(np.uint8).tobytes()] for frame in np.asarray(inputs["silhouettes"])[:, 0]]
    likely = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    triplet = float(BatchAllTriplet(0.3)(np.array(labels), outputs["embedding"]))
    expected = triplet - 0.5 * np.log(likely[range(6), labels]).mean()
    assert triplet > 0 and float(loss(outputs)) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("classes", [["a", "b", "c"], None])
def test_without_a_fitting_classifier_the_loss_is_the_triplet_loss(home, classes):
    describe(home, classes or PEOPLE[:3], loss="both", batch_p=50, bs=100)
    if classes is None:
        (home / "runs" / "mine" / "head.keras").unlink()
    (inputs, loss), *_ = given(home)
    size = 2 * len(trained_on(home).classes)  # the run had more people in a batch
    assert len(inputs["silhouettes"]) == size
    # All embeddings in one place: every triplet is short of the whole margin.
    assert float(loss({"embedding": np.ones((size, 14, 8), np.float32)})) == pytest.approx(0.2, rel=1e-5)


def test_taylor_from_the_command(home):
    describe(home, trained_on(home).classes, loss="both")
    result = prune(PruneOptions(model="mine", criterion="taylor", percentile=40, epochs=0))
    network = load(home / "runs" / "mine" / "model.keras")
    plan = read_plan(home / "runs" / "mine-p40" / "plan.json")
    assert result.criterion == plan.criterion == "taylor" and result.filters_after < result.filters_before
    assert plan == make_plan(network, 40, "taylor", examples=given(home))
    assert plan.kept.keys() == make_plan(network, 40).kept.keys() and plan.groups != make_plan(network, 40).groups
    with pytest.raises(DataError, match="nowhere"):
        prune(PruneOptions(model="mine", criterion="taylor", datadir=str(home / "nowhere"), epochs=0))


@pytest.mark.parametrize("what", ["params", "macs"])
def test_a_target_is_reached_and_reported(home, what):
    describe(home, PEOPLE[:3])
    result = prune(PruneOptions(model="mine", target=f"{what}=0.5", floor=0.1, epochs=0))
    left = getattr(result, f"{what}_after") / getattr(result, f"{what}_before")
    assert 0.3 < left <= 0.5 and result.notes == [f"{what}: {left:.3f} of the original is left; 0.5 was asked"]
    assert result.run.endswith(f"mine-p{result.percentile:g}")
    with pytest.raises(ConfigError, match="target must be at least"):
        prune(PruneOptions(model="mine", target=f"{what}=0.001", epochs=0))


def test_latency_is_measured_in_litert_beside_the_original(monkeypatch):
    ran = []

    def measured(calls, rounds):
        ran.append({key: call()["embedding"].shape for key, call in calls.items()})
        return {key: Latency(2.0 if key[0] == "after" else 8.0, 1.0, 1.0, rounds) for key in calls}

    monkeypatch.setattr(meter, "measure", measured)
    network = build("cnn3d_tiny")
    assert share_left(network, "latency")(build("cnn3d_tiny", embedding=5)) == 0.25
    assert ran == [{("before", "fp32"): (1, 1, 8), ("after", "fp32"): (1, 1, 5)}]


def test_a_target_of_latency_rounds_to_8_where_nothing_else_is_said(home, monkeypatch):
    describe(home, PEOPLE[:3])
    save_keras(build("gaitset_small", frames=2), home / "runs" / "mine" / "model.keras")
    monkeypatch.setattr(shares, "_latency_left", lambda network, small: macs(small) / macs(network))
    for asked, multiple in ((0, 8), (1, 1), (4, 4)):
        result = prune(PruneOptions(model="mine", target="latency=0.4", round_to=asked, epochs=0))
        plan = read_plan(f"{result.run}/plan.json")
        assert plan.round_to == (asked or 8) and plan.percentile % 5 == 0
        widths = [len(group.kept) for group in plan.groups.values()]
        assert all(width % multiple == 0 for width in widths)
    assert any(width % 8 for width in widths)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": "macs=1.2"}, "share in"),
        ({"target": "mac=0.5"}, "Did you mean 'macs'"),
        ({"target": "macs=0.5", "threshold": 3.0}, "threshold must be left out"),
        ({"target": "macs=0.5", "plan": "plan.json"}, "plan says all of what goes, so that target must be left out"),
        ({"target": "macs=0.5", "percentile": 50.0}, "target finds the percentile, so that percentile must be left"),
        ({"threshold": 3.0, "percentile": 50.0}, "percentile must be left out"),
        ({"plan": "plan.json", "percentile": 50.0}, "percentile must be left out"),
        ({"plan": "plan.json", "criterion": "l2"}, "criterion must be left out"),
        ({"plan": "plan.json", "leave": ("frame1",)}, "leave must be left out"),
        ({"lr": float("inf")}, "lr must be a finite number"),
        ({"scope": "layers"}, "Did you mean 'layer'"),
        ({"scope": "layer", "threshold": 3.0}, "threshold is one number"),
        ({"criterion": "tailor"}, "Did you mean 'taylor'"),
        ({"criterion": "bn_scale"}, "no BatchNormalization"),
        ({"threshold": float("nan")}, "threshold must be"),
        ({"round_to": 10**30}, "round_to must be"),
        ({"floor": -0.1}, "floor must lie"),
        ({"seed": -1}, "seed must be"),
    ],
)
def test_bad_options_of_a_plan_write_nothing(home, change, message):
    describe(home, PEOPLE[:3])
    with pytest.raises(UserError, match=message):
        prune(PruneOptions(model="mine", epochs=0, **change))
    assert sorted(p.name for p in (home / "runs").iterdir()) == ["latest", "mine"]
