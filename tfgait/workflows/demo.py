"""The whole path on made people: train, test on people never seen, prune, quantise, compare."""

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tfgait.compress.settings import check_settings
from tfgait.core.errors import ConfigError
from tfgait.core.home import runs_dir
from tfgait.workflows.evaluate import score
from tfgait.workflows.models import metric_of, resolve_model

PRESET = "gaitset_demo"
SPLIT = "four_fifths"
EPOCH = 200


@dataclass(frozen=True)
class DemoOptions:
    """How much of it.

    Args:
        subjects: people made; four fifths train, the others are never seen
        seq_per_subject: walks of each, in 11 views
        steps: of training
        tune_steps: of fine-tuning after pruning
        percentile: share of the filters that go
        mocap: folder of real walks (ASF/AMC or BVH) to score too; empty: none
        out: folder of the report; empty: runs/demo-report
        seed: of people, weights and batches
    """

    subjects: int = 250
    seq_per_subject: int = 5
    steps: int = 1400
    tune_steps: int = 200
    percentile: float = 10.0
    mocap: str = ""
    out: str = ""
    seed: int = 0


@dataclass(frozen=True)
class DemoResult:
    """What the demo found.

    Args:
        table: a row a model: rank-1 in percent of each kind of probe, parameters, bytes, ms a sequence (1 thread).
        report: the HTML file.
        seconds: of everything.
        runs: the run folders made.
        gallery: sequences in the gallery.
        mocap: rank-1 on real walks, where they were given.
    """

    table: list
    report: str
    seconds: float
    runs: dict = field(default_factory=dict)
    gallery: int = 0
    mocap: dict = field(default_factory=dict)


def demo(options, progress=None):
    """Run the whole path and return the `DemoResult`.

    Raises:
        ConfigError: too few people or steps.
        DataError: a folder of motion capture that cannot be read.
    """
    _check(options)
    from tfgait.workflows import demo_report

    began = time.monotonic()
    data = _data(options, progress)
    trained, pruned = _models(options, data, progress)
    files = _files(trained, pruned, data, progress)
    seen = _scores(options, trained, pruned, files, data, progress)
    real = _real_walks(options, pruned, files, progress) if options.mocap else {}
    latency = _latency(files, seen["store"])
    table = _table(seen, trained, pruned, files, latency)
    out = Path(options.out).expanduser() if options.out else runs_dir() / "demo-report"
    report = out / "report.html"
    result = DemoResult(
        table=table,
        report=str(report),
        seconds=round(time.monotonic() - began, 1),
        runs={"trained": trained.run, "pruned": pruned.run},
        gallery=seen["trained"].gallery,
        mocap=real,
    )
    demo_report.write(report, result, options, seen, trained, pruned)
    return result


def _check(options):
    for name, least in {"subjects": 25, "seq_per_subject": 4, "steps": 1, "tune_steps": 0, "seed": 0}.items():
        if getattr(options, name) < least:
            raise ConfigError(f"{name} must be at least {least}. Received: {name}={getattr(options, name)}.")
    check_settings(options.percentile, floor=0.0, round_to=0)
    if options.mocap:
        from tfgait.datasets import mocap

        mocap.index(Path(options.mocap).expanduser())


def _data(options, progress):
    from tfgait.workflows.synthesize import SynthesizeOptions, synthesize

    made = synthesize(
        SynthesizeOptions(
            subjects=options.subjects, seq_per_subject=options.seq_per_subject, frames=30, seed=options.seed
        ),
        progress,
    )
    return made.out


def _models(options, data, progress):
    """Return (`TrainResult`, `PruneResult`)."""
    from tfgait.workflows.prune import PruneOptions, prune
    from tfgait.workflows.train import TrainOptions, train

    trained = train(
        TrainOptions(
            net="gaitset",
            preset=PRESET,
            datadir=data,
            split=SPLIT,
            name="demo",
            **_length(options.steps),
            schedule="cosine",
            warmup=0.05,
            lr=2.5e-3,
            batch_p=12,
            batch_k=5,
            frames=8,
            val_subjects=10 if options.subjects >= 100 else -1,
            seed=options.seed,
        ),
        progress,
    )
    pruned = prune(
        PruneOptions(
            model=trained.run,
            percentile=options.percentile,
            **_length(options.tune_steps),
            seed=options.seed,
        ),
        progress,
    )
    return trained, pruned


