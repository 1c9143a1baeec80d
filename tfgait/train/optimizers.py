"""Optimisers and learning-rate schedules by name."""

import keras

from tfgait.core.errors import ConfigError, check_choice

OPTIMIZERS = ("sgd", "adam", "amsgrad", "adamw")
SCHEDULES = ("constant", "multistep", "cosine")


def make_optimizer(name, learning_rate, *, momentum=0.9, weight_decay=0.0, ema=0.0, loss_scaling=False):
    """Return (optimizer, coupled weight decay that the step adds to the gradient).

    Coupled decay is an L2 term in the gradient, as PyTorch's SGD and Adam have it; AdamW alone decouples it from the
    gradient. Keras's own `weight_decay` is decoupled in every optimizer.

    Args:
        name: ``"sgd"``, ``"adam"``, ``"amsgrad"`` or ``"adamw"``.
        learning_rate: above 0, or a Keras schedule.
        momentum: of SGD, in [0, 1).
        weight_decay: at least 0.
        ema: share of the moving average of the weights that a step keeps, in [0, 1); 0 keeps no average.
        loss_scaling: scale the loss, and skip steps whose gradients are not finite: for float16.

    Raises:
        ConfigError: an unknown name, a value out of its range.
    """
    check_choice("optimizer", name, OPTIMIZERS)
    if not isinstance(learning_rate, keras.optimizers.schedules.LearningRateSchedule) and not learning_rate > 0:
        raise ConfigError(f"lr must be above 0. Received: lr={learning_rate}.")
    if not weight_decay >= 0:
        raise ConfigError(f"weight_decay must be at least 0. Received: weight_decay={weight_decay}.")
    for option, value in (("momentum", momentum), ("ema", ema)):
        if not 0 <= value < 1:
            raise ConfigError(f"{option} must lie in [0, 1). Received: {option}={value}.")
    average = {"use_ema": True, "ema_momentum": ema} if ema else {}
    if name == "sgd":
        optimizer = keras.optimizers.SGD(learning_rate, momentum=momentum, **average)
    elif name in ("adam", "amsgrad"):
        optimizer = keras.optimizers.Adam(learning_rate, amsgrad=name == "amsgrad", **average)
    else:
        optimizer = keras.optimizers.AdamW(learning_rate, weight_decay=weight_decay, **average)
    if loss_scaling:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer, 0.0 if name == "adamw" else weight_decay


def make_schedule(name, learning_rate, *, steps, milestones=(0.5, 0.75), warmup=0):
    """Return a learning rate or a Keras schedule of it.

    Args:
        name: ``"constant"``; ``"multistep"``: a tenth after each milestone; ``"cosine"``: linear warm-up, then half
            a cosine down to 0.
        learning_rate: the highest one, above 0.
        steps: of the whole training.
        milestones: shares of `steps`, rising in (0, 1).
        warmup: steps of the warm-up, below `steps`.

    Raises:
        ConfigError: an unknown name, a value out of its range.
    """
    check_choice("schedule", name, SCHEDULES)
    if not learning_rate > 0:
        raise ConfigError(f"lr must be above 0. Received: lr={learning_rate}.")
    if not 0 <= warmup < max(steps, 1):
        raise ConfigError(f"warmup must lie in [0, {steps}), the steps of the training. Received: warmup={warmup}.")
    if warmup and name != "cosine":
        raise ConfigError(f"warmup belongs to schedule=cosine. Received: schedule={name}, warmup={warmup}.")
    if name == "multistep":
        if list(milestones) != sorted(set(milestones)) or not all(0 < m < 1 for m in milestones):
            raise ConfigError(f"milestones must rise within (0, 1). Received: milestones={tuple(milestones)}.")
        rates = [learning_rate * 0.1**k for k in range(len(milestones) + 1)]
        return keras.optimizers.schedules.PiecewiseConstantDecay([round(m * steps) for m in milestones], rates)
    if name == "cosine":
        start = 0.0 if warmup else learning_rate
        return keras.optimizers.schedules.CosineDecay(
            start, steps - warmup, warmup_target=learning_rate if warmup else None, warmup_steps=warmup
        )
    return learning_rate


def moving_average(optimizer):
    """Return the moving averages of the trainable variables, in their order, or None where none are kept."""
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    return optimizer._model_variables_moving_average if optimizer.use_ema else None
