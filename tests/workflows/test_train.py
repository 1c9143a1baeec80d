import csv
import dataclasses
import fcntl
import itertools
import json
from pathlib import Path

import keras
import numpy as np
import pytest
import yaml

from tfgait.core.errors import ConfigError, DataError, UserError
from tfgait.core.files import read_json
from tfgait.core.table import SequenceTable
from tfgait.data.pipeline import subject_labels
from tfgait.datasets.store import Store, StoreWriter
from tfgait.nets import load
from tfgait.train.loop import NotANumber
from tfgait.workflows import train as workflow
from tfgait.workflows.models import latest_run
from tfgait.workflows.network_choice import choose_network
from tfgait.workflows.train import TrainOptions, train
from tfgait.workflows.train_resolved import RECIPES, resolved
from tfgait.workflows.training_batches import training_batches
from tfgait.workflows.validation import Validation, hold_out, triplet_loss

CONDITIONS = ("nm-01", "nm-02", "nm-05", "bg-01", "cl-01")
PEOPLE = 12  # half of them train, 2 of those are held out


def write(path, modality, shape, frames, dtype, top, windows):
    rng = np.random.default_rng(5)
    with StoreWriter(path, modality, shape, {"dataset": "walkers"}) as writer:
        for number, condition, start in itertools.product(range(PEOPLE), CONDITIONS, windows):
            person = np.random.default_rng([9, number]).integers(0, top, shape)
            noise = rng.integers(0, top // 2, (frames, *shape))
            subject = f"{number + 1:03d}"
            name = f"{subject}-{condition}-090" + ("" if start is None else f"#{start}")
            writer.add((person // 2 + noise).astype(dtype), subject=subject, condition=condition, view="090", name=name)
    return str(path)


@pytest.fixture(scope="module")
def silhouettes(tmp_path_factory):
    path = tmp_path_factory.mktemp("walks") / "silhouettes.h5"
    return write(path, "silhouettes", (16, 12, 1), 9, np.uint8, 250, (None,))


@pytest.fixture(scope="module")
def flow(tmp_path_factory):
    return write(tmp_path_factory.mktemp("flow") / "flow.h5", "flow", (48, 48, 2), 4, np.int16, 300, (0, 5))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path / "home"))
    yield tmp_path / "home"
    keras.config.set_dtype_policy("float32")


def options(datadir, **changes):
    given = {
        "preset": "gaitset_tiny",
        "datadir": datadir,
        "epochs": 2,
        "steps_per_epoch": 3,
        "batch_p": 3,
        "batch_k": 2,
    }
    return TrainOptions(**{**given, "frames": 4, "device": "cpu", **changes})


def history(run):
    with open(f"{run}/history.csv") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def test_a_run_folder_holds_what_it_should(silhouettes, home):
    seen = []
    result = train(
        options(silhouettes, loss="both", ema=0.5, patience=9, schedule="cosine", warmup=0.2),
        progress=lambda done, total, what: seen.append((done, total, what)),
    )
    run = home / "runs" / "gaitset_tiny"
    assert result.run == str(run) and latest_run() == run.resolve()
    names = {str(p.relative_to(run)) for p in run.rglob("*") if p.is_file() and "tensorboard" not in p.parts}
    checkpoints = {f"checkpoints/{n}{e}.keras" for n in ("best", "last") for e in ("", "_ema")} | {
        "checkpoints/last.npz"
    }
    assert names == checkpoints | {
        "model.keras",
        "head.keras",
        "config.yaml",
        "history.csv",
        "manifest.json",
        "run.log",
        ".lock",
    }
    assert any((run / "tensorboard").iterdir())
    assert (seen[-1], len(seen)) == ((6, 6, "training"), 6)
    network = load(run / "model.keras")
    assert result.params == network.count_params() and result.epochs == 2
    assert "epoch 2" in (run / "run.log").read_text()
    json.dumps(dataclasses.asdict(result))
    config = yaml.safe_load((run / "config.yaml").read_text())
    assert TrainOptions(**{k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}).lr == 1e-3
    manifest = read_json(run / "manifest.json")
    assert manifest["status"] == "finished" and manifest["data_hash"] == Store(silhouettes).hash
    assert (manifest["net"], manifest["modality"]) == ("gaitset", "silhouettes")
    assert manifest["checkpoint"] == result.checkpoint and manifest["val"] == result.val


def test_validation_is_of_people_who_do_not_train_and_equals_a_slow_loop(silhouettes):
    result = train(options(silhouettes))
    manifest = read_json(f"{result.run}/manifest.json")
    training, held = set(manifest["classes"]), set(manifest["val_people"])
    assert len(training) == 4 and len(held) == 2 and training | held == {f"{n:03d}" for n in range(1, 7)}
    network, store = load(f"{result.run}/model.keras"), Store(silhouettes)
    store = store.take(store.table.mask(subjects=sorted(held)))
    frames = [store.read(row)[np.arange(30) % 9] for row in range(len(store))]
    embeddings = np.asarray(network({"silhouettes": np.stack(frames).astype(np.float32)})["embedding"])
    gallery = [r for r in range(len(store)) if store.table.condition[r] in ("nm-01", "nm-02")]
    shares = []
    for kind in ("nm-05", "bg-01", "cl-01"):
        probes = [r for r in range(len(store)) if store.table.condition[r] == kind]
        distance = [[np.linalg.norm(embeddings[p] - embeddings[g], axis=1).mean() for g in gallery] for p in probes]
        found = [gallery[int(np.argmin(d))] for d in distance]
        shares.append(
            np.mean([store.table.subject[p] == store.table.subject[f] for p, f in zip(probes, found, strict=True)])
        )
    assert result.val["rank1"] == pytest.approx(100 * np.mean(shares))
    rows = history(result.run)
    assert result.val["rank1"] == max(float(row["val_rank1"]) for row in rows)


def test_an_interrupted_run_goes_on_and_a_finished_one_is_left_alone(silhouettes, monkeypatch, home):
    wanted = train(options(silhouettes, name="whole"))
    real = workflow.Trainer.run_step
    left = iter(range(4))

    def interrupted(self, batch):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return real(self, batch)

    monkeypatch.setattr(workflow.Trainer, "run_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(options(silhouettes, name="cut"))
    assert latest_run().name == "whole"
    monkeypatch.setattr(workflow.Trainer, "run_step", real)
    resumed = train(options(silhouettes, name="cut"))
    assert resumed.resumed and resumed.run.endswith("cut")
    for a, b in zip(load(f"{resumed.run}/model.keras").weights, load(f"{wanted.run}/model.keras").weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5)
    assert history(resumed.run) == history(wanted.run)
    before = (home / "runs/cut/model.keras").read_bytes()
    again = train(options(silhouettes, name="cut", epochs=1, steps_per_epoch=1))
    assert again.run.endswith("cut-2") and not again.resumed
    assert (home / "runs/cut/model.keras").read_bytes() == before


def test_a_run_in_use_is_left_alone(silhouettes, monkeypatch, home):
    def fail(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(workflow.Trainer, "fit", fail)
    with pytest.raises(KeyboardInterrupt):
        train(options(silhouettes))
    monkeypatch.undo()
    monkeypatch.setenv("TFGAIT_HOME", str(home))
    with open(home / "runs/gaitset_tiny/.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert train(options(silhouettes, epochs=2)).run.endswith("gaitset_tiny-2")


def test_cnns_learn_classes_and_go_on_from_a_model(flow, home):
    given = {"preset": "", "batch_p": 0, "batch_k": 0, "bs": 9, "steps_per_epoch": 2, "dropout": 0.0}
    first = train(options(flow, **{**given, "preset": "cnn2d_tiny"}))
    assert (first.net, first.modality, first.subjects) == ("cnn2d", "flow", 4)
    assert first.head_params == 8 * 4 + 4
    tuned = train(options(flow, **given, initnet=first.run, lr=1e-12, weight_decay=0.0, val_subjects=2, name="tuned"))
    for name in ("model", "head"):
        old, new = (keras.saving.load_model(f"{r.run}/{name}.keras", compile=False) for r in (first, tuned))
        for a, b in zip(old.weights, new.weights, strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-6)
    with pytest.raises(ConfigError, match="is a cnn2d. Received: net=gaitset"):
        train(options(flow, **given, initnet=first.run, net="gaitset"))


def test_batches_are_a_function_of_epoch_and_step(silhouettes):
    store = Store(silhouettes)
    for steps_per_epoch in (0, 3, 13):
        chosen = resolved(options(silhouettes, steps_per_epoch=steps_per_epoch), "gaitset", "gaitset_tiny")
        steps, feed = training_batches(chosen, store, subject_labels(store.table))
        for epoch in (0, 2):
            whole = list(itertools.islice(feed(epoch, 0), steps))
            assert len(whole) == steps
            for start in (1, steps - 1):
                for a, b in zip(whole[start:], feed(epoch, start), strict=False):
                    np.testing.assert_array_equal(a[0]["silhouettes"], b[0]["silhouettes"])
                    np.testing.assert_array_equal(a[1], b[1])
        assert any((a[1] != b[1]).any() for a, b in zip(feed(0, 0), feed(1, 0), strict=False))


def test_windows_train_as_they_are_stored_and_as_they_are_tested(flow):
    store = Store(flow)
    chosen = resolved(options(flow, bs=8, batch_p=0, batch_k=0, augment=False), "cnn2d", "cnn2d_tiny")
    steps, feed = training_batches(chosen, store, subject_labels(store.table))
    stored = {store.read(row).tobytes() for row in range(len(store))}
    assert steps == 3 and len(stored) == len(store)
    assert {window.tobytes() for inputs, _ in feed(0, 0) for window in inputs["flow"]} <= stored


def test_transforms_are_those_of_the_input_or_of_a_name(silhouettes):
    store = Store(silhouettes)

    def first(**changes):
        chosen = resolved(options(silhouettes, **changes), "gaitset", "gaitset_tiny")
        return next(training_batches(chosen, store, subject_labels(store.table))[1](0, 0))[0]["silhouettes"]

    plain, usual, named = first(), first(augment=True), first(augmentation="silhouettes_embedded")
    # Its noise darkens every pixel of three quarters of the sequences.
    changed = (named != plain).mean()
    assert changed > 0.5 > (usual != plain).mean() > 0
    with pytest.raises(ConfigError, match="augmentation must be one of silhouettes, silhouettes_embedded"):
        first(augmentation="flow")
    with pytest.raises(ConfigError, match="augmentation goes with augment"):
        first(augmentation="silhouettes", augment=False)


def test_a_loss_that_is_nan_ends_the_run_and_is_not_resumed(silhouettes, home):
    with pytest.raises(NotANumber, match="lower lr"):
        train(options(silhouettes, lr=1e30, optimizer="sgd"))
    manifest = read_json(home / "runs/gaitset_tiny/manifest.json")
    assert manifest["status"] == "failed" and "became" in manifest["reason"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"preset": "", "net": "gaitsett"}, "Did you mean 'gaitset'"),
        ({"preset": "gaitset_smal"}, "Did you mean 'gaitset_small'"),
        ({"net": "cnn2d"}, "preset=gaitset_tiny is a gaitset"),
        ({"preset": "", "net": "gaitset", "use3d": True}, "use3d stands for"),
        ({"epochs": -1}, "epochs must be at least 1"),
        ({"lr": -1.0}, "lr must be above 0"),
        ({"lr": float("nan")}, "lr must be above 0"),
        ({"loss": "tripplet"}, "Did you mean 'triplet'"),
        ({"bs": 7}, "bs must be batch_p x batch_k = 6"),
        ({"batch_p": 5}, "batch_p must be at most the number of training people, 4"),
        ({"margin": 0.0}, "margin must be above 0"),
        ({"ema": 1.0}, r"ema must lie in \[0, 1\)"),
        ({"plateau": 3, "schedule": "cosine"}, "plateau goes with"),
        ({"patience": 3, "val_subjects": 0, "monitor": "val_rank1"}, "monitor must be one of loss"),
        ({"val_subjects": 5}, "val_subjects must be 0, or 2 to 4"),
        ({"name": "../elsewhere"}, "plain name of a folder"),
        ({"device": "7"}, "device must be"),
        ({"views": ("091",)}, "views must name what the data set has"),
        ({"split": "all_test"}, "at least 2 people"),
        ({"loss": "crossentropy"}, "batch_p and batch_k belong to"),
    ],
)
def test_bad_options_are_named(silhouettes, home, changes, message):
    with pytest.raises((ConfigError, DataError), match=message):
        train(options(silhouettes, **changes))
    assert not (home / "runs").exists()


def test_bad_data_is_named(silhouettes, tmp_path, home):
    with pytest.raises(UserError, match="nowhere"):
        train(options("nowhere"))
    cut = tmp_path / "silhouettes.h5"
    cut.write_bytes(Path(silhouettes).read_bytes()[:-5000])
    with pytest.raises(DataError, match="silhouettes.h5"):
        train(options(str(cut)))
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="experdir must be a folder"):
        train(options(silhouettes, experdir=str(tmp_path / "file")))
    assert not (home / "runs").exists()


