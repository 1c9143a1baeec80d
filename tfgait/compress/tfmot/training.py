"""A small training loop in tf_keras, for models that the ordinary one cannot train."""

import math

import numpy as np
import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tf_keras

from tfgait.core.errors import UserError


def fit(model, head, objective, batches, *, steps, optimizer, rate, momentum, decay, clip_norm, progress):
    """Train a wrapped twin and return the mean loss of the last tenth of the steps.

    Args:
        model: tf_keras model with one output, the embedding.
        head: tf_keras model of the logits, or None.
        objective: ``objective(labels, {"embedding": …, "logits": …}) -> (loss, statistics)``.
        batches: iterator of at least `steps` pairs ([tensor of each input], labels).
        steps: how many.
        optimizer: sgd, adam, amsgrad or adamw.
        rate: function of the number of the step to the learning rate.
        momentum: of sgd.
        decay: coupled weight decay, of all variables or ``{layer: decay}`` of some; with adamw a number, decoupled.
        clip_norm: largest norm of the gradient; 0 for no limit.
        progress: called with (done, total).

    Raises:
        UserError: the loss is no longer finite.
    """
    tuner = _optimizer(optimizer, momentum, decay)
    variables = model.trainable_variables + (head.trainable_variables if head is not None else [])
    decays = [0.0 if optimizer == "adamw" else _decay_of(v, decay) for v in variables]
    tuner.build(variables)
    counted = tfmot.sparsity.keras.UpdatePruningStep()
    counted.set_model(model)
    counted.on_train_begin()

    @tf.function
    def step(inputs, labels):
        with tf.GradientTape() as tape:
            outputs = {"embedding": model(inputs, training=True)}
            if head is not None:
                outputs["logits"] = head(outputs["embedding"], training=True)
            loss, _ = objective(labels, outputs)
        gradients = tape.gradient(loss, variables)
        if clip_norm:
            gradients, _ = tf.clip_by_global_norm(gradients, clip_norm)
        found = [(g, v, d) for g, v, d in zip(gradients, variables, decays, strict=True) if g is not None]
        tuner.apply_gradients([(g + d * v if d else g, v) for g, v, d in found])
        return loss

    losses = []
    for number in range(steps):
        tuner.learning_rate.assign(rate(number))
        losses.append(float(step(*next(batches))))
        if not math.isfinite(losses[-1]):
            raise UserError(f"the loss became {losses[-1]} in step {number + 1}. A lower lr may help.")
        progress(number + 1, steps)
    return float(np.mean(losses[-max(1, steps // 10) :]))


def _optimizer(name, momentum, decay):
    made = tf_keras.optimizers
    if name == "sgd":
        return made.SGD(1.0, momentum=momentum)
    return made.AdamW(1.0, weight_decay=decay) if name == "adamw" else made.Adam(1.0, amsgrad=name == "amsgrad")


def _decay_of(variable, decay):
    layer = variable.name.partition("/")[0].removeprefix("quant_")
    return decay.get(layer, 0.0) if isinstance(decay, dict) else decay
