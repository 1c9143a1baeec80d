"""The stages of a training: what trains in each, what is measured, when it ends."""

import logging

import keras

from tfgait.train.callbacks import EpochLog, TensorBoardScalars
from tfgait.workflows.training_batches import training_batches

LOG = logging.getLogger(__name__)
SLOWER = 0.1  # the rate of the second stage by that of the first
FALL = 0.2  # of the rate on a plateau
LEAST = 1e-3  # rate by the first one, below which no plateau takes it: 1e-5 of 0.01 as published


def stages(options, data):
    """Return the arguments of `Trainer.fit` for each stage.

    The first one validates. The second, where `extraepochs` are asked for, trains on everyone, at a tenth of the rate;
    nobody is left to validate on, so that its last epoch is what the training gives.

    Args:
        options: resolved `TrainOptions`.
        data: `TrainingData`.

    Reference: the schedule of Embedded-Gait, 150 + 50 epochs.
    """
    steps, batches = training_batches(options, data.fitting, data.labels(data.fitting))
    first = {"stage": 1, "epochs": options.epochs, "steps": steps, "batches": batches}
    first |= {"validate": data.validate, "rank": data.rank}
    if not options.extraepochs:
        return [first]
    steps, batches = training_batches(options, data.everyone, data.labels(data.everyone))
    second = {"stage": 2, "epochs": options.extraepochs, "steps": steps, "batches": batches}
    return [first, {**second, "learning_rate": options.lr * SLOWER}]


def callbacks(options, folder, validated):
    """Return the Keras callbacks of a stage.

    Args:
        options: resolved `TrainOptions`.
        folder: the run folder.
        validated: whether the stage validates; where it does not, the loss of the batches is watched.
    """
    chosen = [TensorBoardScalars(folder / "tensorboard"), EpochLog(LOG)]
    if options.plateau:
        watched = "val_loss" if validated else "loss"
        least = options.lr * LEAST
        chosen.append(keras.callbacks.ReduceLROnPlateau(watched, factor=FALL, patience=options.plateau, min_lr=least))
    if options.patience:
        watched = options.monitor if validated else "loss"
        mode = "min" if watched.endswith("loss") else "max"
        chosen.append(keras.callbacks.EarlyStopping(watched, mode=mode, patience=options.patience))
    return chosen
