"""Options of a training, and what stands in for those left open."""

import dataclasses
from dataclasses import dataclass

from tfgait.core.errors import ConfigError, check_choice
from tfgait.core.modality import modality
from tfgait.nets import NETWORKS
from tfgait.nets.presets import PRESETS
from tfgait.train.optimizers import OPTIMIZERS, SCHEDULES

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


@dataclass(frozen=True)
class TrainOptions:
    """What to train, on what, how. Options at -1, 0 or empty are filled from the network's recipe, as noted.

    Args:
        net: cnn2d, cnn3d, cnn2plus1d or gaitset; empty: what preset or initnet is, else cnn2d
        use3d: train cnn3d where net is not given
        from3dto2d: train cnn2plus1d, the cnn3d of 2D convolutions, where net is not given
        mod: kind of input: flow (of), grey (gray), rgb, depth or silhouettes (silhouette); empty: what initnet takes,
            else flow for the cnns; gaitset takes silhouettes only
        preset: a named network (tfgait list shows them); empty: the small one of net
        initnet: start from this model: a run, a preset, a .keras file, or an .h5 or .hdf5 file of Embedded-Gait
        last_dense: of such an .h5 file: goes (as published, empty too) or stays, with its classifier if there is one
        datadir: data set: a store, a folder of images; empty: the default walkers, made once
        split: how people are divided into training and test; empty: the data set's first
        views: train on these only, with commas
        conds: train on these only, such as nm or nm-01
        min_frames: leave shorter sequences out
        skip_bad: leave damaged sequences out, named and counted
        val_subjects: training people held out to validate on; -1: a tenth, 4 at least but a quarter at most; 0: none
        experdir: folder of run folders; empty: runs
        name: of the run folder; empty: the preset
        prefix: put before the name
        epochs: 0: by network
        steps_per_epoch: 0: by network, or as many as cover the data
        bs: sequences of a batch; 0: by network; with the triplet loss it is batch_p x batch_k
        batch_p: people of a batch with the triplet loss; 0: by network
        batch_k: sequences of each of them; 0: by network
        frames: of a sequence in training; 0: by network
        lr: learning rate; 0: by network
        optimizer: sgd, adam or adamw; empty: by network
        momentum: of sgd
        weight_decay: L2 in the gradient, decoupled with adamw; -1: by network
        dropout: of the cnns; -1: by network
        loss: crossentropy, triplet, or both; empty: by network
        margin: of the triplet loss
        smoothing: of the labels in the cross entropy
        schedule: of the learning rate: constant, multistep (a tenth at half and three quarters), cosine
        warmup: share of all steps in which the rate of schedule=cosine rises
        patience: epochs without a better val_rank1 after which training ends; 0: never
        plateau: epochs without a lower val_loss after which the rate falls to a fifth; 0: never
        ema: share of the moving average of the weights that a step keeps; 0: none is kept
        clip_norm: largest norm of the gradient; 0: no limit
        mixed_precision: compute in float16 with loss scaling
        augment: change the training sequences (flow: shift, zoom, mirror; silhouettes: mirror, rotate, erase); by
            network where not said: flow is, silhouettes are not, as published
        seed: of weights, batches and dropout
        deterministic: bit-equal repetition, slower
        device: cpu, gpu, or numbers such as 0,1; empty: a GPU where there is one
        resume: go on with an unfinished run of the same name and options
        save_minutes: longest time between two saved states
    """

    net: str = ""
    use3d: bool = False
    from3dto2d: bool = False
    mod: str = ""
    preset: str = ""
    initnet: str = ""
    last_dense: str = ""
    datadir: str = ""
    split: str = ""
    views: tuple[str, ...] = ()
    conds: tuple[str, ...] = ()
    min_frames: int = 1
    skip_bad: bool = False
    val_subjects: int = -1
    experdir: str = ""
    name: str = ""
    prefix: str = ""
    epochs: int = 0
    steps_per_epoch: int = 0
    bs: int = 0
    batch_p: int = 0
    batch_k: int = 0
    frames: int = 0
    lr: float = 0.0
    optimizer: str = ""
    momentum: float = 0.9
    weight_decay: float = -1.0
    dropout: float = -1.0
    loss: str = ""
    margin: float = 0.2
    smoothing: float = 0.0
    schedule: str = "constant"
    warmup: float = 0.0
    patience: int = 0
    plateau: int = 0
    ema: float = 0.0
    clip_norm: float = 0.0
    mixed_precision: bool = False
    augment: bool | None = None
    seed: int = 0
    deterministic: bool = False
    device: str = ""
    resume: bool = True
    save_minutes: float = 5.0


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
    open_values |= {"optimizer": "", "loss": "", "weight_decay": -1, "dropout": -1, "augment": None}
    filled = {
        k: recipe[k]
        for k, value in given.items()
        if k in recipe and (k in ("net", "preset", "use3d", "from3dto2d") or value == open_values.get(k))
    }
    options = dataclasses.replace(options, **filled)
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


