"""Score a model file of any format with a gallery: `test_knn`."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from tfgait.core.errors import ConfigError, check_choice
from tfgait.core.files import file_hash, read_json
from tfgait.core.home import runs_dir
from tfgait.core.manifest import manifest
from tfgait.evaluation.distance import METRICS
from tfgait.workflows.data import name_of, open_data, protocol_of, split_of
from tfgait.workflows.models import load_network, resolve_model, runnable

PEOPLE = ("test", "train", "all")
PACKED = {
    "frames_dropped": "frames without a person were dropped",
    "sequences_left_out": "damaged sequences were left out",
    "findings": "things were missing or out of place",
}


@dataclass(frozen=True)
class EvaluateOptions:
    """What to score, on whom, how.

    Args:
        model: a run, a preset or a model file (.keras, .tflite, .onnx, or .h5 and .hdf5 of Embedded-Gait); empty:
            the latest run, else the shipped preset
        last_dense: of such an .h5 file without classifier: goes (the signature is what it reads) or stays; empty: as
            published, it goes with nclasses=150
        knn: neighbours that vote; rank-1 is always the nearest one alone
        datadir: data set; empty: the data of the run, else the default walkers
        protocol: which sequences are gallery and probes; empty: the data set's own (tfgait list shows them)
        split: how people are divided into training and test; empty: the run's, else the data set's first
        people: test (never seen), train or all
        metric: distance: parts, flattened or cosine; empty: the one the network was published with
        frames: central (30 silhouettes or 25 flow maps, cycled) or all
        views: keep these only, with commas
        conds: keep these only, such as nm or cl-02
        skip_bad: leave damaged sequences out, named and counted
        min_frames: leave shorter sequences out
        threads: of the interpreter
        out: folder of the reports; empty: beside the model, for a shipped preset in runs/scores
    """

    model: str = ""
    last_dense: str = ""
    knn: int = 7
    datadir: str = ""
    protocol: str = ""
    split: str = ""
    people: str = "test"
    metric: str = ""
    frames: str = "central"
    views: tuple[str, ...] = ()
    conds: tuple[str, ...] = ()
    skip_bad: bool = False
    min_frames: int = 1
    threads: int = 2
    out: str = ""


@dataclass(frozen=True)
class EvaluateResult:
    """Scores in percent, keyed by kind of probe (nm, bg, cl).

    Args:
        model: the file scored.
        data: what it was scored on.
        people: whom: test, train or all; `seen` counts those the model was trained on.
        protocol, metric, k: how.
        subjects, gallery, probes: how many.
        rank1, rank5, rank10, mAP, mINP: of the nearest gallery items.
        knn_accuracy, knn_accuracy_video: of the vote of k neighbours; of the majority over a video's sub-sequences.
        chance: rank-1 of random guessing.
        notes: what a reader must know beside the scores.
        cached: whether embeddings were read back.
        seconds: of embedding.
        files: reports written.
    """

    model: str
    data: str
    people: str
    seen: int
    protocol: str
    metric: str
    k: int
    subjects: int
    gallery: int
    probes: dict
    rank1: dict
    rank5: dict
    rank10: dict
    mAP: dict
    mINP: dict
    knn_accuracy: dict
    knn_accuracy_video: dict
    chance: float
    notes: tuple
    cached: bool
    seconds: float
    files: dict = field(default_factory=dict)


def evaluate(options, progress=None):
    """Score a model and write md, csv, json and pictures; return the `EvaluateResult`.

    Raises:
        ConfigError: an unknown choice, k larger than the gallery.
        DataError: a damaged model or data set, one of another modality, or a data set without gallery or probes.
    """
    from tfgait.runtime import open_runner
    from tfgait.runtime.encoder import Encoder
    from tfgait.workflows.score_files import write_reports

    check_choice("frames", options.frames, ("central", "all"))
    check_choice("people", options.people, PEOPLE)
    if options.metric:
        check_choice("metric", options.metric, METRICS)
    if options.knn < 1:
        raise ConfigError(f"knn must be at least 1. Received: knn={options.knn}.")
    model = resolve_model(options.model)
    path, told = runnable(model, options.last_dense)
    encoder = Encoder(open_runner(path, threads=options.threads), None if options.frames == "all" else 0)
    store = _data(options, model, encoder.modality.name, progress)
    people, seen = choose_people(store, model, options)
    part = store.take(np.flatnonzero(np.isin(store.table.subject, people)))
    found, embedded = score(
        encoder,
        part,
        protocol_of(store, options.protocol),
        k=options.knn,
        metric=options.metric or metric_of(replace(model, path=path)),
        progress=progress,
    )
    notes = [*told, *found.notes, *_cautions(options, part, people, len(set(store.table.subject.tolist())), found)]
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
        **{name: record[name] for name in EvaluateResult.__dataclass_fields__ if name in record and name != "notes"},
        notes=tuple(notes),
    )
    return write_reports(result, found, part, _out(options, model, store), manifest(options=vars(options)))


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


def score(encoder, store, protocol, k=1, metric="parts", progress=None, examples=3):
    """Return (`EvaluationResult`, `Embedded`) of an encoder on a store: one scorer for every kind of model file."""
    from tfgait.evaluation.evaluate import evaluate as evaluate_embeddings
    from tfgait.workflows.embeddings import embed

    embedded = embed(encoder, store, progress)
    return evaluate_embeddings(
        embedded.embeddings, store.table, protocol, k=k, metric=metric, examples=examples
    ), embedded


def choose_people(store, model, options):
    """Return (the subjects to score, how many of them the model was trained on).

    On the data a model was trained on, its test people are those its training left out; elsewhere those of the data
    set's split.
    """
    same = model.manifest.get("data_hash") == store.attributes["hash"]
    # A walker's number is the same person in every set that was ever made.
    known = same or name_of(store) == model.manifest.get("dataset") == "walkers"
    split = options.split or (model.manifest.get("config", {}).get("split", "") if same else "")
    train, test = split_of(store, split).subjects(store.table)
    people = {"test": test, "train": train, "all": [*train, *test]}[options.people]
    if not people:
        raise ConfigError(
            f"people={options.people} must leave someone to score; this split has {len(train)} training and "
            f"{len(test)} test people. Give --people all, or another --split."
        )
    return people, len(model.trained_on & set(people)) if known else 0


def metric_of(model):
    """Return the distance a model's embeddings are published with."""
    sidecar = model.path.with_name(model.path.name + ".json")
    described = read_json(sidecar) if sidecar.is_file() else model.manifest
    if described.get("metric") in METRICS:
        return described["metric"]
    return load_network(str(model.path)).metric if model.path.suffix == ".keras" else "parts"


def _data(options, model, modality, progress):
    return open_data(
        options.datadir or model.data,
        modality,
        views=options.views,
        conds=options.conds,
        min_frames=options.min_frames,
        skip_bad=options.skip_bad,
        progress=progress,
    )


def _out(options, model, store):
    """Return a folder of its own for each model file and data set."""
    if options.out:
        return Path(options.out).expanduser()
    data = store.path.parent.name
    if model.shipped:
        return runs_dir() / "scores" / model.run.name / model.path.stem / data
    if model.run is None:
        return runs_dir() / "scores" / f"{model.path.stem}-{file_hash(model.path)[:8]}" / data
    return model.run / "test_knn" / model.path.stem / data
