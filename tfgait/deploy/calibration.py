"""Representative sequences for int8: drawn from training data alone, seeded, named by a hash."""

import hashlib
from collections import Counter
from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.frames import central_frames

SHARES = tuple(np.linspace(1, 0.25, 31).tolist())  # of the largest value, tried as the limit of the input


@dataclass(frozen=True)
class Calibration:
    """What the ranges of an int8 file are measured on.

    Args:
        sequences: stored sequences, each (T, H, W, C).
        names: of these sequences.
        seed: they were drawn with.
    """

    sequences: list
    names: list
    seed: int

    @property
    def hash(self):
        """64 hexadecimal digits that name the pixels and the names."""
        digest = hashlib.sha256()
        for name, sequence in zip(self.names, self.sequences, strict=True):
            digest.update(f"{name} {sequence.shape} {sequence.dtype}\n".encode())
            digest.update(np.ascontiguousarray(sequence))
        return digest.hexdigest()

    @property
    def record(self):
        """What the sidecar of a file says of it."""
        return {"sequences": len(self.names), "seed": self.seed, "hash": self.hash}

    def limits(self, modality, steps=255):
        """Return (low, high) in network units: the range that so many steps give the values back in most exactly.

        Rare large values would make the steps of all others wide: what is clipped and what is rounded count alike, by
        the squared error. Zero lies in the range, and is always exact.
        """
        counts = Counter()
        for sequence in self.sequences:
            found, often = np.unique(sequence, return_counts=True)
            counts.update(dict(zip(found.tolist(), often.tolist(), strict=True)))
        values = np.asarray(modality.to_network(np.array(list(counts))), np.float64)
        often, largest = np.array(list(counts.values())), float(np.abs(values).max())
        lowest, highest = min(float(values.min()), 0.0), max(float(values.max()), 0.0)

        def error(limits):
            step = (limits[1] - limits[0]) / steps or 1.0
            kept = np.clip(np.rint(values / step) * step, *limits)
            return float((often * (values - kept) ** 2).sum())

        tried = [(max(lowest, -share * largest), min(highest, share * largest)) for share in SHARES]
        return min(tried, key=error)

    def batches(self, modality, frames, batch, steps=255):
        """Yield ``{modality: (batch, frames, H, W, C) float32}`` in network units, the last one cycled to size.

        What lies beyond `limits` is clipped to them, so that they become the range of the input of so many steps.
        """
        limits = self.limits(modality, steps)
        for start in range(0, len(self.sequences), batch):
            chosen = [self.sequences[i % len(self.sequences)] for i in range(start, start + batch)]
            stacked = np.stack([sequence[central_frames(len(sequence), frames)] for sequence in chosen])
            yield {modality.name: np.asarray(np.clip(modality.to_network(stacked), *limits), np.float32)}


def draw(store, rows, count, seed):
    """Return the `Calibration` of `count` rows of a store, or of all where there are fewer.

    Args:
        store: `tfgait.datasets.store.Store`.
        rows: indices of training sequences; nothing else may be measured on.
        count: how many to draw, at least 1.
        seed: draws the same rows again.

    Raises:
        ConfigError: count below 1.
        DataError: there is no training sequence.
    """
    if count < 1:
        raise ConfigError(f"calibration must be at least 1 sequence. Received: calibration={count}.")
    rows = np.asarray(rows, np.int64)
    if not len(rows):
        raise DataError("int8 is calibrated on training sequences, and there is none in this data.")
    chosen = np.sort(np.random.default_rng(seed).permutation(rows)[:count])
    return Calibration([store.read(row) for row in chosen], store.table.name[chosen].tolist(), seed)
