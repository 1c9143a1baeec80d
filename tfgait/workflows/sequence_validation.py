"""Scores of a classifier on sequences of the very people who train."""

import numpy as np

from tfgait.core.errors import DataError
from tfgait.datasets.held_out import held_out_rows
from tfgait.deploy.keras_runner import KerasRunner
from tfgait.runtime.encoder import Encoder


def hold_out_sequences(store, share, seed=0):
    """Return the rows that validate, (N,) bool: those the store names, else a share of everyone's videos.

    Of each person `share` of the videos is drawn, at least one, but one of each kind (normal, bag, …) stays to train.
    Whole videos are held out, never windows of one that trains, for windows overlap: the published split, which draws
    windows, validates on frames that train. What a store of Embedded-Gait names as validation is obeyed as it is.

    Args:
        store: the sequences of the people who train.
        share: of the videos of a person, in (0, 1).
        seed: draws the videos.

    Raises:
        DataError: nobody has two videos of a kind, or someone has sequences to validate and none to train.
    """
    held = held_out_rows(store)
    if not held.any():
        held = np.isin(store.table.video, list(_drawn(store.table, share, np.random.default_rng(seed))))
    if not held.any():
        raise DataError(
            f"val=sequences needs people with two videos of a kind. Received: {store.path}, where nobody has."
        )
    if alone := sorted(set(store.table.subject[held].tolist()) - set(store.table.subject[~held].tolist())):
        raise DataError(f"everyone must keep a sequence to train on. Received: {alone[0]} without one in {store.path}.")
    return held


def _drawn(table, share, rng):
    """Yield the names of the videos held out."""
    video, first = np.unique(table.video, return_index=True)
    subject, kind = table.subject[first], table.kind[first]
    for person in np.unique(subject):
        own = rng.permutation(np.flatnonzero(subject == person))
        left = {k: int((kind[own] == k).sum()) for k in kind[own].tolist()}
        wanted = max(1, round(share * len(own)))
        for row in own:
            if wanted and left[kind[row]] > 1:
                wanted, left[kind[row]] = wanted - 1, left[kind[row]] - 1
                yield str(video[row])


class SequenceValidation:
    """Softmax accuracy and cross entropy on sequences that do not train, of people who do.

    Each sequence is read as a test reads it: its central frames, unchanged.

    Args:
        store: the sequences held out.
        labels: (N,) class of each.

    Reference: what Embedded-Gait calls its validation, without its overlap of the two sides.
    """

    def __init__(self, store, labels):
        self._store, self._labels = store, labels
        self._encoders = {}

    def __call__(self, network, head):
        """Return {"accuracy": share in [0, 1], "loss": number} of a Keras network and its classifier."""
        if id(network) not in self._encoders:
            self._encoders[id(network)] = Encoder(KerasRunner(network))
        embeddings = self._encoders[id(network)].encode(self._store.read(row) for row in range(len(self._store)))
        logits = np.asarray(head(embeddings), np.float64).mean(axis=1)
        top = logits.max(axis=1, keepdims=True)
        normaliser = np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0]
        loss = normaliser - logits[np.arange(len(logits)), self._labels]
        return {"accuracy": float((logits.argmax(axis=1) == self._labels).mean()), "loss": float(loss.mean())}


def rank(numbers):
    """Return what makes one validation better than another: more right answers, at equal ones the lower loss."""
    return [numbers["accuracy"], -numbers["loss"]]
