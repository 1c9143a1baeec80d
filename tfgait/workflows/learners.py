"""A network, its classifier and what they are trained to do."""

import keras

from tfgait.core.errors import ConfigError
from tfgait.losses import LOSSES
from tfgait.nets import LEGACY, build
from tfgait.nets.legacy import DISCARDING, load_legacy
from tfgait.train.freezing import freeze
from tfgait.train.heads import SoftmaxHead
from tfgait.train.learner import Learner
from tfgait.train.objective import Objective, Term
from tfgait.workflows.models import resolve_model

# Embedded-Gait doubles the signature for CASIA-B.
WIDE_EMBEDDING = {74: 2048, 50: 2048}


def make_learner(options, given, classes):
    """Return (`Learner`, `Objective`, what the user should know of the classifier); to be called in a strategy's scope.

    Args:
        options: resolved `TrainOptions`.
        given: the network to start from, or None: it is made anew.
        classes: people who train.

    Raises:
        ConfigError: a classifier is to be kept that tells other people apart.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16" if options.mixed_precision else "float32")
    try:
        network = _made(options, given)
        if options.qat:
            from tfgait.compress.fake_quantised import FakeQuantised

            network = FakeQuantised(network)
    finally:
        keras.config.set_dtype_policy(before)
    objective = Objective(tuple(_terms(options)))
    if not objective.needs_head:
        return Learner(network), objective, ()
    head = SoftmaxHead(*network.output["embedding"].shape[1:], len(classes))
    notes = _take_head(options, classes, head) if options.initnet else ()
    return Learner(network, head), objective, notes


def freeze_learner(options, learner):
    """Let stand still what the options say and return the names of these layers; before the optimizer is built."""
    if not options.initnet or options.nofreeze or options.ftpruning:
        return ()
    return freeze(learner.network, () if options.freezeall else learner.network.fine_tuned)


def _terms(options):
    if options.loss != "crossentropy":
        yield Term("triplet", LOSSES["triplet_all"](options.margin))
    if options.loss != "triplet":
        weight = options.cross_weight if options.loss == "both" else 1.0
        yield Term("crossentropy", LOSSES["cross_entropy"](options.smoothing, 1.0), "logits", weight)


def _made(options, given):
    """Return a network in the present scope and precision: new, or with the weights of the one given."""
    dropout = {} if options.net == "gaitset" else {"dropout": options.dropout}
    if given is None:
        window = {} if options.net == "gaitset" else {"frames": options.frames, "modality": options.mod}
        if options.model_version == "bmvc" and options.nclasses in WIDE_EMBEDDING:
            window["embedding"] = WIDE_EMBEDDING[options.nclasses]
        return build(options.preset, **dropout, **window)
    network = type(given).from_config({**given.get_config(), **dropout})
    network.set_weights(given.get_weights())
    return network


def _take_head(options, classes, head):
    """Take over the classifier of the run that initnet names, where it tells the same people apart; return notes."""
    model = resolve_model(options.initnet)
    if model.path.suffix in LEGACY:
        return _take_classifier(options, model.path, head)
    known = model.manifest.get("classes")
    path = model.path.parent / "head.keras"
    if not path.is_file():
        return (f"the classifier is new: {model.path.name} has none beside it",)
    if known == list(classes):
        saved = keras.saving.load_model(path, compile=False, safe_mode=True)
        if [w.shape for w in saved.weights] == [w.shape for w in head.weights]:
            head.set_weights(saved.get_weights())
            return ()
    return (
        f"the classifier is new, for {len(classes)} people: that of {model.name} tells {len(known or ())} others apart",
    )


def _take_classifier(options, path, head):
    """Take over the classifier of Embedded-Gait's file where that was asked for; return notes."""
    classifier = load_legacy(path, options.last_dense, DISCARDING, options.mod).classifier
    if classifier is None:
        return ()
    people = len(classifier[1])
    if options.last_dense != "stays":
        return (f"the classifier is new, for {head.classes} people: that of {path.name} tells {people} apart",)
    if people != head.classes:
        raise ConfigError(
            f"last_dense=stays keeps the classifier of {path}, which tells {people} people apart. "
            f"Received: data of {head.classes}. Without last_dense it is made anew."
        )
    head.set_weights(classifier)
    return ()
