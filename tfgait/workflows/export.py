"""Write a network for a board: converted, run, compared with Keras on real sequences, described."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfgait.core.errors import ConfigError
from tfgait.core.files import file_hash
from tfgait.deploy.formats import check_format, check_stream
from tfgait.workflows.data import check_frames, open_data, split_of
from tfgait.workflows.models import load_network, resolve_model


@dataclass(frozen=True)
class ExportOptions:
    """Options of `export`.

    Args:
        model: a run, a preset, a .keras file, or an .h5 or .hdf5 file of Embedded-Gait; empty: the latest run, else the
            shipped preset.
        last_dense: of such an .h5 file without classifier: goes (the signature is what it reads) or stays (empty too).
        mod: of such an .h5 file that takes one channel a frame: grey (gray), depth or silhouettes (silhouette).
        format: keras, tflite or onnx.
        precision: fp32, dynamic (int8 weights) or int8 (weights and activations; float32 in and out).
        out: file or folder to write to; empty: beside the model, for a shipped preset in runs/exports.
        datadir: data to calibrate and compare on; empty: the data of the run, else the default walkers.
        views: keep these only, with commas.
        conds: keep these only, such as nm or cl-02.
        min_frames: leave shorter sequences out.
        skip_bad: leave damaged sequences out, named and counted.
        frames: fixed number of frames of a sequence; 0: what the network has, else 30 silhouettes or 25 flow maps.
        batch: fixed size of a batch; 0 leaves it free (onnx, keras).
        stream: write the network in two stages, for frames as they come (tflite; networks whose frames meet in maxima,
            such as GaitSet).
        calibration: number of training sequences that int8 is calibrated on, where it has no ranges from training.
        sequences: number of sequences to compare with Keras on.
        min_cosine: lowest cosine to Keras that is accepted; 0: that of the format.
        seed: draws the sequences.
    """

    model: str = ""
    last_dense: str = ""
    mod: str = ""
    format: str = "tflite"
    precision: str = "fp32"
    out: str = ""
    datadir: str = ""
    views: tuple[str, ...] = ()
    conds: tuple[str, ...] = ()
    min_frames: int = 1
    skip_bad: bool = False
    frames: int = 0
    batch: int = 1
    stream: bool = False
    calibration: int = 64
    sequences: int = 32
    min_cosine: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class ExportResult:
    """What `export` wrote.

    Args:
        file: its path; `<file>.json` describes it.
        format, precision: as asked for.
        bytes: its size.
        cosine: lowest cosine to the Keras embedding of any sequence compared.
        max_abs_error: largest difference of two numbers of the embeddings.
        sequences: how many were compared.
        calibration: hash of the training sequences int8 was calibrated on; empty for the others, and with ranges from
            quantisation-aware training.
        model: the network it came from.
    """

    file: str
    format: str
    precision: str
    bytes: int
    cosine: float
    max_abs_error: float
    sequences: int
    calibration: str
    model: str


def export(options, progress=None):
    """Write a model file with its sidecar and return the `ExportResult`.

    Raises:
        ConfigError: an option out of its range, or a pair of format and precision that does not work.
        DataError: a damaged model or data set, or one of another modality.
        ParityError: the file does not agree with Keras.
    """
    form = check_format(options.format, options.precision, options.batch)
    check_numbers(options)
    if options.stream:
        check_stream(form, options.batch, options.frames)
    if form.calibrated and options.calibration < 1:
        raise ConfigError(f"calibration must be at least 1 sequence. Received: calibration={options.calibration}.")
    model = resolve_model(options.model)
    path = target(model, options.out, f"_stream{form.suffix}" if options.stream else form.suffix)
    network, store = load_with_data(model, options, progress)

    from tfgait.deploy.artefact import export_network
    from tfgait.deploy.calibration import draw

    calibration = None
    # Ranges from training are those of the whole network, on 30 frames.
    if form.calibrated and model.ranges and not options.stream:
        from tfgait.compress.ranges import with_ranges
        from tfgait.deploy.serving import fixed

        network = with_ranges(fixed(network, options.frames), model.ranges)
    elif form.calibrated:
        calibration = draw(store, training_rows(store, model), options.calibration, options.seed)
    artefact = export_network(
        network,
        path,
        form,
        sample(store, options.sequences, options.seed),
        calibration=calibration,
        batch=options.batch,
        frames=options.frames,
        stream=options.stream,
        min_cosine=options.min_cosine or None,
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
        sequences=artefact.parity.sequences,
        calibration=calibration.hash if calibration else "",
        model=str(model.path),
    )


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
    path = path / name if path.is_dir() or not path.suffix else path
    extension = Path(name).suffix
    if path.suffix != extension:
        raise ConfigError(f"out must be a folder, or a file that ends in {extension}. Received: out={out}.")
    if path.resolve() == model.path.resolve():
        raise ConfigError(f"out must not be the model itself. Received: out={out}.")
    return path


def load_with_data(model, options, progress):
    """Return (Keras network, `Store` of its modality): the data named, else the run's, else the default walkers."""
    network = load_network(str(model.path), options.last_dense, mod=options.mod)
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
