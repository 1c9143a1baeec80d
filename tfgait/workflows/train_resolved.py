"""What stands in for the options of a training that are left open, and what options may be."""

import dataclasses

from tfgait.core.errors import ConfigError, check_choice
from tfgait.train.optimizers import OPTIMIZERS, SCHEDULES
from tfgait.workflows.option_checks import check_folder_name, check_least
from tfgait.workflows.train_pairs import check_pairs

VALS = ("people", "sequences")
LOSSES = ("crossentropy", "triplet", "both")

# What each network is trained with where the user says nothing; sized for the small presets and two cores.
RECIPES = {
    "cnn2d": {
        "epochs": 25,
        "loss": "crossentropy",
        "optimizer": "adam",
        "lr": 1e-3,
        "weight_decay": 1e-4,
        "bs": 48,
        "frames": 25,
        "dropout": 0.4,
        "augment": True,
    },
    "gaitset": {
        "epochs": 12,
        "steps_per_epoch": 50,
        "loss": "triplet",
        "optimizer": "adam",
        "lr": 1e-3,
        "weight_decay": 0.0,
        "batch_p": 8,
        "batch_k": 8,
        "frames": 10,
        "augment": False,
    },
}
RECIPES["cnn3d"] = {**RECIPES["cnn2d"], "dropout": 0.0}
RECIPES["cnn2plus1d"] = RECIPES["cnn2d"]


def resolved(options, net, preset):
    """Return the options with everything open filled in for this network.

    Args:
        options: `TrainOptions`.
        net: key of `NETWORKS`.
        preset: what the network is called.

    Raises:
        ConfigError: an unknown choice, a number out of its range, options that exclude each other.
    """
    recipe = {**RECIPES[net], "net": net, "preset": preset, "use3d": net == "cnn3d"}
    recipe["from3dto2d"] = net == "cnn2plus1d"
    recipe["steps_per_epoch"] = recipe.get("steps_per_epoch", 0)
    given = {f.name: getattr(options, f.name) for f in dataclasses.fields(options)}
    open_values = {"epochs": 0, "steps_per_epoch": 0, "bs": 0, "batch_p": 0, "batch_k": 0, "frames": 0, "lr": 0}
    given["optimizer"] = given["optimizer"].lower()
    open_values |= {"optimizer": "", "loss": "", "weight_decay": -1, "dropout": -1, "augment": None}
    filled = {
        k: recipe[k]
        for k, value in given.items()
        if k in recipe and (k in ("net", "preset", "use3d", "from3dto2d") or value == open_values.get(k))
    }
    options = _completed(options, filled)
    if options.loss == "crossentropy":
        batch = {"bs": options.bs or 64, "batch_p": 0, "batch_k": 0}
        if options.batch_p or options.batch_k:
            raise ConfigError("batch_p and batch_k belong to loss=triplet or both; with crossentropy give bs.")
    else:
        p, k = options.batch_p or 8, options.batch_k or 8
        if given["bs"] and given["bs"] != p * k:
            raise ConfigError(
                f"bs must be batch_p x batch_k = {p * k} with loss={options.loss}. Received: bs={options.bs}."
            )
        batch = {"bs": p * k, "batch_p": p, "batch_k": k}
    options = dataclasses.replace(options, **batch, dropout=max(options.dropout, 0.0))
    _check(options)
    return options


def _completed(options, filled):
    """Return the options with what is filled in, and what follows from it."""
    chosen = {**filled, "optimizer": filled.get("optimizer", options.optimizer.lower())}
    if options.cross_weight > 0 and not options.loss and chosen.get("loss") == "triplet":
        chosen["loss"] = "both"
    loss = chosen.get("loss", options.loss)
    if options.cross_weight == -1 and loss == "both":
        chosen["cross_weight"] = 1.0
    if not options.val:
        chosen["val"] = "sequences" if options.nclasses and loss != "triplet" else "people"
    val = chosen.get("val", options.val)
    if not options.monitor:
        chosen["monitor"] = "val_accuracy" if val == "sequences" else "val_rank1" if options.val_subjects else "loss"
    if options.augmentation and options.augment is None:
        chosen["augment"] = True
    if options.published_l2 and options.weight_decay == -1:
        chosen["weight_decay"] = 0.0
    return dataclasses.replace(options, **chosen)


def _check(options):
    for name, choices in {"loss": LOSSES, "optimizer": OPTIMIZERS, "schedule": SCHEDULES, "val": VALS}.items():
        check_choice(name, getattr(options, name), choices)
    least = {"epochs": 1, "steps_per_epoch": 0, "bs": 2, "frames": 1, "patience": 0, "plateau": 0, "val_subjects": -1}
    check_least(options, {**least, "extraepochs": 0, "clip_norm": 0, "save_minutes": 0, "seed": 0})
    if options.loss != "crossentropy":
        for name in ("batch_p", "batch_k"):
            if getattr(options, name) < 2:
                raise ConfigError(f"{name} must be at least 2. Received: {name}={getattr(options, name)}.")
    for name in ("dropout", "smoothing", "warmup", "ema", "momentum"):
        if not 0 <= getattr(options, name) < 1:
            raise ConfigError(f"{name} must lie in [0, 1). Received: {name}={getattr(options, name)}.")
    for name in ("lr", "margin"):
        if not getattr(options, name) > 0:
            raise ConfigError(f"{name} must be above 0. Received: {name}={getattr(options, name)}.")
    if not 0 < options.val_share < 1:
        raise ConfigError(f"val_share must lie in (0, 1). Received: val_share={options.val_share}.")
    for name in ("name", "prefix"):
        check_folder_name(options, name)
    check_pairs(options)
