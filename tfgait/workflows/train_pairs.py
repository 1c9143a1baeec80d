"""Options of a training that exclude or need each other."""

import dataclasses

from tfgait.core.errors import ConfigError, check_choice
from tfgait.workflows.train_options import TrainOptions


def check_pairs(options):
    """Raise `ConfigError` for resolved `TrainOptions` that contradict each other."""
    for name in ("plateau", "extraepochs"):
        if getattr(options, name) and options.schedule != "constant":
            raise ConfigError(f"{name} goes with schedule=constant. Received: schedule={options.schedule}.")
    _check_validation(options)
    _check_freezing(options)
    _check_teaching(options)
    if options.published_l2 and options.weight_decay:
        raise ConfigError(
            f"published_l2 takes the place of weight_decay. Received: both, weight_decay={options.weight_decay}."
        )
    if (options.loss == "both") != (options.cross_weight > 0):
        raise ConfigError(
            "cross_weight is that of the cross entropy beside the triplet: above 0 with loss=both, else 0 or left out. "
            f"Received: loss={options.loss}, cross_weight={options.cross_weight}."
        )


def _check_validation(options):
    if options.val == "sequences":
        if options.loss == "triplet":
            raise ConfigError("val=sequences measures a classifier; loss=triplet trains none. Give val=people.")
        if options.val_subjects != -1:
            raise ConfigError(f"val_subjects belongs to val=people. Received: val_subjects={options.val_subjects}.")
        watched = ("loss", "val_loss", "val_accuracy")
    else:
        watched = ("loss", "val_loss", "val_rank1") if options.val_subjects else ("loss",)
    check_choice("monitor", options.monitor, watched)


def _check_freezing(options):
    if options.percentile:
        raise ConfigError(f"percentile belongs to pstruc. Received: percentile={options.percentile} without it.")
    if options.freezeall and (options.nofreeze or options.ftpruning):
        raise ConfigError("freezeall lets nothing train that nofreeze and ftpruning train. Received: both.")
    if (options.freezeall or options.nofreeze) and not options.initnet:
        raise ConfigError("nofreeze and freezeall are about the weights of initnet. Received: no initnet.")
    if options.freezeall and options.loss == "triplet":
        raise ConfigError(
            "freezeall trains the classifier alone; loss=triplet has none. Give loss=crossentropy or both."
        )


def _check_teaching(options):
    usual = {f.name: f.default for f in dataclasses.fields(TrainOptions)}
    for name, of_temperature in (("distill_logits", False), ("distill_embedding", False), ("temperature", True)):
        value = getattr(options, name)
        if not (value > 0 if of_temperature else value >= 0) or value == float("inf"):
            least = "above 0" if of_temperature else "of at least 0"
            raise ConfigError(f"{name} must be a number {least}. Received: {name}={value}.")
        if not options.teacher and value != usual[name]:
            raise ConfigError(f"{name} belongs to teacher. Received: {name}={value} without one.")
