"""Open set: the distance above which a probe is nobody in the gallery, chosen on validation data."""

import math
from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import ConfigError, DataError
from tfgait.evaluation.distance import MEMORY, distance_blocks


@dataclass(frozen=True)
class Threshold:
    """A largest distance, and how it came about; what was not measured is None.

    Args:
        distance: a probe farther than this from everybody is nobody in the gallery.
        false_accept: share of impostor probes that lie within it.
        genuine_accept: share of genuine probes that do.
        impostors: impostor probes it was chosen on.
        genuines: genuine probes.
    """

    distance: float
    false_accept: float | None = None
    genuine_accept: float | None = None
    impostors: int | None = None
    genuines: int | None = None

    def __post_init__(self):
        measured = [value for value in vars(self).values() if value is not None]
        if self.distance is None or not all(isinstance(v, (int, float)) and math.isfinite(v) for v in measured):
            raise ConfigError(f"threshold must be a finite distance. Received: threshold={str(self.distance)[:40]}.")


def choose_threshold(genuine, impostor, false_accept=0.01):
    """Return the `Threshold` of the largest distance at which at most a share of the impostor probes is accepted.

    With n impostors that is the largest number below the distance of rank ``floor(false_accept · n) + 1``, nearest
    first: a probe is accepted up to and including the threshold, and equal distances are refused together.

    Args:
        genuine: distances (G,) of probes of enrolled people to the nearest sequence of their own.
        impostor: distances (I,) of probes of people not enrolled to the nearest sequence of anybody.
        false_accept: in [0, 1).

    Raises:
        ConfigError: `false_accept` out of its range.
        DataError: either is empty, not one-dimensional, or holds what is not finite.
    """
    check_false_accept(false_accept)
    genuine, impostor = _checked(genuine, "genuine"), np.sort(_checked(impostor, "impostor"))
    taken = min(int(round(false_accept * len(impostor), 6)), len(impostor) - 1)
    distance = float(np.nextafter(impostor[taken], -np.inf))
    return Threshold(
        distance=distance,
        false_accept=float(np.mean(impostor <= distance)),
        genuine_accept=float(np.mean(genuine <= distance)),
        impostors=len(impostor),
        genuines=len(genuine),
    )


def check_false_accept(false_accept):
    """Raise `ConfigError` unless a share of strangers lies in [0, 1)."""
    if not 0 <= false_accept < 1:
        raise ConfigError(f"false_accept must lie in [0, 1). Received: false_accept={false_accept}.")


def open_set_distances(embeddings, table, metric="parts", memory=MEMORY):
    """Return (genuine (G,), impostor (I,)): the distances that `choose_threshold` takes, of labelled sequences.

    Every sequence is a probe twice: of its own person, enrolled with all other videos, and as a stranger, that person
    left out. One whose person has no other video is a stranger only.

    Args:
        embeddings: (N, P, D) of a floating type.
        table: `SequenceTable` of N rows.
        metric, memory: as of `distance_blocks`.

    Raises:
        DataError: fewer than two people, nobody with two videos, or embeddings that do not fit.
    """
    _, subject = np.unique(table.subject, return_inverse=True)
    _, video = np.unique(table.video, return_inverse=True)
    if len(embeddings) != len(subject) or subject.max(initial=0) == 0:
        raise DataError(
            f"a threshold must be chosen on sequences of at least two people. "
            f"Received: {len(embeddings)} embeddings of {len(set(subject.tolist()))}."
        )
    genuine, impostor = [], []
    for start, block in distance_blocks(embeddings, embeddings, metric, memory):
        rows = slice(start, start + len(block))
        own = subject[rows, None] == subject
        impostor.append(np.where(own, np.inf, block).min(axis=1))
        genuine.append(np.where(own & (video[rows, None] != video), block, np.inf).min(axis=1))
    genuine = np.concatenate(genuine)
    return genuine[np.isfinite(genuine)], np.concatenate(impostor)


def _checked(distances, what):
    distances = np.asarray(distances, np.float64)
    if distances.ndim != 1 or not distances.size or not np.isfinite(distances).all():
        raise DataError(
            f"{what} must be distances (N,), finite, at least one. Received: shape {distances.shape}"
            + (", not all finite." if distances.size else ".")
        )
    return distances
