"""Train a network on walking people."""

import dataclasses
import logging
import time
from dataclasses import dataclass, field

import keras
import numpy as np
import tensorflow as tf

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.home import home
from tfgait.core.manifest import manifest
from tfgait.core.modality import modality
from tfgait.data.pipeline import batches, subject_labels
from tfgait.data.samplers import BalancedSampler, PKSampler
from tfgait.data.transforms import AUGMENTATIONS
from tfgait.losses import LOSSES
from tfgait.nets import LEGACY, NETWORKS, build
from tfgait.nets.legacy import DISCARDING, load_legacy
from tfgait.train.callbacks import EpochLog, TensorBoardScalars
from tfgait.train.checkpoints import Checkpoints
from tfgait.train.heads import SoftmaxHead
from tfgait.train.learner import Learner
from tfgait.train.loop import NotANumber, Trainer
from tfgait.train.objective import Objective, Term
from tfgait.train.optimizers import make_optimizer, make_schedule
from tfgait.train.strategy import make_strategy
from tfgait.workflows.data import check_frames, name_of, open_data, protocol_of, split_of
from tfgait.workflows.models import load_network, resolve_model, set_latest
from tfgait.workflows.run_folder import run_folder, set_status
from tfgait.workflows.train_options import TrainOptions, choose_modality, choose_network, net_by_flags, resolved
from tfgait.workflows.validation import Validation, hold_out, rank

__all__ = ["TrainOptions", "TrainResult", "train"]

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainResult:
    """A finished training.

    Args:
        run: the run folder.
        net, preset, modality: of the network.
        params: trainable parameters of the network.
        head_params: of the classifier that only training needs.
        seconds: of all sittings.
        epochs: that ran; fewer than asked for where training ended early.
        loss: of the last epoch, on the training batches.
        checkpoint: which one `model.keras` is: best, or best_ema.
        best_epoch: of that checkpoint.
        val: its scores on held-out people; empty without any.
        subjects, val_subjects: people who trained and who were held out.
        resumed: whether an unfinished run was gone on with.
    """

    run: str
    net: str
    preset: str
    modality: str
    params: int
    head_params: int
    seconds: float
    epochs: int
    loss: float
    checkpoint: str
    best_epoch: int
    val: dict = field(default_factory=dict)
    subjects: int = 0
    val_subjects: int = 0
    resumed: bool = False


def train(options, progress=None):
    """Train as `TrainOptions` say and return a `TrainResult`; the model is ``<run>/model.keras``.

    Killed at any moment, the same call goes on where the run was. People of the data set's test side are never
    touched; validation is on training people held out.

    Args:
        options: `TrainOptions`.
        progress: called with (done, total, what).

    Raises:
        ConfigError: an option out of its range, or options that exclude each other.
        DataError: data that cannot be used.
        NotANumber: the loss is no longer finite.
        KeyboardInterrupt: Ctrl-C; the run can be gone on with.
    """
    net, preset, network = _network_asked(options)
    kind = choose_modality(options, net, preset, network)
    options = dataclasses.replace(resolved(options, net, preset), mod=kind)
    strategy = make_strategy(options.device)
    keras.utils.set_random_seed(options.seed)
    if options.deterministic:
        tf.config.experimental.enable_op_determinism()
    store, fitting, held = _people(options, kind, progress)
    steps, feed = _batches(options, fitting)
    validate = Validation(held, protocol_of(store)) if held is not None else None
    trainer = _trainer(options, network, fitting, strategy, steps)
    check_frames(store, trainer.learner.network, preset)
    facts = _facts(options, store, fitting, held, trainer.learner)
    with run_folder(options, store.hash) as (folder, going_on):
        LOG.info("%s %s", "resumed" if going_on else "started", folder)
        set_status(folder, "unfinished", **facts)
        began = time.monotonic()
        try:
            record = trainer.fit(
                feed,
                Checkpoints(folder),
                epochs=options.epochs,
                steps=steps,
                validate=validate,
                rank=rank,
                callbacks=_callbacks(options, folder),
                progress=progress,
                save_minutes=options.save_minutes,
            )
        except NotANumber as error:
            LOG.error("%s", error)
            set_status(folder, "failed", reason=str(error))
            raise
        LOG.info("finished after %d epochs, %.0f s in this sitting", record.epoch, time.monotonic() - began)
        result = _result(folder, facts, record, trainer.learner, going_on)
        set_status(folder, "finished", **{k: v for k, v in dataclasses.asdict(result).items() if k != "run"})
        set_latest(folder)
    return result


