import dataclasses

import pytest

from tfgait.cli.arguments import parse
from tfgait.core.errors import ConfigError
from tfgait.core.recipes import FOLDER, recipe_names, recipe_title
from tfgait.nets import build
from tfgait.workflows.network_choice import choose_modality, choose_network
from tfgait.workflows.train_options import TrainOptions
from tfgait.workflows.train_resolved import resolved

PUBLISHED = {
    "embedded_gait_cnn2d": {"epochs": 150, "extraepochs": 50, "bs": 150, "lr": 0.01, "momentum": 0.9, "dropout": 0.4},
    "embedded_gait_cnn3d": {"epochs": 150, "extraepochs": 50, "bs": 150, "lr": 0.01, "momentum": 0.9, "dropout": 0.0},
    "embedded_gait_cnn2d_pruned": {"epochs": 25, "extraepochs": 5, "bs": 150, "lr": 0.01, "ftpruning": True},
    "embedded_gait_cnn3d_pruned": {"epochs": 100, "extraepochs": 10, "bs": 150, "lr": 0.01, "ftpruning": True},
    "gaitset_casia_b": {"batch_p": 8, "batch_k": 16, "frames": 30, "margin": 0.2, "lr": 1e-4, "optimizer": "adam"},
    "walkers_cnn2d": {"epochs": 12, "steps_per_epoch": 250, "bs": 32, "lr": 0.0015, "augment": False},
    "walkers_gaitset": {"epochs": 12, "steps_per_epoch": 200, "batch_p": 12, "lr": 0.0025, "augment": False},
    "walkers_cnn3d": {"epochs": 12, "steps_per_epoch": 250, "bs": 32, "lr": 0.0015, "augment": False},
    "gaitset_casia_b_pruned": {"batch_p": 8, "batch_k": 16, "ftpruning": True, "loss": "triplet"},
}


def read(*argv):
    return parse(TrainOptions, list(argv), "tfgait train", "train", "", "train")


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_every_recipe_resolves_to_what_was_published(name):
    asked = read("--config", name)
    # One that tunes names a run only when it starts; its network is then what the run holds.
    asked = dataclasses.replace(asked, initnet="runs/pruned" if asked.ftpruning else "")
    net, preset = choose_network(asked)
    filled = resolved(asked, net, preset)
    assert {key: getattr(filled, key) for key in PUBLISHED[name]} == PUBLISHED[name]
    assert choose_modality(filled, net, preset) == filled.mod
    assert resolved(filled, net, preset) == filled
    if name.startswith("embedded"):
        stopping = (filled.plateau, filled.patience, filled.monitor, filled.val)
        assert stopping == (3, 5, "loss", "sequences") and filled.published_l2 and filled.optimizer == "sgd"
    if name == "gaitset_casia_b":
        assert filled.epochs * filled.steps_per_epoch == 80_000 and filled.split == "73/50"


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("embedded_gait_cnn2d", 6_829_024), ("embedded_gait_cnn3d", 9_901_376), ("gaitset_casia_b", 2_594_592)],
)
def test_a_recipe_trains_the_published_size(name, parameters):
    assert build(choose_network(read("--config", name))[1]).count_params() == parameters


def test_all_recipes_are_known_here_and_say_what_they_are():
    assert recipe_names() == sorted(PUBLISHED)
    for name in recipe_names():
        head = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8").partition("\nnet:")[0]
        assert recipe_title(name) and all(f"# {word}: " in head for word in ("paper", "command", "running time"))


def test_flags_override_a_recipe_and_a_wrong_name_names_the_nearest():
    assert read("--epochs", "3", "--config=embedded_gait_cnn2d").epochs == 3
    with pytest.raises(ConfigError, match="Did you mean 'embedded_gait_cnn2d'"):
        read("--config", "embedded_gait_cnn2")
