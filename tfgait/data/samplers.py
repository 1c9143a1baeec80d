"""Which rows make which batch. Every sampler ends, covers its rows in an epoch, and draws by (seed, epoch) alone.

``sampler.batches(epoch)`` gives the same batches whenever it is asked, so a run resumes at any (epoch, step) by
skipping; ``len(sampler)`` is the number of batches of every epoch.
"""

import numpy as np

from tfgait.core.errors import ConfigError, DataError


class PKSampler:
    """P subjects with K sequences each a batch, for triplet losses.

    Every sequence is used in an epoch at least once. A subject's last K are filled up with others of its sequences;
    one that has fewer than K repeats them, so that every subject always has K. An epoch has as many batches as that
    takes, P different subjects in each; where the subjects left are fewer than P, others come again.

    Args:
        labels: (N,) who each row is, of any type.
        p: subjects a batch, at least 1 and no more than there are.
        k: sequences of each, at least 1.
        seed: at least 0.

    Raises:
        ConfigError: a value out of its range, or fewer than P subjects.

    Reference: Hermans et al., "In defense of the triplet loss", 2017; the batches of GaitSet and OpenGait.
    """

    def __init__(self, labels, p=8, k=16, seed=0):
        _at_least(1, p=p, k=k)
        _at_least(0, seed=seed)
        self._rows = _rows_of(labels, "labels")
        if len(self._rows) < p:
            raise ConfigError(f"p must be at most the number of subjects, {len(self._rows)}. Received: p={p}.")
        self.p, self.k, self.seed = p, k, seed
        self._groups = np.array([-(-len(rows) // k) for rows in self._rows])
        self._length = max(-(-int(self._groups.sum()) // p), int(self._groups.max()))

    def __len__(self):
        return self._length

    def batches(self, epoch):
        """Return the batches of an epoch, (len, P·K) int64; the K rows of a subject stand together."""
        rng = _generator(self.seed, epoch)
        groups = [iter(self._draw_groups(rng, rows)) for rows in self._rows]
        batches = np.empty((self._length, self.p, self.k), np.int64)
        for batch, subjects in zip(batches, self._draw_subjects(rng), strict=True):
            for place, subject in zip(batch, subjects, strict=True):
                group = next(groups[subject], None)
                place[:] = self._fill(rng, self._rows[subject], ()) if group is None else group
        return rng.permutation(batches).reshape(self._length, -1)

    def _draw_subjects(self, rng):
        """Yield the P subjects of every batch: those with the most groups left, which ends soonest; ties by chance."""
        left = self._groups.astype(np.float64)
        for _ in range(self._length):
            subjects = rng.permutation(np.argsort(-left - rng.random(len(left)) / 2)[: self.p])
            left[subjects] = np.maximum(left[subjects] - 1, 0)
            yield subjects

    def _draw_groups(self, rng, rows):
        rows = rng.permutation(rows)
        return [self._fill(rng, rows, rows[start : start + self.k]) for start in range(0, len(rows), self.k)]

    def _fill(self, rng, rows, chosen):
        """Return `chosen` filled up to K with other rows, each once before any comes twice."""
        chosen = np.asarray(chosen, np.int64)
        pool = np.setdiff1d(rows, chosen)
        while len(chosen) < self.k:
            chosen = np.concatenate([chosen, rng.permutation(pool if len(pool) else rows)[: self.k - len(chosen)]])
            pool = rows
        return chosen


class BalancedSampler:
    """Batches with an equal share of every kind, such as 50 each of normal, bag and shoes in 150.

    What does not divide goes to kinds drawn anew for every batch. An epoch is as long as the most frequent kind
    takes, so that it covers every row; rarer kinds come again, reshuffled. With one kind it is a plain shuffle.

    Args:
        kinds: (N,) the kind of each row, of any type.
        batch: rows a batch, at least one for every kind.
        seed: at least 0.

    Reference: the generator of Embedded-Gait, whose epochs of ceil(N / batch) leave rows out instead.
    """

    def __init__(self, kinds, batch=150, seed=0):
        _at_least(1, batch=batch)
        _at_least(0, seed=seed)
        self._rows = _rows_of(kinds, "kinds")
        if len(self._rows) > batch:
            raise ConfigError(
                f"batch must be at least the number of kinds, {len(self._rows)}. Received: batch={batch}."
            )
        self.batch, self.seed = batch, seed
        self._share = batch // len(self._rows)
        self._length = max(-(-len(rows) // self._share) for rows in self._rows)

    def __len__(self):
        return self._length

    def batches(self, epoch):
        """Return the batches of an epoch, (len, batch) int64."""
        rng = _generator(self.seed, epoch)
        kinds = len(self._rows)
        queues = [self._queue(rng, rows) for rows in self._rows]
        batches = np.empty((self._length, self.batch), np.int64)
        for batch in batches:
            counts = np.full(kinds, self._share)
            counts[rng.permutation(kinds)[: self.batch - kinds * self._share]] += 1
            drawn = [next(queue) for queue, count in zip(queues, counts, strict=True) for _ in range(count)]
            batch[:] = rng.permutation(drawn)
        return batches

    def _queue(self, rng, rows):
        while True:
            yield from rng.permutation(rows)


class SequentialSampler:
    """All rows in order, once; the last batch may be smaller.

    Args:
        n: number of rows, at least 1.
        batch: rows a batch, at least 1.
    """

    def __init__(self, n, batch):
        _at_least(1, n=n, batch=batch)
        self.n, self.batch = n, batch

    def __len__(self):
        return -(-self.n // self.batch)

    def batches(self, epoch=0):
        """Return the batches, a list of int64 arrays; every epoch has the same."""
        return [np.arange(s, min(s + self.batch, self.n)) for s in range(0, self.n, self.batch)]


def _generator(seed, epoch):
    _at_least(0, epoch=epoch)
    return np.random.default_rng([seed, epoch])


def _rows_of(values, name):
    """Return the rows of every distinct value, in the order of the values."""
    values = np.asarray(values)
    if values.ndim != 1 or not len(values):
        raise DataError(f"{name} must be one value a row, at least one row. Received: shape {values.shape}.")
    _, inverse = np.unique(values, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(inverse[order])) + 1)


def _at_least(least, **values):
    for name, value in values.items():
        if not isinstance(value, (int, np.integer)) or value < least:
            raise ConfigError(f"{name} must be a whole number of at least {least}. Received: {name}={value!r}.")
