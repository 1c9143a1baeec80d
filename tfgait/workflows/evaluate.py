"""Score a model file of any format with a gallery: `test_knn`."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from tfgait.core.errors import ConfigError
from tfgait.core.files import file_hash
from tfgait.core.home import runs_dir
from tfgait.core.manifest import manifest
from tfgait.workflows.data import name_of, open_data, protocol_of, split_of
from tfgait.workflows.evaluate_options import PUBLISHED_METRICS, EvaluateOptions, EvaluateResult
from tfgait.workflows.models import metric_of, resolve_model, runnable
from tfgait.workflows.roles import check_model, with_role

__all__ = ["EvaluateOptions", "EvaluateResult", "evaluate"]
# What makes scores others; those of a folder of their own are kept beside the usual ones.
USUAL = {
    "people": "test",
    "camera": (),
    "views": (),
    "conds": (),
    "metric": "",
    "metrics": "",
    "frames": "central",
    "nframes": 0,
    "last_dense": "",
}
PACKED = {
    "frames_dropped": "frames without a person were dropped",
    "sequences_left_out": "damaged sequences were left out",
    "findings": "things were missing or out of place",
}


def evaluate(options, progress=None, model=None):
    """Score a model and write md, csv, json and pictures; return the `EvaluateResult`.

    Args:
        options: `EvaluateOptions`.
        progress: called with (done, total, what).
        model: `ModelRef` in the place of the one that the options name: a file that belongs to a run elsewhere.

    Raises:
        ConfigError: an unknown choice, k larger than the gallery.
        DataError: a damaged model or data set, one of another modality, or a data set without gallery or probes.
    """
    from tfgait.evaluation.protocol import pair
    from tfgait.runtime import open_runner
    from tfgait.runtime.encoder import Encoder
    from tfgait.workflows.score_files import write_reports

    options.check()
    model = model or resolve_model(options.model)
    path, told = runnable(model, options.last_dense, options.nclasses, options.mod)
    run = replace(model, path=path)
    central = None if options.frames == "all" else options.nframes
    encoder = Encoder(open_runner(path, threads=options.threads), central, options.bs or None)
    check_model(run, encoder, options)
    store = _data(options, model, encoder.modality.name, progress)
    options = with_role(options, store, encoder)
    people, seen = choose_people(store, model, options)
    part = store.take(np.flatnonzero(np.isin(store.table.subject, people)))
    protocol = protocol_of(store, options.protocol)
    options = replace(options, camera=() if options.allcameras else options.camera)
    views = options.camera
    pairing = pair(part.table, protocol, views)
    part = part.take(pairing.rows)
    own = metric_of(run)
    metric = options.metric or (PUBLISHED_METRICS[options.metrics] if options.metrics and own == "parts" else own)
    found, embedded = score(encoder, part, protocol, options.knn, metric, progress, probe_views=views)
    camera = [f"probes of camera {', '.join(views)} alone"] if views else []
    notes = [
        *camera,
        *told,
        *pairing.notes,
        *_cautions(options, part, people, len(set(store.table.subject.tolist())), found),
    ]
    if seen:
        notes.append(f"{seen} of the {len(people)} people scored were trained on")
    source = store.attributes["source"]
    for count, words in PACKED.items():
        if isinstance(source, dict) and source.get(count):
            notes.append(f"{source[count]} {words} when the data was packed")
    record = found.summary()
    result = EvaluateResult(
        model=str(model.path),
        data=str(store.path),
        people=options.people,
        seen=seen,
        cached=embedded.cached,
        seconds=embedded.seconds,
        per_view=found.per_view if options.verbose else {},
        **{name: record[name] for name in EvaluateResult.__dataclass_fields__ if name in record and name != "notes"},
        notes=tuple(notes),
    )
    return write_reports(result, found, part, _out(options, model, store, protocol), manifest(options=vars(options)))


def _cautions(options, store, people, everybody, found):
    """Return what a reader may overlook: people left out, and votes that cannot be won."""
    if len(people) < everybody:
        yield f"{len(people)} of {everybody} people scored, the {options.people} side; --people all scores everybody"
    if not any(store.table.view.tolist()):
        yield "no view is known of any sequence (folders named 000 to 180 below the condition tell it): one pool"
    of_each = found.gallery_cell / max(found.subjects, 1)
    if options.knn > 2 * of_each - 1:
        yield (
            f"k = {options.knn}, but a probe meets {of_each:.3g} gallery sequences of each subject: the vote of k says "
            "little, rank-1 and a smaller --knn say more"
        )


def score(encoder, store, protocol, k=1, metric="parts", progress=None, examples=3, probe_views=()):
    """Return (`EvaluationResult`, `Embedded`) of an encoder on a store: one scorer for every kind of model file."""
    from tfgait.evaluation.evaluate import evaluate as evaluate_embeddings
    from tfgait.workflows.embeddings import embed

    embedded = embed(encoder, store, progress)
    found = evaluate_embeddings(
        embedded.embeddings, store.table, protocol, k, metric, examples=examples, probe_views=probe_views
    )
    return found, embedded


def choose_people(store, model, options):
    """Return (the subjects to score, how many of them the model was trained on).

    On the data a model was trained on, its test people are those its training left out; elsewhere those of the data
    set's split.
    """
    same = model.manifest.get("data_hash") == store.attributes["hash"]
    # A walker's number is the same person in every set that was ever made.
    known = same or {name_of(store), model.manifest.get("dataset")} <= {"walkers", "walkers_tum"}
    split = options.split or (model.manifest.get("config", {}).get("split", "") if same else "")
    chosen = split_of(store, split)
    train, test = chosen.subjects(store.table)
    people = {"test": test, "train": train, "all": [*train, *test]}[options.people]
    if not people:
        needed = f"; who is tested must have one of {', '.join(chosen.having[:4])} …" if chosen.having else ""
        raise ConfigError(
            f"people={options.people} must leave someone to score; split {chosen.name} has {len(train)} training and "
            f"{len(test)} test people{needed}. Give --people all, another --split, or data of more people."
        )
    return people, len(model.trained_on & set(people)) if known else 0


def _data(options, model, modality, progress):
    return open_data(
        options.datadir or model.data,
        modality,
        views=options.views,
        conds=options.conds,
        min_frames=options.min_frames,
        skip_bad=options.skip_bad,
        cut=options.cut,
        progress=progress,
    )


def _out(options, model, store, protocol):
    """Return a folder of its own for each model file, data set, and whatever was asked for but the usual."""
    if options.out:
        return Path(options.out).expanduser()
    asked = [getattr(options, name) for name, usual in USUAL.items() if getattr(options, name) != usual]
    asked = ["" if protocol.name == protocol_of(store).name else protocol.name, *asked]
    asked = ["+".join(a) if isinstance(a, tuple) else str(a) for a in asked if a]
    data = "-".join([store.path.parent.name, *asked])
    if model.shipped:
        return runs_dir() / "scores" / model.run.name / model.path.stem / data
    if model.run is None:
        return runs_dir() / "scores" / f"{model.path.stem}-{file_hash(model.path)[:8]}" / data
    return model.run / "test_knn" / model.path.stem / data
