"""How a data set is divided and scored: records that evaluation and training read."""

from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import ConfigError, DataError


@dataclass(frozen=True)
class Split:
    """Which subjects train and which are never seen.

    Args:
        name: how to ask for it.
        train: names of the training subjects; or the share of the subjects, in natural order, that train, in [0, 1];
            or None, where the data themselves say who trains.
        left_out: subjects that belong to neither side.
        having: conditions; test subjects who have none of them belong to neither side. Empty: all belong.
    """

    name: str
    train: tuple | float | None
    left_out: tuple = ()
    having: tuple = ()

    def __post_init__(self):
        if not isinstance(self.train, (tuple, type(None))) and not 0 <= self.train <= 1:
            raise ConfigError(f"train must be names or a share in [0, 1]. Received: train={self.train}.")

    def subjects(self, table):
        """Return (training subjects, test subjects) of a `SequenceTable`, both sorted lists; either may be empty.

        Raises:
            DataError: `train` is None: who trains should have come with the data.
        """
        if self.train is None:
            raise DataError(f"who trains in the split {self.name} must be recorded with the data; it is not.")
        present = sorted({s for s in table.subject.tolist() if s not in self.left_out}, key=natural)
        if isinstance(self.train, tuple):
            train = [s for s in present if s in self.train]
        else:
            train = present[: round(self.train * len(present))]
        able = set(table.subject[np.isin(table.condition, self.having)].tolist()) if self.having else set(present)
        return train, [s for s in present if s not in train and s in able]


@dataclass(frozen=True)
class Protocol:
    """Which sequences are the gallery and which are the probes.

    Args:
        name: how to ask for it.
        gallery: conditions of the gallery, with repetition (``nm-01``) or without (``nm``).
        probes: ``{kind: conditions}``; each kind is scored by itself.
        cross_view: True scores every probe view against every gallery view and leaves the identical view out of the
            mean; False takes all views as one pool.
        other_views: with one pool, leave the gallery sequences of the probe's own view out of it.
        note: what a reader of its scores must know.
    """

    name: str
    gallery: tuple
    probes: dict
    cross_view: bool
    other_views: bool = False
    note: str = ""


@dataclass(frozen=True)
class Role:
    """Whom Embedded-Gait's option ``--nclasses`` names by a number, and what for.

    Args:
        split: key of the data set's `SPLITS`.
        people: side of it: ``"train"`` or ``"test"``.
        fit: conditions trained on; empty: all.
        protocol: key of `PROTOCOLS` by which they are scored; empty: they are only trained on.
    """

    split: str
    people: str
    fit: tuple = ()
    protocol: str = ""


def natural(text):
    """Return a sort key by which ``img2`` comes before ``img10``."""
    parts, digits = [""], False
    for character in text:
        if (character.isdecimal() and character.isascii()) != digits:
            digits = not digits
            parts.append("")
        parts[-1] += character
    return [(int(p), p) if i % 2 else (0, p) for i, p in enumerate(parts)]
