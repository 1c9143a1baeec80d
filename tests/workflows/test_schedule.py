"""Two stages, validation on sequences, starting from a model: training as Embedded-Gait trains."""

import csv
import itertools
import json

import keras
import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.files import read_json
from tfgait.datasets.held_out import held_out_text
from tfgait.datasets.store import Store, StoreWriter
from tfgait.nets import load
from tfgait.workflows import train as workflow
from tfgait.workflows.sequence_validation import SequenceValidation, hold_out_sequences
from tfgait.workflows.train import TrainOptions, train
from tfgait.workflows.training_data import people

CONDITIONS = ("n-01", "n-02", "n-03", "b-01", "b-02", "s-01")


def write(path, modality="flow", shape=(48, 48, 2), frames=4, subjects=8, source=None):
    rng = np.random.default_rng(5)
    given = {"dataset": "walkers_tum", **(source or {})}
    with StoreWriter(path, modality, shape, given) as writer:
        for number, condition, start in itertools.product(range(subjects), CONDITIONS, (0, 5)):
            person = np.random.default_rng([9, number]).integers(0, 150, shape)
            walk = (person + rng.integers(0, 100, (frames, *shape))).astype(writer.modality.dtype)
            subject = f"{number + 1:03d}"
            name = f"{subject}-{condition}#{start}"
            writer.add(walk, subject=subject, condition=condition, view="090", name=name)
    return str(path)


@pytest.fixture(scope="module")
def flow(tmp_path_factory):
    return write(tmp_path_factory.mktemp("flow") / "flow.h5")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def options(datadir, **changes):
    given = {"preset": "cnn2d_tiny", "datadir": datadir, "epochs": 2, "steps_per_epoch": 2, "bs": 9, "frames": 4}
    return TrainOptions(**{**given, "val": "sequences", "device": "cpu", **changes})


