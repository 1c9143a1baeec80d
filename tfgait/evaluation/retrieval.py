"""Retrieval scores from the ranks of the right gallery items; no full sort."""

import numpy as np

# Compared values held at a time: a bool each.
CHUNK = 1 << 24


def positive_ranks(distance, positives):
    """Return the ranks, from 1, that these items take when one row is sorted; ascending.

    Ties are ranked by column, so that the result equals a stable sort.

    Args:
        distance: (M,) of one probe.
        positives: columns of the right items, (n,).

    Returns:
        (n,) int64.
    """
    ranks = np.empty(len(positives), np.int64)
    step = max(1, CHUNK // len(distance))
    for start in range(0, len(positives), step):
        own = distance[positives[start : start + step], None]
        ranks[start : start + step] = 1 + np.count_nonzero(distance < own, axis=1)
        for i in np.flatnonzero(np.count_nonzero(distance == own, axis=1) > 1):
            ranks[start + i] += np.count_nonzero(distance[: positives[start + i]] == own[i])
    return np.sort(ranks)


def rank_scores(distance, positive):
    """Return what retrieval scores are made of, for every probe.

    Args:
        distance: (N, M); infinite for items that do not take part.
        positive: (N, M) bool, the right items.

    Returns:
        dict of (N,) arrays: ``first`` int64, rank of the first right item, 0 where there is none; ``nearest``, its
        column, -1 where there is none; ``ap``, mean precision at the hits; ``inp``, number of hits divided by the
        rank of the last one. ``ap`` and ``inp`` in [0, 1], NaN where there is no right item.
    """
    count = len(distance)
    first, nearest = np.zeros(count, np.int64), np.full(count, -1)
    ap, inp = np.full(count, np.nan), np.full(count, np.nan)
    for row in range(count):
        positives = np.flatnonzero(positive[row])
        if not len(positives):
            continue
        ranks = positive_ranks(distance[row], positives)
        first[row] = ranks[0]
        nearest[row] = positives[distance[row, positives].argmin()]
        ap[row] = np.mean(np.arange(1, len(ranks) + 1) / ranks)
        inp[row] = len(ranks) / ranks[-1]
    return {"first": first, "nearest": nearest, "ap": ap, "inp": inp}


def retrieval(distance, positive, ranks=(1, 5, 10)):
    """Return CMC, mAP and mINP in percent over the probes that have a right item (OpenGait's definitions).

    Args:
        distance: (N, M); infinite for items that do not take part.
        positive: (N, M) bool.
        ranks: CMC is the share of probes with a right item among the nearest r.

    Returns:
        dict: ``rank1``, …, ``mAP``, ``mINP``, and ``probes``, how many counted.
    """
    scores = rank_scores(distance, positive)
    valid = scores["first"] > 0
    if not valid.any():
        return {**{f"rank{r}": float("nan") for r in ranks}, "mAP": float("nan"), "mINP": float("nan"), "probes": 0}
    first = scores["first"][valid]
    return {
        **{f"rank{r}": 100 * float(np.mean(first <= r)) for r in ranks},
        "mAP": 100 * float(scores["ap"][valid].mean()),
        "mINP": 100 * float(scores["inp"][valid].mean()),
        "probes": int(valid.sum()),
    }
