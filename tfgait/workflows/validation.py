"""Scores of a network on people who do not train."""

import numpy as np

from tfgait.core.errors import ConfigError
from tfgait.datasets.protocol import natural
from tfgait.deploy.keras_runner import KerasRunner
from tfgait.evaluation.evaluate import evaluate
from tfgait.runtime.encoder import Encoder

MOST_FOR_LOSS = 400


def hold_out(subjects, count):
    """Return (those who train, those who validate): `count` of the subjects, spread evenly over their natural order.

    Args:
        subjects: names.
        count: -1: a tenth, at least 4 but no more than a quarter, at least 2 in any case, but none of fewer than 4
            people; 0: none.

    Raises:
        ConfigError: a single one, or so many that fewer than two are left to train.
    """
    subjects = sorted(subjects, key=natural)
    if count == -1:
        # Rank-1 among two or three people says little, but a small set cannot spare more.
        count = max(2, min(len(subjects) // 4, max(4, round(len(subjects) / 10)))) if len(subjects) > 3 else 0
    if count == 1 or (count and count > len(subjects) - 2):
        some = f", or 2 to {len(subjects) - 2}," if len(subjects) > 3 else ""
        raise ConfigError(
            f"val_subjects must be 0{some} of {len(subjects)} training people. Received: val_subjects={count}."
        )
    if not count:
        return subjects, []
    held = {subjects[int((i + 0.5) * len(subjects) / count)] for i in range(count)}
    return [s for s in subjects if s not in held], [s for s in subjects if s in held]


class Validation:
    """Rank-1 and a triplet loss on held-out people.

    A softmax network has no class for them, so every network is measured alike, by its embeddings: `rank1` is the
    mean over the protocol's kinds of probe, in percent; `loss` is the mean over all triplets of
    ``max(0, 0.2 + d(anchor, positive) - d(anchor, negative))`` between embeddings whose parts have length 1, so that
    networks and moments compare.

    Args:
        store: the sequences of the held-out people.
        protocol: how they are scored.
    """

    def __init__(self, store, protocol):
        self._store, self._protocol = store, protocol
        self._encoders = {}
        # Who cannot be scored is found out now, not after the first epoch.
        self._score(np.random.default_rng(0).normal(size=(len(store), 1, 4)).astype(np.float32), "parts")

    def __call__(self, network, head=None):
        """Return {"rank1": percent, "loss": number} of a Keras network; the classifier does not count."""
        if id(network) not in self._encoders:
            self._encoders[id(network)] = Encoder(KerasRunner(network))
        embeddings = self._encoders[id(network)].encode(self._store.read(row) for row in range(len(self._store)))
        return self._score(embeddings, network.metric)

    def _score(self, embeddings, metric):
        found = evaluate(embeddings, self._store.table, self._protocol, metric=metric, examples=0)
        return {
            "rank1": float(np.mean(list(found.rank1.values()))),
            "loss": triplet_loss(embeddings, self._store.table),
        }


def rank(numbers):
    """Return what makes one validation better than another: the higher rank-1, at equal ones the lower loss."""
    return [numbers["rank1"], -numbers["loss"]]


def triplet_loss(embeddings, table, margin=0.2, most=MOST_FOR_LOSS):
    """Return the mean hinge over all triplets; windows of one video are no positives of each other.

    Args:
        embeddings: (N, P, D).
        table: `SequenceTable` of N rows.
        margin: of the hinge.
        most: sequences taken, evenly spread, where there are more.
    """
    rows = np.unique(np.linspace(0, len(table) - 1, min(most, len(table))).round().astype(int))
    x = embeddings[rows].astype(np.float64)
    x /= np.maximum(np.linalg.norm(x, axis=2, keepdims=True), 1e-12)
    products = np.einsum("npd,mpd->nmp", x, x, optimize=True)
    distance = np.sqrt(np.maximum(2 - 2 * products, 0)).mean(axis=2)
    subject, video = table.subject[rows], table.video[rows]
    total = count = 0
    for row in range(len(rows)):
        positive = distance[row, (subject == subject[row]) & (video != video[row])]
        negative = distance[row, subject != subject[row]]
        total += np.maximum(margin + positive[:, None] - negative, 0).sum()
        count += positive.size * negative.size
    return float(total / max(count, 1))
