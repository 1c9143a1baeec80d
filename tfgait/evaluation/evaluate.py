"""Score embeddings under a protocol."""

import numpy as np

from tfgait.core.errors import DataError
from tfgait.evaluation.comparison import compare, smallest_cell
from tfgait.evaluation.distance import MEMORY
from tfgait.evaluation.examples import choose_examples
from tfgait.evaluation.knn import majority
from tfgait.evaluation.protocol import pair
from tfgait.evaluation.result import RATES, EvaluationResult

CONFUSION_SUBJECTS = 50


def evaluate(embeddings, table, protocol, k=1, metric="parts", memory=MEMORY, examples=3, probe_views=()):
    """Return the `EvaluationResult` of embeddings under a protocol.

    With ``cross_view`` every probe view is scored against every gallery view by itself; the score is the mean over
    the other views, then over probe views (CASIA-B, OU-MVLP). Without it all views form one pool, with
    ``other_views`` all but the probe's own; the score is the mean over probes.

    Args:
        embeddings: (N, P, D) of a floating type, one a row of the table.
        table: `SequenceTable` of N rows; rows of one video (``name#start``) are its sub-sequences.
        protocol: see `pair`.
        k: neighbours that vote.
        metric: see `distance_blocks`.
        memory: bytes of one block of distances.
        examples: right and wrong answers kept of each kind of probe.
        probe_views: score the probes of these views alone; empty: all.

    Raises:
        ConfigError: k is larger than the gallery of a view; an unknown metric or view.
        DataError: embeddings that do not fit the table or are not finite; a table that does not fit the protocol.
    """
    embeddings = np.asarray(embeddings)
    if embeddings.ndim != 3 or len(embeddings) != len(table):
        raise DataError(
            f"embeddings must be (N, P, D) with one row a sequence, N={len(table)}. Received: {embeddings.shape}."
        )
    pairing = pair(table, protocol, probe_views)
    subjects, subject = np.unique(table.subject, return_inverse=True)
    apart = np.stack([np.unique(getattr(table, name), return_inverse=True)[1] for name in pairing.apart], axis=1)
    cell = smallest_cell(pairing, apart, k)
    gallery = embeddings[pairing.gallery]
    scored, chosen = {}, []
    for kind, probes in pairing.probes.items():
        found = compare(embeddings[probes], gallery, probes, pairing, subject, apart, k, metric, memory)
        scored[kind] = _score(found, probes, pairing, table, subject)
        if not pairing.views:
            scored[kind]["confusion"] = _confusion(subjects, subject[probes], found.voted[:, 0])
        chosen += choose_examples(kind, found, probes, pairing, table, examples)

    def column(name):
        return {kind: values[name] for kind, values in scored.items()}

    chance = column("luck")
    return EvaluationResult(
        protocol=protocol.name,
        metric=metric,
        k=int(k),
        cross_view=bool(pairing.views),
        subjects=len(set(table.subject[pairing.gallery].tolist())),
        gallery=len(pairing.gallery),
        gallery_cell=cell,
        probes={kind: len(rows) for kind, rows in pairing.probes.items()},
        **{name: column(name) for name in RATES},
        chance=sum(chance.values()) / len(chance),
        chance_per_kind=chance,
        views=pairing.views,
        matrices=column("matrix") if pairing.views else {},
        per_view=column("per_view"),
        confusion={} if pairing.views or len(subjects) > CONFUSION_SUBJECTS else column("confusion"),
        examples=tuple(chosen),
        notes=pairing.notes,
    )


def _score(found, probes, pairing, table, subject):
    """Return the scores of one kind of probe, in percent."""
    hit = found.first > 0
    tables = {f"rank{r}": hit & (found.first <= r) for r in (1, 5, 10)}
    tables |= {"mAP": found.ap, "mINP": found.inp, "luck": found.luck}
    tables["knn_accuracy"] = found.voted == subject[probes, None]
    views = dict.fromkeys(tables, table.view[probes])
    votes = [majority(table.video[probes], found.voted[:, column]) for column in range(found.voted.shape[1])]
    first = votes[0][0]
    tables["knn_accuracy_video"] = np.stack([label for _, label in votes], 1) == subject[probes[first], None]
    views["knn_accuracy_video"] = table.view[probes[first]]
    means = {name: mean_score(values, views[name], pairing) for name, values in tables.items()}
    scores = {name: mean for name, (mean, _, _) in means.items()}
    scores["matrix"] = means["rank1"][2]
    per_view = {name: means[name][1] for name in RATES}
    scores["per_view"] = {v: {name: per_view[name][v] for name in RATES} for v in per_view["rank1"]}
    return scores


def mean_score(values, views, pairing):
    """Return the mean of a probes × cells table in percent, as the protocol takes it.

    Args:
        values: (N, V) in [0, 1].
        views: of the probes, (N,).

    Returns:
        mean, the mean of each probe view that was scored, ``{view: mean}``, and the matrix [probe view][gallery
        view], empty where views are not told apart.
    """
    if not pairing.views:
        per_view = {v: 100 * float(values[views == v].mean()) for v in sorted(set(views.tolist()))}
        return 100 * float(values.mean()), per_view, []
    matrix = np.full((len(pairing.views), len(pairing.views)), np.nan)
    columns = [pairing.views.index(name) for name, _ in pairing.cells]
    for row, view in enumerate(pairing.views):
        if (views == view).any():
            matrix[row, columns] = 100 * values[views == view].mean(axis=0)
    others = np.where(np.eye(len(matrix), dtype=bool), np.nan, matrix)
    present = np.isfinite(others).any(axis=1)
    if not present.any():
        raise DataError(
            f"probes in view {', '.join(sorted(set(views.tolist())))} have no gallery in another view: "
            f"{', '.join(name for name, _ in pairing.cells)}. Use a protocol without cross views."
        )
    per_view = np.nanmean(others[present], axis=1)
    names = np.array(pairing.views)[present].tolist()
    return float(per_view.mean()), dict(zip(names, per_view.tolist(), strict=True)), [_plain(row) for row in matrix]


def _confusion(names, true, voted):
    counts = np.bincount(true * len(names) + voted, minlength=len(names) ** 2)
    return {"subjects": names.tolist(), "counts": counts.reshape(len(names), -1).tolist()}


def _plain(values):
    return [None if np.isnan(v) else float(v) for v in values]
