"""Embedded-Gait's own model files through every command: scored, pruned, exported, trained on."""

import itertools
import logging
from pathlib import Path

import keras
import numpy as np
import pytest

from tfgait.core.errors import ConfigError, UserError
from tfgait.datasets.store import StoreWriter
from tfgait.nets.legacy import load_legacy
from tfgait.workflows.evaluate import EvaluateOptions, evaluate
from tfgait.workflows.export import ExportOptions, export
from tfgait.workflows.models import load_network, resolve_model, runnable
from tfgait.workflows.prune import PruneOptions, prune
from tfgait.workflows.train import TrainOptions, train

PEOPLE = 18  # half of them train, 9 people: as many as the made models tell apart


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """One store of windows of flow, one of grey: people of noise who never change."""
    folder = tmp_path_factory.mktemp("windows")
    for modality, channels, dtype, top in (("flow", 2, np.int16, 900), ("grey", 1, np.uint8, 256)):
        with StoreWriter(folder / f"{modality}.h5", modality, (60, 60, channels), {"dataset": "walkers"}) as writer:
            for number, condition in itertools.product(range(PEOPLE), ("nm-01", "nm-05")):
                rng = np.random.default_rng(number)
                window = np.repeat(rng.integers(0, top, (1, 60, 60, channels)), 25, axis=0).astype(dtype)
                subject = f"{number + 1:03d}"
                labels = {"subject": subject, "condition": condition, "view": "090"}
                writer.add(window, name=f"{subject}-{condition}-090#0", **labels)
    return folder


def options(model, stores, **changes):
    return EvaluateOptions(model=str(model), datadir=str(stores / "flow.h5"), knn=1, **changes)


def test_it_is_scored_and_each_signature_has_its_own_embeddings(home, legacy, stores):
    whole = evaluate(options(legacy / "pruned.h5", stores))
    assert whole.rank1 == {"nm": 100} and not whole.cached
    assert whole.model == str(legacy / "pruned.h5") and whole.metric == "cosine"
    assert "the signature is the output of code_1" in whole.notes
    assert evaluate(options(legacy / "pruned.h5", stores)).cached
    short = evaluate(options(legacy / "pruned.h5", stores, last_dense="goes"))
    assert not short.cached and "the signature is the output of code" in short.notes
    assert "not used: code_1/kernel:0 (12, 12) with its bias" in short.notes