def choose_network(options):
    """Return (net, preset) that the options ask for, before any model is read.

    Raises:
        ConfigError: an unknown name, or net, use3d and preset that disagree.
    """
    if options.net:
        check_choice("net", options.net, list(NETWORKS))
    if options.preset:
        check_choice("preset", options.preset, list(PRESETS))
    wanted = options.net or net_by_flags(options)
    for flag, nets in {"use3d": ("cnn3d", "cnn2plus1d"), "from3dto2d": ("cnn2plus1d",)}.items():
        if getattr(options, flag) and wanted not in nets:
            raise ConfigError(f"{flag} stands for net={nets[0]}. Received: {flag}=true, net={options.net}.")
    if not options.preset:
        wanted = wanted or "cnn2d"
        return wanted, f"{wanted}_small"
    net = PRESETS[options.preset][0]
    if wanted and wanted != net:
        raise ConfigError(f"preset={options.preset} is a {net}. Received: net={wanted}.")
    return net, options.preset


def net_by_flags(options):
    """Return the network that Embedded-Gait's flags stand for; empty without any."""
    if options.from3dto2d:
        return "cnn2plus1d"
    return "cnn3d" if options.use3d else ""


def choose_modality(options, net, preset, network=None):
    """Return the kind of input to train on.

    Args:
        options: `TrainOptions`.
        net, preset: what is trained.
        network: the one to start from, which was built for a kind of input; None: it is made anew.

    Raises:
        ConfigError: a kind that the network does not take, or that the one to start from was not built for.
    """
    allowed = (network.modality,) if network is not None else NETWORKS[net].modalities
    usual = PRESETS[preset][1].get("modality", allowed[0]) if network is None else allowed[0]
    wanted = modality(options.mod).name if options.mod else usual
    if wanted not in allowed:
        what = f"initnet={options.initnet}" if network is not None else net
        raise ConfigError(f"mod must be {' or '.join(allowed)} for {what}. Received: mod={options.mod}.")
    return wanted


def _check(options):
    check_choice("loss", options.loss, LOSSES)
    check_choice("optimizer", options.optimizer, OPTIMIZERS)
    check_choice("schedule", options.schedule, SCHEDULES)
    least = {"epochs": 1, "steps_per_epoch": 0, "bs": 2, "frames": 1, "patience": 0, "plateau": 0, "val_subjects": -1}
    for name, smallest in {**least, "clip_norm": 0, "save_minutes": 0, "seed": 0}.items():
        if not getattr(options, name) >= smallest:
            raise ConfigError(f"{name} must be at least {smallest}. Received: {name}={getattr(options, name)}.")
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
    if options.plateau and options.schedule != "constant":
        raise ConfigError(f"plateau goes with schedule=constant. Received: schedule={options.schedule}.")
    if (options.plateau or options.patience) and options.val_subjects == 0:
        raise ConfigError("patience and plateau need people to validate on. Received: val_subjects=0.")
    for name in ("name", "prefix"):
        if any(c in getattr(options, name) for c in "/\\") or getattr(options, name).startswith("."):
            raise ConfigError(f"{name} must be a plain name of a folder. Received: {name}={getattr(options, name)}.")