def _network_asked(options):
    """Return (net, preset, network); the network is None where it is to be made anew."""
    if not options.initnet:
        return *choose_network(options), None
    network = load_network(options.initnet, options.last_dense, DISCARDING, options.mod)
    named = {NETWORKS[name]: name for name in NETWORKS}[type(network)]
    if options.preset:
        raise ConfigError(
            f"initnet brings its own sizes. Received: initnet={options.initnet}, preset={options.preset}."
        )
    asked = options.net or net_by_flags(options) or named
    if named != asked:
        raise ConfigError(f"initnet={options.initnet} is a {named}. Received: net={asked}, as asked by net or a flag.")
    return named, f"{named}_tuned", network


def _people(options, kind, progress):
    """Return (the whole store, the part that trains, the part held out or None)."""
    store = open_data(
        options.datadir,
        kind,
        views=options.views,
        conds=options.conds,
        min_frames=options.min_frames,
        skip_bad=options.skip_bad,
        progress=progress,
    )
    trains, _ = split_of(store, options.split).subjects(store.table)
    if len(trains) < 2:
        raise DataError(
            f"training needs at least 2 people. Received: {len(trains)} on the training side of {store.path.name}."
        )
    fitting, held = hold_out(trains, options.val_subjects)
    part = store.take(store.table.mask(subjects=fitting))
    return store, part, store.take(store.table.mask(subjects=held)) if held else None


