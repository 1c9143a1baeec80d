"""Batches of stored frames: gathered from the memory map, changed, and kept in their stored type until the device."""

import numpy as np

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.modality import modality
from tfgait.data.frames import choose

FRAMES, CHANGES = 0, 1  # two streams of chance, so that a transform does not change which frames are drawn


def subject_labels(table):
    """Return the class of every row, (N,) int32: the place of its subject among the sorted subjects."""
    return np.unique(table.subject, return_inverse=True)[1].astype(np.int32)


def gather(store, rows, index, out=None):
    """Copy frames out of a store's memory map.

    Args:
        store: has `frames` (F, H, W, C) and `offset` (N,).
        rows: (B,) sequences.
        index: (B, T) frames of each, counted from its start, all within it.
        out: (B, T, H, W, C) of the stored type and contiguous, written over; None allocates.

    Returns:
        (B, T, H, W, C) of the stored type.
    """
    shape = (*index.shape, *store.frames.shape[1:])
    out = np.empty(shape, store.frames.dtype) if out is None else out
    where = (store.offset[rows][:, None] + index).ravel()
    # With mode="raise", take() goes through a second buffer.
    np.take(store.frames, where, axis=0, out=out.reshape(-1, *shape[2:]), mode="clip")
    return out


def batches(
    store, sampler, epoch=0, step=0, *, frames=None, mode="unordered", transform=None, seed=0, labels=None, reuse=False
):
    """Yield the batches of an epoch from a step on, as numpy arrays.

    What a step holds depends on (seed, epoch, step) and on nothing that ran before.

    Args:
        store: `tfgait.datasets.store.Store`, or its like.
        sampler: one of `tfgait.data.samplers` over the store's rows.
        epoch: at least 0.
        step: first batch to give, 0 to ``len(sampler)``.
        frames: frames of every sequence; None takes the modality's own.
        mode: how they are chosen, see `tfgait.data.frames.choose`.
        transform: ``transform(batch, rng) -> batch`` on the stored type, see `tfgait.data.transforms`.
        seed: at least 0.
        labels: (N,) class of every row; None takes `subject_labels`.
        reuse: write every batch into the same memory, valid until the next is asked for.

    Yields:
        inputs: ``{modality: (B, T, H, W, C)}`` in the stored type; with ``mode="all"`` also ``"length": (B,)`` int32,
            frames beyond which are zero.
        labels: (B,) int32.

    Raises:
        ConfigError: a step or rows that do not exist, or a seed below 0.
    """
    labels = subject_labels(store.table) if labels is None else np.asarray(labels, np.int32)
    if len(labels) != len(store.offset):
        raise DataError(f"labels must be one a row, {len(store.offset)}. Received: {len(labels)}.")
    if seed < 0 or not 0 <= step <= len(sampler):
        raise ConfigError(
            f"seed must be at least 0 and step at most {len(sampler)}. Received: seed={seed}, step={step}."
        )
    plan = sampler.batches(epoch)
    largest = max(int(rows.max()) for rows in plan)
    if largest >= len(store.offset):
        raise ConfigError(
            f"the sampler's rows must be in the store, which has {len(store.offset)}. Received: row {largest}."
        )
    frames = store.modality.frames if frames is None else frames
    return _batches(store, plan[step:], epoch, step, frames, mode, transform, seed, labels, reuse)


def _batches(store, plan, epoch, step, frames, mode, transform, seed, labels, reuse):
    memory = None
    for number, rows in enumerate(plan, step):
        index, count = choose(store.length[rows], frames, mode, np.random.default_rng([seed, epoch, number, FRAMES]))
        shape = (*index.shape, *store.frames.shape[1:])
        batch = gather(store, rows, index, memory if memory is not None and memory.shape == shape else None)
        memory = batch if reuse else None
        if transform is not None:
            batch = transform(batch, np.random.default_rng([seed, epoch, number, CHANGES]))
        inputs = {store.modality.name: batch}
        if mode == "all":
            for item in np.flatnonzero(count < index.shape[1]):
                batch[item, count[item] :] = 0
            inputs["length"] = count.astype(np.int32)
        yield inputs, labels[rows]


def dataset(store, sampler, epoch=0, step=0, *, epochs=1, frames=None, mode="unordered", ahead=2, **options):
    """Return `batches` as a `tf.data.Dataset` that prepares batches while the device works.

    The same elements in the same order, in the stored type: casting is the device's, see `to_device_units`.
    It goes on from (epoch, step) for `epochs` epochs, the begun one counted, so a run resumes where it was.

    Args:
        epochs: at least 1; None never ends.
        ahead: batches prepared in advance, at least 1.
        frames, mode, options: as in `batches`; `reuse` is not possible, since TensorFlow keeps the memory it is given.
    """
    import itertools

    import tensorflow as tf

    if epochs is not None and epochs < 1 or ahead < 1:
        raise ConfigError(f"epochs and ahead must be at least 1. Received: epochs={epochs}, ahead={ahead}.")
    if "reuse" in options:
        raise ConfigError("reuse is not possible in a tf.data.Dataset, which keeps the memory it is given.")
    options |= {"frames": frames, "mode": mode}
    # Mistakes show here and not as an error inside TensorFlow.
    batches(store, sampler, epoch, step, **options)

    def generate():
        for number in itertools.count() if epochs is None else range(epochs):
            yield from batches(store, sampler, epoch + number, step if number == 0 else 0, **options)

    length = None if mode == "all" else (store.modality.frames if frames is None else frames)
    name, shape = store.modality.name, store.frames.shape[1:]
    inputs = {name: tf.TensorSpec((None, length, *shape), tf.as_dtype(np.dtype(store.modality.dtype)))}
    if mode == "all":
        inputs["length"] = tf.TensorSpec((None,), tf.int32)
    signature = (inputs, tf.TensorSpec((None,), tf.int32))
    return tf.data.Dataset.from_generator(generate, output_signature=signature).prefetch(ahead)


def to_device_units(batch, name):
    """Turn a stored batch of a modality into the float32 the networks take: bytes as they are, flow in pixels.

    On tensors of any Keras backend, so it costs nothing before the device.
    """
    from keras import ops

    scale = modality(name).scale
    values = ops.cast(batch, "float32")
    return values if scale == 1 else values * scale
