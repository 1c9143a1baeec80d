"""Enrol people in a gallery, forget them, or choose whom it does not know: `enroll`."""

from dataclasses import asdict
from pathlib import Path

import numpy as np

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.modality import MODALITIES
from tfgait.core.table import SequenceTable
from tfgait.evaluation.open_set import choose_threshold, open_set_distances
from tfgait.preprocess import pool
from tfgait.runtime import open_runner
from tfgait.runtime.encoder import Encoder
from tfgait.runtime.gallery import Gallery
from tfgait.runtime.gallery_file import check_path
from tfgait.runtime.person import checked_name
from tfgait.runtime.sidecar import network_hash
from tfgait.workflows.embeddings import embed
from tfgait.workflows.enroll_options import NO_THRESHOLD, EnrollOptions, EnrollResult
from tfgait.workflows.models import metric_of, resolve_model, runnable

__all__ = ["EnrollOptions", "EnrollResult", "enroll"]
FEW = 100  # strangers, below which a share of 1 % says nothing


def enroll(options, progress=None):
    """Write a gallery of people and return the `EnrollResult`; the file is whole, or as it was before.

    Raises:
        ConfigError: an option out of its range, or one that an existing gallery contradicts.
        DataError: bad videos, images or data, a damaged gallery or model, a gallery of another network.
    """
    options.check()
    name = checked_name(options.name) if options.name else ""
    path = check_path(Path(options.gallery).expanduser())
    if options.changes_only and not path.is_file():
        raise DataError(f"{path} does not exist; source names whom to enrol in a new gallery.")
    encoder, model = None, None
    if not options.changes_only or options.validation:
        model = resolve_model(options.model)
        file, _ = runnable(model)
        encoder = Encoder(open_runner(file, options.threads, options.delegate))
    gallery = _gallery(path, model, encoder, options)
    removed = gallery.remove(options.remove) if options.remove else 0
    added, left_out, notes = {}, [], []
    if not options.changes_only:
        for person, embeddings in _people(name, model, encoder, options, left_out, progress):
            gallery.enrol(person, embeddings)
            added[person] = added.get(person, 0) + len(embeddings)
    if options.threshold is not None:
        gallery.threshold = options.threshold
    elif options.validation:
        gallery.threshold = _chosen(encoder, gallery.metric, options, left_out, notes, progress)
    if not len(gallery) and not removed:
        raise DataError(f"{options.source} must show somebody to enrol. Received: nobody; {'; '.join(left_out)}")
    if not len(gallery):
        raise ConfigError(f"remove must leave somebody in {path}; delete the file. Received: remove={options.remove}.")
    if gallery.threshold is None:
        notes.append(f"nobody is a stranger: {NO_THRESHOLD}")
    gallery.save(path)
    return EnrollResult(
        gallery=str(path),
        bytes=path.stat().st_size,
        people=gallery.people,
        added=added,
        removed=removed,
        sequences=len(gallery),
        model=str(model.path) if model else "",
        network=gallery.network,
        modality=gallery.modality,
        metric=gallery.metric,
        dtype=gallery.dtype,
        threshold=asdict(gallery.threshold) if gallery.threshold else {},
        left_out=len(left_out),
        notes=(*left_out, *notes),
    )


def _gallery(path, model, encoder, options):
    """Return the gallery in a file, of the model's network, or an empty one where there is none."""
    network = network_hash(model.path) if model else None
    if not path.is_file():
        metric = options.metric or metric_of(model)
        return Gallery(network, metric, options.dtype or "float16", modality=encoder.modality.name)
    gallery = Gallery.load(path, network)
    for name in ("metric", "dtype"):
        asked, has = getattr(options, name), getattr(gallery, name)
        if asked not in ("", has):
            raise ConfigError(f"{name} must be left out, or {has} as {path} has it. Received: {name}={asked}.")
    return gallery


def _people(name, model, encoder, options, left_out, progress):
    """Yield (person, embeddings (N, P, D)) of a source; what is left out is told in the list `left_out`."""
    if _is_data(options.source):
        store = _store(options.source or model.data, encoder, progress, options)
        embeddings = embed(encoder, store, progress).embeddings
        for subject in dict.fromkeys(store.table.subject.tolist()):
            yield name or subject, embeddings[store.table.subject == subject]
        return
    from tfgait.workflows.enroll_sources import walks_of

    walks = walks_of(options.source, encoder.modality.name, name)
    walks = [walk for walk in walks if _wanted(walk, options)]
    if not walks:
        views, conds = ",".join(options.views), ",".join(options.conds)
        raise DataError(f"{options.source} has no walk of views={views}, conds={conds}.")
    for walk, embeddings in _walked(walks, encoder, options, left_out, progress):
        yield walk.subject, embeddings


def _walked(walks, encoder, options, left_out, progress):
    """Yield (`Walk`, embeddings (N, P, D)) of walks; what is left out is told in the list `left_out`."""
    from tfgait.workflows.enroll_sources import sequences

    for walk, found in sequences(walks, encoder, options, progress):
        if isinstance(found, pool.Failure):
            left_out.append(f"left out: {found.item}: {found.message}")
        else:
            yield walk, encoder.encode(found)


def _validation(encoder, options, left_out, progress):
    """Return (embeddings (N, P, D), their `SequenceTable`) of a data set or of videos."""
    from tfgait.workflows.enroll_sources import has_videos, walks_of

    if not has_videos(options.validation):
        store = _store(options.validation, encoder, progress)
        return embed(encoder, store, progress).embeddings, store.table
    rows, found = [], []
    walks = walks_of(options.validation, encoder.modality.name)
    for walk, embeddings in _walked(walks, encoder, options, left_out, progress):
        found += [*embeddings]
        labels = (walk.subject, walk.condition, walk.view)
        rows += [(*labels, f"{walk.name}#{number}", 0, "") for number in range(len(embeddings))]
    return np.array(found), SequenceTable.from_rows(rows)


def _is_data(source):
    """Return whether a source is what `--datadir` takes and enrolment does not read itself."""
    path = Path(source).expanduser()
    stores = [path / f"{modality}.h5" for modality in MODALITIES]
    return not source or path.suffix == ".h5" or not path.exists() or any(store.is_file() for store in stores)


def _store(datadir, encoder, progress, options=None):
    """Return the `Store` of a data set for an encoder."""
    try:
        from tfgait.workflows.data import open_data
    except ModuleNotFoundError as absent:
        if datadir and not Path(datadir).expanduser().exists():
            raise DataError(f"{datadir} does not exist.") from absent
        raise ConfigError(
            f"a packed store needs {absent.name}: pip install tfgait[store]. Received: {datadir}; "
            "videos and folders of images need none."
        ) from absent
    kept = {name: getattr(options, name) for name in ("views", "conds", "min_frames", "skip_bad")} if options else {}
    return open_data(datadir, encoder.modality.name, progress=progress, **kept)


def _wanted(walk, options):
    conditions = (walk.condition, walk.condition.rpartition("-")[0])
    views = [view.zfill(3) for view in options.views]
    return (not views or walk.view in views) and (not options.conds or any(c in options.conds for c in conditions))


def _chosen(encoder, metric, options, left_out, notes, progress):
    """Return the `Threshold` chosen on validation data."""
    embeddings, table = _validation(encoder, options, left_out, progress)
    threshold = choose_threshold(*open_set_distances(embeddings, table, metric), options.false_accept)
    if threshold.impostors < FEW:
        notes.append(f"the threshold rests on {threshold.impostors} strangers; a share of 1 % needs {FEW} or more")
    return threshold