def history(run):
    with open(f"{run}/history.csv") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def first(flow, tmp_path_factory):
    """A finished training to start from."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TFGAIT_HOME", str(tmp_path_factory.mktemp("first")))
        return train(options(flow))


def test_two_stages_end_with_everyone_trained(flow):
    result = train(options(flow, extraepochs=2, lr=0.02, prefix="gait", name="staged"))
    assert result.run.endswith("/gait_staged") and result.checkpoint == "last"
    rows = history(result.run)
    assert [float(row["learning_rate"]) for row in rows] == pytest.approx([0.02, 0.02, 0.002, 0.002])
    assert [bool(row["val_accuracy"]) for row in rows] == [True, True, False, False]
    assert all(0 <= float(row["accuracy"]) <= 1 for row in rows)
    assert (result.stage, result.epochs, result.best_epoch, result.val, result.accuracy) == (2, 4, 4, {}, None)
    assert "last epoch of stage 2" in result.published
    assert result.first_stage["epochs"] == 2
    assert result.first_stage["accuracy"] == max(float(row["val_accuracy"]) for row in rows[:2])
    manifest = read_json(f"{result.run}/manifest.json")
    assert manifest["published"] == result.published and manifest["first_stage"] == result.first_stage
    json.dumps(manifest)


def test_what_trains_in_each_stage(flow):
    from tfgait.workflows.train_resolved import resolved
    from tfgait.workflows.training_data import training_data

    for val in ("people", "sequences"):
        chosen = resolved(options(flow, val=val, extraepochs=1), "cnn2d", "cnn2d_tiny")
        data = training_data(chosen, "flow")
        names = [set(part.table.name.tolist()) for part in (data.fitting, data.held, data.everyone)]
        assert not names[0] & names[1] and names[0] | names[1] == names[2]
        # The classifier has a class for everyone from the start, and each keeps his own in both stages.
        assert list(data.classes) == people(data.everyone) == ["001", "002", "003", "004"]
        for part in (data.fitting, data.everyone):
            assert [data.classes[c] for c in data.labels(part)] == part.table.subject.tolist()
        assert data.val_people == ([] if val == "sequences" else ["002", "004"])


def test_a_run_cut_in_its_second_stage_goes_on(flow, monkeypatch):
    wanted = train(options(flow, extraepochs=1, name="whole"))
    real, left = workflow.Trainer.run_step, iter(range(5))

    def interrupted(self, batch):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return real(self, batch)

    monkeypatch.setattr(workflow.Trainer, "run_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(options(flow, extraepochs=1, name="cut", save_minutes=0))
    monkeypatch.setattr(workflow.Trainer, "run_step", real)
    resumed = train(options(flow, extraepochs=1, name="cut"))
    assert resumed.resumed and (resumed.stage, resumed.epochs) == (2, 3)
    for a, b in zip(load(f"{resumed.run}/model.keras").weights, load(f"{wanted.run}/model.keras").weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5)


def test_the_accuracy_on_sequences_is_a_slow_loops(flow, first):
    assert first.accuracy == 100 * first.val["accuracy"] and first.published.startswith("the epoch with the best")
    store = Store(flow)
    store = store.take(store.table.mask(subjects=["001", "002", "003", "004"]))
    held = np.flatnonzero(hold_out_sequences(store, 0.1, 0))
    network = load(f"{first.run}/model.keras")
    head = keras.saving.load_model(f"{first.run}/head.keras", compile=False)
    right, losses = [], []
    for row in held:
        frames = store.read(row)[None].astype(np.float32) / 100
        logits = np.asarray(head(network({"flow": frames})["embedding"]))[0, 0].astype(np.float64)
        label = ["001", "002", "003", "004"].index(store.table.subject[row])
        right.append(logits.argmax() == label)
        losses.append(-np.log(np.exp(logits[label]) / np.exp(logits).sum()))
    assert first.val["accuracy"] == pytest.approx(np.mean(right))
    assert first.val["loss"] == pytest.approx(np.mean(losses), rel=1e-3)


def test_whole_videos_are_held_out_and_every_kind_stays(flow):
    store = Store(flow)
    for share, each in ((0.1, 1), (0.5, 3), (0.9, 3)):
        held = hold_out_sequences(store, share)
        video = store.table.video
        assert not set(video[held]) & set(video[~held])
        for person in people(store):
            own = store.table.subject == person
            assert len(set(video[own & held])) == each
            assert set(store.table.kind[own & ~held]) == {"n", "b", "s"}
    assert (hold_out_sequences(store, 0.1, 1) != hold_out_sequences(store, 0.1, 2)).any()
    alone = store.take(store.table.mask(conditions=["n-01", "b-01", "s-01"]))
    with pytest.raises(DataError, match="two videos of a kind"):
        hold_out_sequences(alone, 0.1)


def test_what_the_store_holds_out_is_obeyed(tmp_path):
    mask = np.zeros(8 * 12, bool)
    mask[[1, 13, 25]] = True
    store = Store(write(tmp_path / "flow.h5", source={"held_out": held_out_text(mask)}))
    np.testing.assert_array_equal(hold_out_sequences(store, 0.9), mask)
    everything = Store(write(tmp_path / "all.h5", source={"held_out": held_out_text(np.arange(96) < 12)}))
    with pytest.raises(DataError, match="001 without one"):
        hold_out_sequences(everything, 0.1)


def test_perfect_logits_are_right_and_sure(flow):
    store = Store(flow).take(np.arange(0, 96, 12))
    labels = np.arange(8)

    class Network:
        pass

    validation = SequenceValidation(store, labels)
    network = Network()
    validation._encoders[id(network)] = type("E", (), {"encode": lambda self, rows: np.eye(8)[:, None]})()
    assert validation(network, lambda e: 50 * e) == pytest.approx({"accuracy": 1.0, "loss": 0.0})
    assert validation(network, lambda e: np.zeros((8, 1, 8)))["loss"] == pytest.approx(np.log(8))


@pytest.mark.parametrize(
    ("flags", "moves", "head_moves"),
    [
        ({}, {"code"}, True),
        ({"freezeall": True}, set(), True),
        ({"nofreeze": True}, {"conv1", "conv2", "conv3", "conv4", "dense", "code", "code_1"}, True),
        ({"ftpruning": True}, {"conv1", "conv2", "conv3", "conv4", "dense", "code", "code_1"}, True),
    ],
)
def test_initnet_freezes_what_was_published(flow, first, flags, moves, head_moves):
    result = train(options(flow, preset="", initnet=first.run, **flags))
    before, after = load(f"{first.run}/model.keras"), load(f"{result.run}/model.keras")
    for layer in before.layers:
        for a, b in zip(layer.weights, after.get_layer(layer.name).weights, strict=True):
            assert (a.numpy() != b.numpy()).any() == (layer.name in moves), layer.name
    assert set(result.frozen) == {layer.name for layer in before.layers if layer.weights} - moves
    # Frozen or not, the parameters are those of the whole network.
    assert (result.params, result.head_params) == (first.params, first.head_params) and result.params > 0
    assert result.notes == ()
    heads = [keras.saving.load_model(f"{r.run}/head.keras", compile=False).get_weights() for r in (first, result)]
    assert (heads[0][0] != heads[1][0]).any() == head_moves


def test_ftpruning_takes_the_latest_run_and_needs_one(flow, home):
    with pytest.raises(ConfigError, match="ftpruning tunes initnet, or the latest run"):
        train(options(flow, preset="", ftpruning=True))
    one = train(options(flow, epochs=1))
    tuned = train(options(flow, preset="", ftpruning=True, epochs=1))
    assert read_json(f"{tuned.run}/manifest.json")["config"]["initnet"] == str(home / "runs" / "cnn2d_tiny")
    assert tuned.net == one.net and tuned.frozen == ()


def test_a_model_to_start_from_brings_its_frames(flow, first):
    result = train(options(flow, preset="", initnet=first.run, frames=0, epochs=1))
    assert read_json(f"{result.run}/manifest.json")["config"]["frames"] == 4
    with pytest.raises(ConfigError, match="frames must be 4"):
        train(options(flow, preset="", initnet=first.run, frames=5, epochs=1))


def test_ftpruning_takes_the_latest_run_of_experdir(flow, home, tmp_path):
    other = str(tmp_path / "other")
    wanted = train(options(flow, epochs=1, experdir=other, name="wanted"))
    train(options(flow, epochs=1, name="elsewhere"))
    tuned = train(options(flow, preset="", ftpruning=True, epochs=1, experdir=other))
    assert read_json(f"{tuned.run}/manifest.json")["config"]["initnet"] == wanted.run
    pruned = train(TrainOptions(pstruc=True, experdir=other, name="pruned"))
    assert pruned.parent == tuned.run


def test_a_classifier_of_other_people_is_made_anew_and_said(flow, first):
    result = train(options(flow, preset="", initnet=first.run, nclasses=155, epochs=1, conds=()))
    assert result.subjects == 4
    assert result.notes == ("the classifier is new, for 4 people: that of cnn2d_tiny tells 4 others apart",)
    assert read_json(f"{result.run}/manifest.json")["notes"] == list(result.notes)


@pytest.mark.parametrize(
    ("nclasses", "trained", "kept"),
    [
        (150, ["001", "002", "003", "004"], set(CONDITIONS)),
        (155, ["005", "006", "007", "008"], {"n-01", "n-02", "n-03"}),
    ],
)
def test_nclasses_names_people_and_what_they_train_on(flow, nclasses, trained, kept):
    from tfgait.workflows.train_resolved import resolved
    from tfgait.workflows.training_data import training_data

    chosen = resolved(options(flow, nclasses=nclasses, val=""), "cnn2d", "cnn2d_tiny")
    assert chosen.val == "sequences"
    data = training_data(chosen, "flow")
    assert list(data.classes) == trained and set(data.everyone.table.condition) == kept


def test_pstruc_prunes_by_the_published_threshold_and_trains_nothing(flow, first, home):
    result = train(TrainOptions(initnet=first.run, pstruc=True, name="pruned"))
    assert (result.threshold, result.criterion, result.epochs) == (29.4, "l1_raw", 0)
    assert result.run == str(home / "runs" / "pruned") and result.filters_after < result.filters_before
    share = train(TrainOptions(initnet=first.run, pstruc=True, percentile=20))
    assert share.percentile == 20 and share.threshold != 29.4


def test_gaitset_learns_with_both_losses_and_is_tuned_after_pruning(tmp_path, home):
    from tfgait.workflows.prune import PruneOptions, prune

    data = write(tmp_path / "silhouettes.h5", "silhouettes", (16, 12, 1), 6)
    given = {"preset": "gaitset_tiny", "val": "people", "bs": 0, "batch_p": 2, "batch_k": 3, "val_subjects": 2}
    result = train(options(data, **given, cross_weight=0.1))
    rows = history(result.run)
    config = read_json(f"{result.run}/manifest.json")["config"]
    assert (config["loss"], config["cross_weight"]) == ("both", 0.1)
    for row in rows:
        total = float(row["triplet"]) + 0.1 * float(row["crossentropy"])
        assert float(row["loss"]) == pytest.approx(total, rel=1e-4)
    pruned = prune(PruneOptions(percentile=30, epochs=1, steps_per_epoch=2))
    assert pruned.filters_after < pruned.filters_before and pruned.epochs == 1
    cut, tuned = load(f"{pruned.cut}/model.keras"), load(f"{pruned.run}/model.keras")
    for a, b in zip(cut.weights, tuned.weights, strict=True):
        assert (a.numpy() != b.numpy()).any(), a.path


def test_quiet_where_asked(flow):
    said = []
    train(options(flow, epochs=1, verbose=0), progress=lambda *step: said.append(step))
    assert said == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"extraepochs": 1, "schedule": "cosine"}, "extraepochs goes with schedule=constant"),
        ({"extraepochs": -1}, "extraepochs must be at least 0"),
        ({"val": "sequence"}, "Did you mean 'sequences'"),
        ({"val_share": 1.0}, r"val_share must lie in \(0, 1\)"),
        ({"val_subjects": 2}, "val_subjects belongs to val=people"),
        ({"monitor": "val_rank1"}, "monitor must be one of loss, val_loss, val_accuracy"),
        ({"loss": "triplet", "bs": 0, "batch_p": 2, "batch_k": 2}, "loss=triplet trains none"),
        ({"nofreeze": True}, "no initnet"),
        ({"freezeall": True, "nofreeze": True}, "Received: both"),
        ({"percentile": 10.0}, "percentile belongs to pstruc"),
        ({"published_l2": True, "weight_decay": 0.1}, "takes the place of weight_decay"),
        ({"cross_weight": 0.1}, "cross_weight is that of"),
        ({"nclasses": 74}, "nclasses must be 150 or 155 or 16"),
        ({"nclasses": 150, "conds": ("n",)}, "nclasses says who trains"),
        ({"nclasses": 16}, "elapsed|n-07"),
        ({"camera": "090"}, "the only view"),
        ({"camera": "091"}, "views must name"),
        ({"preset": "", "model_version": "iwann"}, "cannot be built"),
        ({"preset": "", "model_version": "bmv"}, "Did you mean 'bmvc'"),
        ({"model_version": "bmvc"}, "preset or model_version"),
        ({"preset": "", "model_version": "bmvc", "net": "gaitset"}, "no size of gaitset"),
        ({"optimizer": "sgdd"}, "Did you mean 'sgd'"),
    ],
)
def test_bad_options_are_named(flow, home, changes, message):
    with pytest.raises((ConfigError, DataError), match=message):
        train(options(flow, **changes))
    assert not (home / "runs").exists()