def _length(steps):
    """Return epochs of about `EPOCH` steps; validation follows each of them."""
    epochs = round(steps / EPOCH) if steps > EPOCH else min(steps, 1)
    return {"epochs": epochs, "steps_per_epoch": round(steps / max(epochs, 1))}


def _files(trained, pruned, data, progress):
    """Return ``{row: ExportResult}`` of what a board would get."""
    from tfgait.workflows.export import ExportOptions, export

    wanted = {"trained": (trained, "fp32"), "pruned": (pruned, "fp32"), "pruned, int8": (pruned, "int8")}
    return {
        name: export(ExportOptions(model=run.run, precision=precision, datadir=data), progress)
        for name, (run, precision) in wanted.items()
    }


def _scores(options, trained, pruned, files, data, progress):
    """Return the scores of every row, with the store of the people never seen."""
    from tfgait.deploy.keras_runner import KerasRunner
    from tfgait.evaluation.evaluate import evaluate
    from tfgait.evaluation.gei import gei_embeddings
    from tfgait.nets import build
    from tfgait.runtime import open_runner
    from tfgait.runtime.encoder import Encoder
    from tfgait.workflows.data import open_data, protocol_of, split_of

    store = open_data(data, "silhouettes", progress=progress)
    _, test = split_of(store, SPLIT).subjects(store.table)
    store = store.take(store.table.mask(subjects=test))
    protocol = protocol_of(store)
    found = {"store": store, "people": len(test)}
    gei = gei_embeddings([store.read(row) for row in range(len(store))], progress)
    found["gait energy image"] = evaluate(gei, store.table, protocol)
    untrained = Encoder(KerasRunner(build(PRESET))).encode(store.read(row) for row in range(len(store)))
    found["untrained"] = evaluate(untrained, store.table, protocol, metric="parts")
    artefacts = {
        "trained": resolve_model(trained.run).path,
        "pruned": resolve_model(pruned.run).path,
        "pruned, int8": Path(files["pruned, int8"].file),
    }
    for name, path in artefacts.items():
        encoder = Encoder(open_runner(path, threads=2))
        found[name], _ = score(encoder, store, protocol, metric=metric_of(resolve_model(str(path))), progress=progress)
    return found


def _real_walks(options, pruned, files, progress):
    """Return rank-1 of the pruned network and its int8 file on real walks."""
    from tfgait.runtime import open_runner
    from tfgait.runtime.encoder import Encoder
    from tfgait.workflows.data import open_data, protocol_of, split_of

    store = open_data(options.mocap, "silhouettes", progress=progress)
    _, people = split_of(store).subjects(store.table)
    store = store.take(store.table.mask(subjects=people))
    scored = {}
    for name, path in (("pruned", resolve_model(pruned.run).path), ("pruned, int8", Path(files["pruned, int8"].file))):
        encoder = Encoder(open_runner(path, threads=2))
        found, _ = score(encoder, store, protocol_of(store), progress=progress)
        scored[name] = {
            "rank1": found.rank1["nm"],
            "chance": found.chance,
            "people": found.subjects,
            "probes": found.probes["nm"],
        }
    return scored


def _latency(files, store):
    from tfgait.core.frames import central_frames
    from tfgait.runtime import open_runner
    from tfgait.runtime.meter import measure

    frames = np.asarray(store.read(0))
    batch = {"silhouettes": frames[central_frames(len(frames), 30)][None]}
    runners = {name: open_runner(Path(made.file), threads=1) for name, made in files.items()}
    return measure({name: (lambda r=runner: r.run(batch)) for name, runner in runners.items()})


def _table(seen, trained, pruned, files, latency):
    params = {"untrained": trained.params, "trained": trained.params}
    params |= dict.fromkeys(("pruned", "pruned, int8"), pruned.params_after)
    chance = seen["trained"].chance_per_kind
    rows = [{"model": "chance", **{kind: round(value, 2) for kind, value in chance.items()}}]
    for name in ("gait energy image", "untrained", "trained", "pruned", "pruned, int8"):
        row = {"model": name, **{kind: round(value, 2) for kind, value in seen[name].rank1.items()}}
        row["parameters"] = params.get(name)
        row["bytes"] = files[name].bytes if name in files else None
        row["ms"] = round(latency[name].cpu_ms, 2) if name in latency else None
        rows.append(row)
    return rows
