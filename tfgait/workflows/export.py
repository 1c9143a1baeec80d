"""Write a network for a board: converted, run, compared with Keras on real sequences, described."""

from dataclasses import asdict
from pathlib import Path

import numpy as np

from tfgait.core.errors import ConfigError
from tfgait.core.files import file_hash
from tfgait.deploy.formats import check_format, check_stream
from tfgait.workflows.data import check_frames, open_data, split_of
from tfgait.workflows.export_options import ExportOptions, ExportResult
from tfgait.workflows.models import load_network, resolve_model
from tfgait.workflows.rank1_drop import not_compared, rank1_judge

__all__ = ["ExportOptions", "ExportResult", "export"]


def export(options, progress=None):
    """Write a model file with its sidecar and return the `ExportResult`.

    Raises:
        ConfigError: an option out of its range, or a pair of format and precision that does not work.
        DataError: a damaged model or data set, or one of another modality.
        ParityError: the file does not agree with Keras, or recognises fewer people.
    """
    form = check_format(options.format, options.precision, options.batch, options.free_frames)
    check_numbers(options)
    check_rank1_numbers(options)
    if options.stream:
        check_stream(form, options.batch, options.frames)
    if options.free_frames and options.frames:
        raise ConfigError(f"frames must be left out with free_frames. Received: frames={options.frames}.")
    if form.calibrated and options.calibration < 1:
        raise ConfigError(f"calibration must be at least 1 sequence. Received: calibration={options.calibration}.")
    model = resolve_model(options.model)
    path = target(model, options.out, f"_stream{form.suffix}" if options.stream else form.suffix)
    frames = None if options.free_frames else options.frames

    from tfgait.deploy.artefact import export_network, exported
    from tfgait.deploy.calibration import draw

    network, store = load_with_data(
        model, options, progress, lambda network: exported(network, form, options.batch, frames, options.stream)
    )
    calibration = None
    # Ranges from training are those of the whole network.
    if form.litert_int8 and model.ranges and not options.stream:
        from tfgait.compress.ranges import with_ranges
        from tfgait.deploy.serving import fixed

        network = with_ranges(fixed(network, options.frames), model.ranges)
    elif form.calibrated:
        calibration = draw(store, training_rows(store, model), options.calibration, options.seed)
    judge, why = rank1_judge(options, model, store)
    artefact = export_network(
        network,
        path,
        form,
        sample(store, options.sequences, options.seed),
        calibration=calibration,
        batch=options.batch,
        frames=frames,
        stream=options.stream,
        min_cosine=options.min_cosine or None,
        rank1=judge,
        max_rank1_drop=options.max_rank1_drop if options.max_rank1_drop >= 0 else None,
        source=source_of(model, store),
        progress=progress,
    )
    return ExportResult(
        file=str(path),
        format=form.format,
        precision=form.precision,
        bytes=artefact.record["bytes"],
        cosine=artefact.parity.cosine,
        max_abs_error=artefact.parity.max_abs_error,
        rank1_drop=artefact.rank1 and artefact.rank1.drop,
        sequences=artefact.parity.sequences,
        rank1=asdict(artefact.rank1) if artefact.rank1 else {},
        calibration=calibration.hash if calibration else "",
        model=str(model.path),
        notes=tuple(_notes(artefact.record, why)),
    )


def _notes(record, why):
    """Return what a reader may overlook: rank-1 that was not measured, and operators that are slow."""
    yield from not_compared(why)
    if record.get("outside_xnnpack"):
        yield f"LiteRT runs these outside XNNPACK, which is slower: {', '.join(record['outside_xnnpack'])}"


def check_numbers(options):
    """Raise `ConfigError` unless the numbers that exports share lie in their ranges."""
    if options.frames < 0 or options.sequences < 1:
        raise ConfigError(
            f"frames must be from 0, sequences from 1. Received: frames={options.frames}, "
            f"sequences={options.sequences}."
        )
    if options.seed < 0:
        raise ConfigError(f"seed must be at least 0. Received: seed={options.seed}.")
    if not 0 <= options.min_cosine <= 1:
        raise ConfigError(f"min_cosine must lie in [0, 1]. Received: min_cosine={options.min_cosine}.")


def check_rank1_numbers(options):
    """Raise `ConfigError` unless the numbers of the comparison by rank-1 lie in their ranges."""
    drop = options.max_rank1_drop
    if options.rank1_sequences < 0 or not (drop == -1 or 0 <= drop <= 100):
        raise ConfigError(
            f"rank1_sequences must be from 0, max_rank1_drop lie in [0, 100] or be -1. "
            f"Received: rank1_sequences={options.rank1_sequences}, max_rank1_drop={drop}."
        )


def target(model, out, suffix):
    """Return where an export of a model goes.

    Args:
        model: `ModelRef`.
        out: file or folder the user named, or empty.
        suffix: what to add to the model's name where the user named no file.

    Raises:
        ConfigError: it would replace the model itself, or ends in something else than `suffix`.
    """
    name = model.path.stem + suffix
    if not out:
        return model.exports / name
    path = Path(out).expanduser()
    extension = Path(name).suffix
    # A SavedModel is a folder, and may be replaced.
    if not path.suffix or (path.is_dir() and not (path / "saved_model.pb").is_file()):
        path = path / name
    if path.suffix != extension:
        raise ConfigError(f"out must be a folder, or a file that ends in {extension}. Received: out={out}.")
    if path.resolve() == model.path.resolve():
        raise ConfigError(f"out must not be the model itself. Received: out={out}.")
    return path


def load_with_data(model, options, progress, check):
    """Return (Keras network, `Store` of its modality): the data named, else the run's, else the default walkers.

    Args:
        model: `ModelRef`.
        options: `ExportOptions` or `TrtOptions`.
        progress: called with (done, total, what).
        check: function of the network that raises where it cannot be written, before data are made or packed.
    """
    network = load_network(str(model.path), options.last_dense, mod=options.mod)
    check(network)
    store = open_data(
        options.datadir or model.data,
        network.modality,
        views=options.views,
        conds=options.conds,
        min_frames=options.min_frames,
        skip_bad=options.skip_bad,
        progress=progress,
    )
    check_frames(store, network, model.path)
    return network, store


def training_rows(store, model):
    """Return the rows of a store that may be measured on, never those of a gallery or a probe.

    On the data a model was trained on, its training people (validation ones included); elsewhere the training side of
    the data set's split.
    """
    same = model.manifest.get("data_hash") == store.attributes["hash"]
    people = model.trained_on if same else set()
    if not people:
        people, _ = split_of(store).subjects(store.table)
    return np.flatnonzero(np.isin(store.table.subject, list(people)))


def sample(store, count, seed):
    """Return `count` sequences of a store, or all where there are fewer, drawn by a seed."""
    rows = np.sort(np.random.default_rng([seed, 1]).permutation(len(store))[:count])
    return [store.read(row) for row in rows]


def source_of(model, store):
    """Return the record of what an export came from."""
    return {"model": model.name, "model_sha256": file_hash(model.path), "data_hash": store.hash}
