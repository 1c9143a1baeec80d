"""The batches of a training, as a function of epoch and step."""

from tfgait.core.errors import ConfigError, check_choice
from tfgait.data.pipeline import batches
from tfgait.data.samplers import BalancedSampler, PKSampler
from tfgait.data.transforms import AUGMENTATIONS


def training_batches(options, store, labels):
    """Return (steps of an epoch, function of (epoch, start) to the batches).

    Args:
        options: resolved `TrainOptions`.
        store: the sequences that train.
        labels: (N,) class of each. With `ftpruning` a batch of more people than these holds all of them.

    Raises:
        ConfigError: transforms of another kind of input, or none wanted and some named.
    """
    if options.loss == "crossentropy":
        sampler = BalancedSampler(store.table.kind, min(options.bs, len(store)), options.seed)
    else:
        people = len(set(labels.tolist()))
        # What is tuned brings the batch of its first training, on whatever data that was.
        batch_p = min(options.batch_p, people) if options.ftpruning else options.batch_p
        if batch_p > people:
            raise ConfigError(
                f"batch_p must be at most the number of training people, {people}. Received: batch_p={options.batch_p}."
            )
        sampler = PKSampler(labels, batch_p, options.batch_k, options.seed)
    steps = options.steps_per_epoch or len(sampler)
    choice = {
        "frames": options.frames,
        "mode": "unordered" if options.net == "gaitset" else "consecutive",
        "transform": _transform(options, store.modality.name),
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


def _transform(options, kind):
    """Return what changes the sequences of a kind of input, or None."""
    if options.augmentation:
        check_choice("augmentation", options.augmentation, [n for n in AUGMENTATIONS if n.partition("_")[0] == kind])
        if not options.augment:
            raise ConfigError(f"augmentation goes with augment. Received: augmentation={options.augmentation}.")
    return AUGMENTATIONS.get(options.augmentation or kind) if options.augment else None
