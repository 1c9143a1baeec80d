"""How many people less a file recognises than the network it came from, on people never seen in training."""

import numpy as np

from tfgait.core.errors import UserError
from tfgait.workflows.data import protocol_of
from tfgait.workflows.evaluate import EvaluateOptions, choose_people, metric_of, score
from tfgait.workflows.models import runnable


def rank1_judge(options, model, store):
    """Return (function of an `Encoder` that returns its `Rank1`, or None; why there is none, or an empty string).

    Args:
        options: `ExportOptions`.
        model: `ModelRef` of the network; its embeddings are kept, so that only its first export computes them.
        store: `Store` of its data.
    """
    if not options.rank1_sequences:
        return None, "rank1_sequences is 0"
    try:
        part, pairing = _scored_part(model, store, options.rank1_sequences)
    except UserError as error:
        return None, str(error)

    def judge(encoder):
        from tfgait.deploy.parity import Rank1
        from tfgait.runtime import open_runner
        from tfgait.runtime.encoder import Encoder

        path, _ = runnable(model, options.last_dense, mod=options.mod)
        protocol, metric = protocol_of(part), metric_of(model)
        whole = Encoder(open_runner(path), encoder.frames)
        found = [score(either, part, protocol, metric=metric)[0] for either in (whole, encoder)]
        means = [round(float(np.mean(list(scores.rank1.values()))), 4) for scores in found]
        probes = sum(len(rows) for rows in pairing.probes.values())
        return Rank1(*means, found[0].subjects, len(part), probes)

    return judge, ""


def not_compared(why):
    """Return the notes, none or one, on why rank-1 was not compared."""
    return [f"rank-1 was not compared: {why}"] if why else []


def _scored_part(model, store, most):
    """Return (`Store` of about `most` sequences of the test people, its `Pairing`); `UserError` if there is none."""
    from tfgait.evaluation.protocol import pair

    people, _ = choose_people(store, model, EvaluateOptions(people="test"))
    part = store.take(np.flatnonzero(np.isin(store.table.subject, people)))
    part = part.take(thinned(part.table, most))
    pairing = pair(part.table, protocol_of(part))
    part = part.take(pairing.rows)
    return part, pair(part.table, protocol_of(part))


def thinned(table, most):
    """Return rows of a table, about `most`: of all people and conditions from fewer views, at least two of them.

    Where that is too many still, there are fewer people, at least two.
    """
    views, people = np.unique(table.view), np.unique(table.subject)
    rows = np.arange(len(table))
    if len(rows) > most and len(views) > 2:
        count = min(max(most * len(views) // len(rows), 2), len(views))
        kept = views[np.linspace(0, len(views) - 1, count).round().astype(int)]
        rows = rows[np.isin(table.view, kept)]
    if len(rows) > most and len(people) > 2:
        count = min(max(most * len(people) // len(rows), 2), len(people))
        rows = rows[np.isin(table.subject[rows], people[:count])]
    return rows
