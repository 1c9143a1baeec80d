"""The network that another one learns from, and what it is to learn."""

import keras

from tfgait.core.errors import ConfigError
from tfgait.losses.distillation import ActivationBoundary, SoftenedLogits
from tfgait.train.learner import Learner
from tfgait.train.objective import Term
from tfgait.workflows.models import load_network, resolve_model


def make_teacher(options, learner, classes):
    """Return (`Learner` or None, the terms that distil, what the user should know); to be called in a strategy's scope.

    The logits of both are those of a plain dense layer, so that they are not multiplied by 16 as cosines would be.

    Args:
        options: resolved `TrainOptions`.
        learner: the one that is to learn.
        classes: people whom its classifier tells apart.

    Raises:
        ConfigError: a teacher of another input, another signature or other people, or nothing to learn from it.
    """
    if not options.teacher:
        return None, (), ()
    if not options.distill_logits and not options.distill_embedding:
        raise ConfigError("a teacher needs distill_logits or distill_embedding above 0. Received: 0 for both.")
    model = resolve_model(options.teacher)
    network = _still(load_network(options.teacher))
    _check_alike(options, network, learner.network)
    head, notes = _head(options, model, learner, classes)
    terms = []
    if head is not None:
        loss = SoftenedLogits(options.temperature, scale=1.0)
        terms.append(Term("distill_logits", loss, "logits", options.distill_logits, distils=True))
    if options.distill_embedding:
        weight = options.distill_embedding
        terms.append(Term("distill_embedding", ActivationBoundary(), "embedding", weight, distils=True))
    if not terms:
        raise ConfigError(f"{notes[0]}. Received: distill_embedding=0, so that nothing is left to learn.")
    return Learner(network, head), tuple(terms), notes


def _still(model):
    """Return a float32 copy of a model in the present scope that does not train."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        copy = type(model).from_config(model.get_config())
    finally:
        keras.config.set_dtype_policy(before)
    copy.set_weights(model.get_weights())
    copy.trainable = False
    return copy


def _check_alike(options, teacher, student):
    if teacher.modality != student.modality:
        raise ConfigError(
            f"teacher must take {student.modality}, as the network it teaches. "
            f"Received: teacher={options.teacher}, which takes {teacher.modality}."
        )
    for what, found, wanted in (
        ("input", teacher.input[teacher.modality].shape[1:], student.input[student.modality].shape[1:]),
        ("embedding", teacher.output["embedding"].shape[1:], student.output["embedding"].shape[1:]),
    ):
        if len(found) != len(wanted) or any(a != b and None not in (a, b) for a, b in zip(found, wanted, strict=True)):
            raise ConfigError(
                f"teacher must have the {what} {wanted} of the network it teaches. "
                f"Received: teacher={options.teacher} with {found}."
            )


def _head(options, model, learner, classes):
    """Return (the teacher's classifier or None, notes that say why there is none)."""
    if not options.distill_logits:
        return None, ()
    if learner.head is None:
        return None, (f"the teacher's logits are not used: loss={options.loss} has no classifier",)
    path = model.path.parent / "head.keras"
    if not path.is_file():
        return None, (f"the teacher's logits are not used: {model.path} has no head.keras beside it",)
    known = model.manifest.get("classes")
    if known != list(classes) and options.ftpruning:
        return None, (f"the teacher's logits are not used: {model.name} tells other people apart than those who train",)
    if known != list(classes):
        raise ConfigError(
            f"teacher must tell the same {len(classes)} people apart; {model.name} tells {len(known or ())} others. "
            f"Received: teacher={options.teacher}. It can teach without its logits: train --distill_logits 0."
        )
    head = _still(keras.saving.load_model(path, compile=False, safe_mode=True))
    return head, ()
