"""Train a network on walking people."""

import dataclasses
import logging
import time

import keras
import numpy as np
import tensorflow as tf

from tfgait.core.errors import ConfigError
from tfgait.core.home import home
from tfgait.core.manifest import manifest
from tfgait.core.modality import modality
from tfgait.nets import NETWORKS
from tfgait.nets.legacy import DISCARDING
from tfgait.train.checkpoints import Checkpoints
from tfgait.train.loop import NotANumber, Trainer
from tfgait.train.objective import Objective
from tfgait.train.optimizers import make_optimizer, make_schedule
from tfgait.train.published_decay import published_decay
from tfgait.train.strategy import make_strategy
from tfgait.workflows.data import check_frames, name_of
from tfgait.workflows.learners import freeze_learner, make_learner
from tfgait.workflows.models import latest_run, load_network, set_latest
from tfgait.workflows.network_choice import choose_frames, choose_modality, choose_network, net_by_flags
from tfgait.workflows.run_folder import run_folder, set_status
from tfgait.workflows.teaching import make_teacher
from tfgait.workflows.train_options import TrainOptions
from tfgait.workflows.train_resolved import resolved
from tfgait.workflows.train_result import TrainResult, train_result
from tfgait.workflows.training_data import training_data
from tfgait.workflows.training_stages import callbacks, stages

__all__ = ["TrainOptions", "TrainResult", "train"]

LOG = logging.getLogger(__name__)
PUBLISHED_THRESHOLD = 29.4  # of the sum of a filter's absolute weights


def train(options, progress=None):
    """Train as `TrainOptions` say and return a `TrainResult`; the model is ``<run>/model.keras``.

    Killed at any moment, the same call goes on where the run was. People of the data set's test side are never
    touched, but where `nclasses` names them; validation is on people or sequences held out.

    Args:
        options: `TrainOptions`. With `pstruc` nothing is trained, and a `PruneResult` returned.
        progress: called with (done, total, what).

    Raises:
        ConfigError: an option out of its range, or options that exclude each other.
        DataError: data that cannot be used.
        NotANumber: the loss is no longer finite.
        KeyboardInterrupt: Ctrl-C; the run can be gone on with.
    """
    progress = progress if options.verbose else None
    options = _latest(options)
    if options.pstruc:
        return _pruned(options, progress)
    net, preset, network = _network_asked(options)
    kind = choose_modality(options, net, preset, network)
    options = resolved(dataclasses.replace(options, frames=choose_frames(options, network), mod=kind), net, preset)
    strategy = make_strategy(options.device)
    keras.utils.set_random_seed(options.seed)
    if options.deterministic:
        tf.config.experimental.enable_op_determinism()
    data = training_data(options, kind, progress)
    plan = stages(options, data)
    with strategy.scope():
        learner, objective, notes = make_learner(options, network, data.classes)
        check_frames(data.store, learner.network, preset)
        teacher, terms, told = make_teacher(options, learner, data.classes)
        objective, notes = Objective((*objective.terms, *terms)), (*notes, *told)
        facts = _facts(options, data, learner) | {"notes": list(notes)}
        facts["frozen"] = list(freeze_learner(options, learner))
        optimizer, decay = _optimizer(options, plan[0]["steps"], learner.network)
    shaping = {"weight_decay": decay, "clip_norm": options.clip_norm}
    trainer = Trainer(learner, objective, optimizer, strategy, **shaping, teacher=teacher)
    with run_folder(options, data.store.hash) as (folder, going_on):
        LOG.info("%s %s", "resumed" if going_on else "started", folder)
        for note in notes:
            LOG.info("%s", note)
        set_status(folder, "unfinished", **facts)
        began = time.monotonic()
        try:
            for stage in plan:
                record = trainer.fit(
                    checkpoints=Checkpoints(folder),
                    callbacks=callbacks(options, folder, stage.get("validate") is not None),
                    progress=progress,
                    save_minutes=options.save_minutes,
                    **stage,
                )
        except NotANumber as error:
            LOG.error("%s", error)
            set_status(folder, "failed", reason=str(error))
            raise
        LOG.info("finished after %d epochs, %.0f s in this sitting", record.epoch, time.monotonic() - began)
        result = train_result(folder, facts, record, going_on)
        set_status(folder, "finished", **{k: v for k, v in dataclasses.asdict(result).items() if k != "run"})
        set_latest(folder)
    return result


def _pruned(options, progress):
    """Prune as Embedded-Gait's `--pstruc` does, and train nothing."""
    from tfgait.workflows.prune import PruneOptions, prune

    how = {"percentile": options.percentile} if options.percentile else {"threshold": PUBLISHED_THRESHOLD}
    named = {"experdir": options.experdir, "name": options.name, "seed": options.seed}
    named |= {"last_dense": options.last_dense, "mod": options.mod}
    return prune(PruneOptions(model=options.initnet, criterion="l1_raw", epochs=0, **how, **named), progress)


def _latest(options):
    """Return the options with the latest run of `experdir`, where a network is pruned or tuned and none is named."""
    if not (options.ftpruning or options.pstruc) or options.initnet:
        return options
    run = latest_run(options.experdir)
    if run is None and options.pstruc:
        return options
    if run is None:
        raise ConfigError("ftpruning tunes initnet, or the latest run. Received: neither; prune a model first.")
    return dataclasses.replace(options, initnet=str(run))


def _optimizer(options, steps, network):
    """Return (optimizer, the coupled weight decay that the step adds)."""
    total = steps * options.epochs
    optimizer, decay = make_optimizer(
        options.optimizer,
        make_schedule(options.schedule, options.lr, steps=total, warmup=round(options.warmup * total)),
        momentum=options.momentum,
        weight_decay=options.weight_decay,
        ema=options.ema,
        loss_scaling=options.mixed_precision,
    )
    return optimizer, published_decay(network) if options.published_l2 else decay


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


def _facts(options, data, learner):
    kind = data.store.modality.name
    return {
        **manifest(),
        "net": options.net,
        "preset": options.preset,
        "modality": kind,
        "params": _count(learner.network),
        "head_params": _count(learner.head) if learner.head is not None else 0,
        "data": _recorded(data.store.path),
        "data_hash": data.store.attributes["hash"],
        "dataset": name_of(data.store),
        "seed": options.seed,
        "frames": modality(kind).frames,
        "classes": list(data.classes),
        "val_people": data.val_people,
    }


def _recorded(path):
    """Return a path as a run folder keeps it: from the toolkit's home on where it lies in it, so that both can move."""
    path = path.resolve()
    return str(path.relative_to(home().resolve()) if path.is_relative_to(home().resolve()) else path)


def _count(model):
    return int(sum(np.prod(w.shape) for w in model.trainable_weights))
