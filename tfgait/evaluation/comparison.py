"""Every probe against every cell of the gallery: one pass over the distances, one small table a question."""

from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import DataError
from tfgait.evaluation.distance import check_k, distance_blocks
from tfgait.evaluation.knn import smallest, vote
from tfgait.evaluation.retrieval import rank_scores


@dataclass(frozen=True)
class Comparison:
    """Probes (N) × cells of the gallery (V).

    Args:
        first: rank of the first right item, 0 for none, (N, V) int64.
        ap, inp: average precision and inverse negative penalty, 0 for none, (N, V).
        voted: subject code the k nearest vote for, (N, V) int64.
        nearest, match: row of the table of the nearest item and of the nearest right one (-1 for none), (N, V).
        distance: to the nearest item, (N, V).
        luck: share of right items, which is what random guessing scores, (N, V).
    """

    first: np.ndarray
    ap: np.ndarray
    inp: np.ndarray
    voted: np.ndarray
    nearest: np.ndarray
    match: np.ndarray
    distance: np.ndarray
    luck: np.ndarray


def compare(probe, gallery_embeddings, probes, pairing, subject, apart, k, metric, memory):
    """Return the `Comparison` of these probes with the gallery of a `Pairing`.

    Args:
        probe: embeddings of the probes (N, P, D).
        gallery_embeddings: (M, P, D), in the order of ``pairing.gallery``.
        probes: rows of the probes, (N,).
        subject: codes of every row of the table, (R,) int64.
        apart: codes (R, A) of what a probe must differ in from what it is compared with, see `Pairing`.
        k: neighbours that vote.
    """
    gallery = pairing.gallery
    shape = (len(probes), len(pairing.cells))
    out = Comparison(*(np.zeros(shape, t) for t in (int, float, float, int, int, int, np.float32, float)))
    barring = [codes for codes in apart.T if np.isin(codes[probes], codes[gallery]).any()]
    for start, block in distance_blocks(probe, gallery_embeddings, metric, memory):
        rows = slice(start, start + len(block))
        positive = subject[probes[rows], None] == subject[gallery]
        own = np.zeros(block.shape, bool) if barring else None
        for codes in barring:
            own |= codes[probes[rows], None] == codes[gallery]
        if barring:
            block[own] = np.inf
            positive &= ~own
        for column, (_, cell) in enumerate(pairing.cells):
            part, right = block[:, cell], positive[:, cell]
            size = part.shape[1] - (np.count_nonzero(own[:, cell], axis=1) if barring else np.zeros(len(part), int))
            near = smallest(part, k)
            scores = rank_scores(part, right)
            out.first[rows, column] = scores["first"]
            out.ap[rows, column] = np.nan_to_num(scores["ap"])
            out.inp[rows, column] = np.nan_to_num(scores["inp"])
            items = gallery[cell]
            out.voted[rows, column] = vote(subject[items[near]])
            out.nearest[rows, column] = items[near[:, 0]]
            out.match[rows, column] = np.where(scores["first"] > 0, items[scores["nearest"]], -1)
            out.distance[rows, column] = part[np.arange(len(part)), near[:, 0]]
            out.luck[rows, column] = right.sum(axis=1) / size
    return out


def smallest_cell(pairing, apart, k):
    """Return the fewest gallery items a probe is compared with; raise `ConfigError` where k neighbours are not there.

    Raises:
        DataError: a probe whose own video, or own view, is all there is to compare it with.
    """
    probed = np.unique(apart[np.concatenate(list(pairing.probes.values()))], axis=0)
    without = f"without the probe's own {' and '.join(pairing.apart)}"
    found = []
    for name, cell in pairing.cells:
        items = apart[pairing.gallery[cell]]
        able = probed[np.any([np.isin(own, there) for own, there in zip(probed.T, items.T, strict=True)], axis=0)]
        barred = max((np.count_nonzero((items == own).any(axis=1)) for own in able), default=0)
        left = len(items) - int(barred)
        where = "the gallery" if name == "all" else f"the gallery in view {name}"
        if barred:
            where += f", {without}"
        if not left:
            raise DataError(f"{where} is empty: the data must hold at least two {pairing.apart[-1]}s.")
        check_k(k, left, where)
        found.append(left)
    return min(found)