def test_every_network_has_a_recipe_and_the_defaults_resolve():
    for asked, net in (
        (TrainOptions(), "cnn2d"),
        (TrainOptions(use3d=True), "cnn3d"),
        (TrainOptions(net="gaitset"), "gaitset"),
    ):
        assert choose_network(asked) == (net, f"{net}_small")
        filled = resolved(asked, *choose_network(asked))
        assert (filled.lr, filled.loss) == (RECIPES[net]["lr"], RECIPES[net]["loss"])
        assert resolved(filled, net, f"{net}_small") == filled


@pytest.mark.parametrize(("count", "held"), [(0, 0), (2, 2), (-1, 3), (5, 5)])
def test_held_out_people(count, held):
    people = [f"{n:03d}" for n in range(1, 13)]
    fitting, out = hold_out(people, count)
    assert len(out) == held and sorted(fitting + out) == people


def test_three_people_all_train_unless_some_are_asked_for():
    assert hold_out(["a", "b", "c"], -1) == (["a", "b", "c"], [])
    with pytest.raises(ConfigError, match="val_subjects must be 0 of 3 training people. Received: val_subjects=2"):
        hold_out(["a", "b", "c"], 2)


def test_triplet_loss_equals_a_slow_loop():
    rng = np.random.default_rng(0)
    subject = np.array(["a", "a", "a", "b", "b", "c"])
    name = np.array(["a1#0", "a1#5", "a2", "b1", "b2", "c1"])
    table = SequenceTable(subject, ["nm-01"] * 6, ["090"] * 6, name, [5] * 6)
    x = rng.normal(size=(6, 3, 4)).astype(np.float32)
    unit = x / np.linalg.norm(x, axis=2, keepdims=True)
    terms = [
        max(
            0, 0.2 + np.linalg.norm(unit[a] - unit[p], axis=1).mean() - np.linalg.norm(unit[a] - unit[n], axis=1).mean()
        )
        for a, p, n in itertools.product(range(6), repeat=3)
        if subject[a] == subject[p] and name[a][:2] != name[p][:2] and subject[a] != subject[n]
    ]
    assert triplet_loss(x, table) == pytest.approx(np.mean(terms), rel=1e-5)
    assert triplet_loss(7 * x, table) == pytest.approx(np.mean(terms), rel=1e-5)


def test_people_who_cannot_be_scored_are_refused_before_training(silhouettes):
    store = Store(silhouettes)
    from tfgait.workflows.data import protocol_of

    with pytest.raises(DataError, match="probe"):
        Validation(store.take(store.table.mask(conditions=["nm-01"])), protocol_of(store))