def test_what_runs_is_made_once_and_holds_the_same_network(home, legacy):
    model = resolve_model(str(legacy / "pruned.h5"))
    path, notes = runnable(model)
    made = path.stat().st_mtime_ns
    assert runnable(model) == (path, notes) and path.stat().st_mtime_ns == made
    assert path.is_relative_to(home) and runnable(model, last_dense="goes")[0] != path
    for a, b in zip(load_network(str(path)).weights, load_legacy(model.path).network.weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_file_of_ours_says_itself_what_its_signature_is(home):
    from tfgait.nets import build

    build("cnn2d_tiny").save(home / "x.keras")
    for ask in (lambda ref: load_network(ref, "goes"), lambda ref: runnable(resolve_model(ref), "goes")):
        with pytest.raises(ConfigError, match=r"last_dense belongs to .h5 and .hdf5 files"):
            ask(str(home / "x.keras"))


def test_it_is_pruned(home, legacy, stores):
    for name, before in (("trained.h5", 26), ("volume.h5", 33), ("factorised.h5", 72)):
        result = prune(PruneOptions(model=str(legacy / name), percentile=20, epochs=0))
        assert result.filters_before == before > result.filters_after and result.max_abs_error <= 1e-5
        assert load_network(result.run).count_params() == result.params_after


def test_a_pruned_one_is_fine_tuned(home, legacy, stores):
    tune = {"epochs": 1, "steps_per_epoch": 1, "datadir": str(stores / "grey.h5"), "device": "cpu"}
    result = prune(PruneOptions(model=str(legacy / "grey.h5"), mod="gray", percentile=20, **tune))
    assert result.epochs == 1 and result.run != result.cut
    assert load_network(result.run).get_config() == load_network(result.cut).get_config()


def test_it_is_exported_and_agrees(home, legacy, stores):
    given = {"datadir": str(stores / "flow.h5"), "out": str(home) + "/", "sequences": 4, "calibration": 8}
    for name, precision in (("pruned.h5", "fp32"), ("factorised.h5", "int8")):
        made = export(ExportOptions(model=str(legacy / name), precision=precision, **given))
        assert made.cosine > 0.98 and Path(made.file).parent == home


def test_one_channel_a_frame_is_told_by_mod(home, legacy, stores):
    with pytest.raises(ConfigError, match="mod must be grey or depth or silhouettes"):
        prune(PruneOptions(model=str(legacy / "grey.h5"), epochs=0))
    assert load_network(prune(PruneOptions(model=str(legacy / "grey.h5"), mod="gray", epochs=0)).run).modality == "grey"


def trained(legacy, stores, name, **changes):
    given = {"datadir": str(stores / "flow.h5"), "epochs": 1, "steps_per_epoch": 1, "bs": 4, "lr": 1e-12}
    given |= {"weight_decay": 0.0, "dropout": 0.0, "val_subjects": 0, "device": "cpu"}
    return train(TrainOptions(initnet=str(legacy / name), **{**given, **changes}))


def test_training_starts_from_it_with_a_new_classifier(home, legacy, stores, caplog):
    caplog.set_level(logging.INFO)
    result = trained(legacy, stores, "trained.h5")
    assert (result.net, result.modality, result.subjects) == ("cnn2d", "flow", 9)
    assert "that of trained.h5 tells 9 apart" in f"{caplog.text}{result}"
    assert "not used: optimizer_weights" in caplog.text
    file = load_legacy(legacy / "trained.h5")
    for a, b in zip(load_network(result.run).weights, file.network.weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    head = keras.saving.load_model(f"{result.run}/head.keras", compile=False)
    assert np.abs(head.get_weights()[0] - file.classifier[0]).max() > 0.01


def test_training_drops_the_last_layer_of_a_pruned_one_as_published(home, legacy, stores):
    network = load_network(trained(legacy, stores, "pruned.h5").run)
    assert network.get_config()["signature"] == "code"
    kept = load_network(trained(legacy, stores, "pruned.h5", last_dense="stays").run)
    assert kept.get_config()["signature"] == "code_1"


def test_the_classifier_stays_where_asked_or_says_why_not(home, legacy, stores):
    head = keras.saving.load_model(
        f"{trained(legacy, stores, 'trained.h5', last_dense='stays').run}/head.keras", compile=False
    )
    for a, b in zip(head.get_weights(), load_legacy(legacy / "trained.h5").classifier, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    with pytest.raises(ConfigError, match="tells 9 people apart. Received: data of 7"):
        trained(legacy, stores, "trained.h5", last_dense="stays", val_subjects=2)


def test_a_store_is_no_model(home, stores):
    with pytest.raises(UserError, match=r"flow.h5 holds no weights of Keras 2"):
        evaluate(options(stores / "flow.h5", stores))


def test_the_published_flags_train_the_factorised_network(home, stores):
    given = {"epochs": 1, "steps_per_epoch": 1, "bs": 2, "val_subjects": 0, "device": "cpu"}
    flags = {"use3d": True, "from3dto2d": True, "mod": "gray"}
    result = train(TrainOptions(datadir=str(stores / "grey.h5"), **flags, **given))
    assert (result.net, result.preset, result.modality) == ("cnn2plus1d", "cnn2plus1d_small", "grey")
    assert load_network(result.run).modality == "grey"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"net": "gaitset", "mod": "of"}, "mod must be silhouettes for gaitset. Received: mod=of"),
        ({"mod": "colour"}, "modality must be one of"),
        ({"from3dto2d": True, "net": "cnn2d"}, "from3dto2d stands for net=cnn2plus1d"),
        ({"use3d": True, "net": "cnn2d"}, "use3d stands for net=cnn3d"),
    ],
)
def test_what_cannot_be_trained_is_said(home, stores, changes, told):
    with pytest.raises(ConfigError, match=told):
        train(TrainOptions(datadir=str(stores / "flow.h5"), **changes))


def test_a_model_of_another_kind_of_input_is_said(home, legacy, stores):
    with pytest.raises(ConfigError, match="mod must be flow for .*trained.h5, by .*Received: mod=gray"):
        trained(legacy, stores, "trained.h5", mod="gray")
