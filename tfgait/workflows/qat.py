"""Train a network on as its int8 file will compute, and write that file."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tfgait.core.errors import ConfigError
from tfgait.core.files import read_json, write_json
from tfgait.core.home import runs_dir
from tfgait.workflows.data import open_data, protocol_of
from tfgait.workflows.evaluate import score
from tfgait.workflows.export import ExportOptions, export
from tfgait.workflows.fine_tuning import first_training, tuning
from tfgait.workflows.models import load_network, resolve_model
from tfgait.workflows.option_checks import check_folder_name, check_least, check_rate

GENTLER = 0.3  # learning rate by that of fine-tuning after a cut, where nothing else is said: nothing is lost yet


@dataclass(frozen=True)
class QatOptions:
    """What to train for int8, and how.

    Args:
        model: a run, a preset or a .keras file; empty: the latest run, else the shipped network
        epochs: -1: a quarter of those the network was trained for
        steps_per_epoch: 0: as the network was trained
        lr: first learning rate, which falls to nothing; 0: a tenth of the one it was trained with
        distill: learn from the float32 network as well, which does not train
        datadir: data to train on; empty: those the network was trained on
        views: train on these only, with commas; empty: as the network was trained
        conds: train on these only; empty: as the network was trained
        min_frames: leave shorter sequences out
        skip_bad: leave damaged sequences out, named and counted
        calibration: number of training sequences for the int8 file without this training, which is written to compare
        sequences: number of sequences on which files are compared with Keras
        experdir: folder of run folders; empty: runs
        name: of the new run folder; empty: <model>-qat
        seed: of batches, dropout and the sequences drawn
        device: cpu, gpu, or numbers such as 0,1; empty: a GPU where there is one
    """

    model: str = ""
    epochs: int = -1
    steps_per_epoch: int = 0
    lr: float = 0.0
    distill: bool = False
    datadir: str = ""
    views: tuple[str, ...] = ()
    conds: tuple[str, ...] = ()
    min_frames: int = 1
    skip_bad: bool = False
    calibration: int = 64
    sequences: int = 32
    experdir: str = ""
    name: str = ""
    seed: int = 0
    device: str = ""


@dataclass(frozen=True)
class QatResult:
    """A network trained for int8.

    Args:
        run: its run folder; `model.keras` is the plain network, `ranges.json` what its activations are rounded to.
        parent: the network it was made from.
        epochs: of this training.
        file, bytes: the int8 file, and its size.
        cosine: lowest cosine of a sequence's embedding between that file and the network that was trained.
        ptq_file, ptq_cosine: int8 file of the parent by calibration alone, and its lowest cosine to the parent.
        people: held out, on whom the scores are.
        float, ptq, qat: rank-1 in percent for each condition: of the parent in float32, of its int8 file by
            calibration, and of the int8 file after this training.
        notes: what the user should know.
    """

    run: str
    parent: str
    epochs: int
    file: str
    bytes: int
    cosine: float
    ptq_file: str
    ptq_cosine: float
    people: int = 0
    float: dict = field(default_factory=dict)
    ptq: dict = field(default_factory=dict)
    qat: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)


def qat(options, progress=None, fine_tune=None):
    """Train as `QatOptions` say and return a `QatResult`.

    Killed while it trains, the same call goes on where the training was.

    Args:
        options: `QatOptions`.
        progress: called with (done, total, what).
        fine_tune: function of (`TrainOptions`, progress) that trains; None: the ordinary training.

    Raises:
        ConfigError: an option out of its range, a layer that int8 training does not know, or a network trained so
            already.
        DataError: data that cannot be used.
        ParityError: the int8 file is not what was trained; the run is kept.
    """
    check_options(options)
    parent = resolve_model(options.model)
    network = load_network(str(parent.path))
    _check_network(parent, network)
    root = Path(options.experdir).expanduser() if options.experdir else runs_dir()
    name = options.name or f"{parent.name}-qat"
    again = tuning(options, parent, network.name, root, name, parent if options.distill else None)
    rate = again.lr if options.lr else GENTLER * again.lr
    if fine_tune is None:
        from tfgait.workflows.train import train as fine_tune
    tuned = fine_tune(dataclasses.replace(again, initnet=str(parent.path), qat=True, lr=rate), progress)
    run = Path(tuned.run)
    manifest = read_json(run / "manifest.json")
    same = {name: getattr(options, name) for name in ("views", "conds", "min_frames", "skip_bad")}
    how = {**same, "datadir": resolve_model(str(run)).data, "precision": "int8"}
    how |= {"calibration": options.calibration, "sequences": options.sequences, "seed": options.seed}
    ptq = export(ExportOptions(model=str(parent.path), out=str(run / "model_ptq_int8.tflite"), **how), progress)
    made = export(ExportOptions(model=str(run), **how), progress)
    store = open_data(how["datadir"], network.modality, **same, progress=progress)
    held = store.take(np.flatnonzero(np.isin(store.table.subject, manifest["val_people"])))
    files = {"float": parent.path, "ptq": ptq.file, "qat": made.file}
    scores = {name: _rank1(path, held, network.metric, store) for name, path in files.items()}
    result = QatResult(
        run=str(run),
        parent=str(parent.run or parent.path),
        epochs=tuned.epochs,
        file=made.file,
        bytes=made.bytes,
        cosine=made.cosine,
        ptq_file=ptq.file,
        ptq_cosine=ptq.cosine,
        people=len(manifest["val_people"]),
        **scores,
        notes=list(_notes(scores)),
    )
    record = {k: v for k, v in dataclasses.asdict(result).items() if k not in ("run", "parent", "epochs")}
    facts = {"parent": parent.name, "first_training": first_training(parent.manifest), "qat": record}
    write_json(run / "manifest.json", manifest | facts)
    return result


def check_options(options):
    """Raise `ConfigError` for an option that is out of its range."""
    check_least(options, {"steps_per_epoch": 0, "seed": 0, "calibration": 1, "sequences": 1})
    if options.epochs < 1 and options.epochs != -1:
        raise ConfigError(f"epochs must be at least 1, or -1. Received: epochs={options.epochs}.")
    check_rate(options)
    check_folder_name(options)


def _check_network(parent, network):
    """Raise `ConfigError` before anything is trained for nothing."""
    from tfgait.compress.fake_quantised import FakeQuantised

    if parent.ranges:
        before = parent.manifest.get("parent", "the network it came from")
        raise ConfigError(f"model must not be trained for int8 yet. Received: {parent.name}; name {before} instead.")
    FakeQuantised(network)


def _rank1(path, held, metric, store):
    """Return ``{condition: rank-1 in percent}`` of a model file on the people held out; empty where there are none."""
    from tfgait.runtime import open_runner
    from tfgait.runtime.encoder import Encoder

    if not len(held):
        return {}
    found, _ = score(Encoder(open_runner(path)), held, protocol_of(store), metric=metric)
    return found.rank1


def _notes(scores):
    if not scores["float"]:
        yield "nobody was held out, so that the files are not scored"
    elif np.mean(list(scores["qat"].values())) < np.mean(list(scores["ptq"].values())):
        yield "on the people held out the int8 file by calibration alone scores higher: prefer it, or train longer"