def _batches(options, store):
    """Return (steps of an epoch, function of (epoch, start) to the batches)."""
    labels = subject_labels(store.table)
    if options.loss == "crossentropy":
        sampler = BalancedSampler(store.table.kind, min(options.bs, len(store)), options.seed)
    else:
        sampler = PKSampler(labels, options.batch_p, options.batch_k, options.seed)
    steps = options.steps_per_epoch or len(sampler)
    choice = {
        "frames": options.frames,
        "mode": "unordered" if options.net == "gaitset" else "ordered",
        "transform": AUGMENTATIONS.get(store.modality.name) if options.augment else None,
        "seed": options.seed,
        "labels": labels,
    }

    def feed(epoch, start):
        # An epoch of the loop may be longer or shorter than one of the sampler; steps are counted through.
        first = epoch * steps + start
        for number in range(first // len(sampler), -(-(epoch + 1) * steps // len(sampler))):
            step = max(first - number * len(sampler), 0)
            yield from batches(store, sampler, number, step, **choice)

    return steps, feed


def _trainer(options, network, store, strategy, steps):
    classes = len(np.unique(store.table.subject))
    before = keras.config.dtype_policy()
    with strategy.scope():
        keras.config.set_dtype_policy("mixed_float16" if options.mixed_precision else "float32")
        try:
            network = _made(options, network)
        finally:
            keras.config.set_dtype_policy(before)
        terms = []
        if options.loss != "crossentropy":
            terms.append(Term("triplet", LOSSES["triplet_all"](options.margin)))
        if options.loss != "triplet":
            terms.append(Term("crossentropy", LOSSES["cross_entropy"](options.smoothing, 1.0), "logits"))
        objective = Objective(tuple(terms))
        head = SoftmaxHead(*network.output["embedding"].shape[1:], classes) if objective.needs_head else None
        total = steps * options.epochs
        rate = make_schedule(options.schedule, options.lr, steps=total, warmup=round(options.warmup * total))
        optimizer, decay = make_optimizer(
            options.optimizer,
            rate,
            momentum=options.momentum,
            weight_decay=options.weight_decay,
            ema=options.ema,
            loss_scaling=options.mixed_precision,
        )
        if head is not None and options.initnet:
            _take_head(options, store, head)
    return Trainer(
        Learner(network, head), objective, optimizer, strategy, weight_decay=decay, clip_norm=options.clip_norm
    )


def _made(options, given):
    """Return a network in the present scope and precision: new, or with the weights of the one given."""
    dropout = {} if options.net == "gaitset" else {"dropout": options.dropout}
    if given is None:
        window = {} if options.net == "gaitset" else {"frames": options.frames, "modality": options.mod}
        return build(options.preset, **dropout, **window)
    network = type(given).from_config({**given.get_config(), **dropout})
    network.set_weights(given.get_weights())
    return network


def _take_head(options, store, head):
    """Take over the classifier of the run that initnet names, where it tells the same people apart."""
    model = resolve_model(options.initnet)
    if model.path.suffix in LEGACY:
        _take_classifier(options, model.path, head)
        return
    path = model.path.parent / "head.keras"
    if path.is_file() and model.manifest.get("classes") == _classes(store):
        saved = keras.saving.load_model(path, compile=False, safe_mode=True)
        if [w.shape for w in saved.weights] == [w.shape for w in head.weights]:
            head.set_weights(saved.get_weights())


def _take_classifier(options, path, head):
    """Take over the classifier of Embedded-Gait's file where that was asked for; say so where it is made anew."""
    classifier = load_legacy(path, options.last_dense, DISCARDING, options.mod).classifier
    if classifier is None:
        return
    people = len(classifier[1])
    if options.last_dense != "stays":
        LOG.info("a new classifier for %d people; that of %s tells %d apart", head.classes, path.name, people)
    elif people == head.classes:
        head.set_weights(classifier)
    else:
        raise ConfigError(
            f"last_dense=stays keeps the classifier of {path}, which tells {people} people apart. "
            f"Received: data of {head.classes}. Without last_dense it is made anew."
        )


def _classes(store):
    return np.unique(store.table.subject).tolist()


def _callbacks(options, folder):
    callbacks = [TensorBoardScalars(folder / "tensorboard"), EpochLog(LOG)]
    if options.plateau:
        callbacks.append(
            keras.callbacks.ReduceLROnPlateau(
                "val_loss", factor=0.2, patience=options.plateau, min_lr=options.lr * 1e-4
            )
        )
    if options.patience:
        callbacks.append(keras.callbacks.EarlyStopping("val_rank1", mode="max", patience=options.patience))
    return callbacks


def _facts(options, store, fitting, held, learner):
    return {
        **manifest(),
        "net": options.net,
        "preset": options.preset,
        "modality": fitting.modality.name,
        "params": _count(learner.network),
        "head_params": _count(learner.head) if learner.head is not None else 0,
        "data": _recorded(store.path),
        "data_hash": store.attributes["hash"],
        "dataset": name_of(store),
        "seed": options.seed,
        "frames": modality(fitting.modality.name).frames,
        "classes": _classes(fitting),
        "val_people": [] if held is None else _classes(held),
    }


def _recorded(path):
    """Return a path as a run folder keeps it: from the toolkit's home on where it lies in it, so that both can move."""
    path = path.resolve()
    return str(path.relative_to(home().resolve()) if path.is_relative_to(home().resolve()) else path)


def _count(model):
    return int(sum(np.prod(w.shape) for w in model.trainable_weights))


def _result(folder, facts, record, learner, going_on):
    _, epoch = record.ranks[record.published]
    prefix = "val_ema_" if record.published == "best_ema" else "val_"
    row = record.history[epoch - 1]
    val = {name: row[prefix + name] for name in ("rank1", "loss") if prefix + name in row}
    return TrainResult(
        run=str(folder),
        net=facts["net"],
        preset=facts["preset"],
        modality=facts["modality"],
        params=facts["params"],
        head_params=facts["head_params"],
        seconds=round(record.seconds, 1),
        epochs=record.epoch,
        loss=record.history[-1]["loss"],
        checkpoint=record.published,
        best_epoch=epoch,
        val=val,
        subjects=len(facts["classes"]),
        val_subjects=len(facts["val_people"]),
        resumed=going_on,
    )
