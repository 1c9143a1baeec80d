"""Make a network sparse, clustered or 8-bit by tensorflow-model-optimization, and measure what that is worth."""

import shutil
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from tfgait.compress.tfmot.layers import choose_layers, layer_rows
from tfgait.compress.tfmot.settings import METHODS
from tfgait.core.errors import ConfigError
from tfgait.core.files import write_json
from tfgait.core.home import runs_dir
from tfgait.core.manifest import manifest
from tfgait.report.tables import write_csv
from tfgait.workflows.data import open_data
from tfgait.workflows.fine_tuning import tuning
from tfgait.workflows.models import load_network, resolve_model, runnable, set_latest
from tfgait.workflows.pruned_run import FACTS, free_folder
from tfgait.workflows.sparsify_options import SparsifyOptions, check_options
from tfgait.workflows.sparsify_process import HEAD, NETWORK, check_installed, run_job
from tfgait.workflows.sparsify_report import file_rows, time_notes

__all__ = ["SparsifyOptions", "SparsifyResult", "sparsify"]


@dataclass(frozen=True)
class SparsifyResult:
    """A network trained under a method of tensorflow-model-optimization.

    Args:
        run: the run folder; `layers.csv` and `files.csv` in it hold the tables.
        parent: the network it was made from.
        method: as asked for.
        steps, epochs, seconds: of the training.
        loss: mean of its last tenth.
        weights: of the layers that were taken.
        sparsity: share of zeros among them, as counted in the result.
        max_abs_error: between the network and the twin that it took its weights from, on random input, outputs scaled
            to a largest value of 1.
        val_before, val: scores on what was held out, of the network before and after.
        left_alone: ``{layer: why}``.
        layers: a row a layer: weights, zeros before and after, different values.
        files: a row a kind of file: bytes, deflated bytes and 1-thread LiteRT time, before and after.
        notes: what the user should know, such as that nothing became faster.
    """

    run: str
    parent: str
    method: str
    steps: int
    epochs: int
    seconds: float
    loss: float
    weights: int
    sparsity: float
    max_abs_error: float
    val_before: dict = field(default_factory=dict)
    val: dict = field(default_factory=dict)
    left_alone: dict = field(default_factory=dict)
    layers: list = field(default_factory=list)
    files: list = field(default_factory=list)
    notes: list = field(default_factory=list)


def sparsify(options, progress=None):
    """Train as `SparsifyOptions` say and return a `SparsifyResult`; the model is ``<run>/model.keras``.

    The training runs in a process of its own. The run folder appears when all is done, or not at all.

    Args:
        options: `SparsifyOptions`.
        progress: called with (done, total, what).

    Raises:
        ConfigError: an option out of its range, a network or layer that the method does not take, no data to train on,
            or the library is not installed.
        DataError: data that cannot be used.
    """
    check_options(options)
    check_installed()
    parent = resolve_model(options.model)
    network = load_network(options.model, options.last_dense, mod=options.mod)
    taken, left = choose_layers(network, options.method)
    if not (options.datadir or parent.data or parent.shipped):
        raise ConfigError(f"datadir must name the data to train on. Received: none, and {parent.name} names none.")
    root = Path(options.experdir).expanduser() if options.experdir else runs_dir()
    name = options.name or f"{parent.name}-{options.method}"
    training = tuning(options, parent, network.name, root, name)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="tfgait-", ignore_cleanup_errors=True) as scratch:
        scratch = Path(scratch)
        path, told = runnable(parent, options.last_dense, mod=options.mod)
        training = _from_parent(training, parent)
        said = run_job(scratch, options.settings, training, path.resolve(), taken, progress)
        result = load_network(str(scratch / NETWORK))
        facts = _facts(options, parent, said, layer_rows(network, result, taken), left)
        facts |= {"seconds": round(time.perf_counter() - began, 1)}
        facts["notes"] = [*told, *said["notes"], *_worse(said), *_short(options, facts)]
        made = scratch / "run"
        made.mkdir()
        for file in (NETWORK, HEAD):
            if (scratch / file).is_file():
                shutil.copyfile(scratch / file, made / file)
        if options.rounds:
            (scratch / "before").mkdir()
            store = open_data(said["data"], network.modality)
            folders = (scratch / "before", made)
            facts["files"] = file_rows((network, result), folders, store, parent, options, progress)
            facts["notes"] += time_notes(facts["files"])
        _write(made, parent, network, said, facts)
        folder = _placed(made, root, name)
    set_latest(folder)
    return SparsifyResult(run=str(folder), **facts)


def _from_parent(training, parent):
    """Return the `TrainOptions` that start from a model, whose classifier goes on training; in float32 as the twin."""
    return replace(training, initnet=str(parent.run or parent.path), mixed_precision=False)


def _placed(made, root, name):
    """Copy a finished run to the first free folder of that name, which is there as a whole or not at all."""
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=".new-") as beside:
        whole = shutil.copytree(made, Path(beside) / "run")
        folder = free_folder(root, name)
        whole.rename(folder)
    return folder


def _facts(options, parent, said, rows, left):
    """Return what a `SparsifyResult` says before anything is converted."""
    counted = [row for row in rows if row["taken"]]
    weights = sum(row["weights"] for row in counted)
    return {
        "parent": str(parent.run or parent.path),
        "method": options.method,
        **{key: said[key] for key in ("steps", "epochs", "loss", "max_abs_error", "val_before", "val")},
        "weights": weights,
        "sparsity": round(float(np.sum([row["sparsity_after"] * row["weights"] for row in counted]) / weights), 4),
        "left_alone": left,
        "layers": rows,
        "files": [],
    }


def _worse(said):
    """Return a note where the network scores worse on what was held out than the one it was made from."""
    score = next((key for key in ("rank1", "accuracy") if key in said["val_before"]), None)
    if score is None or said["val"][score] >= said["val_before"][score]:
        return []
    return [f"{score} on what was held out is {said['val'][score]:.3g}; it was {said['val_before'][score]:.3g} before"]


def _short(options, facts):
    """Return a note where the zeros that were asked for are not there."""
    asked = 0.5 if options.method == "2_by_4" else options.target_sparsity
    if METHODS[options.method].makes != "zeros" or facts["sparsity"] >= asked - 0.01:
        return []
    return [f"{100 * facts['sparsity']:.1f} % of the weights are zero, where {100 * asked:g} % were asked for"]


def _write(folder, parent, network, said, facts):
    """Write the tables and the manifest."""
    for name in ("layers", "files"):
        if facts[name]:
            write_csv(folder / f"{name}.csv", facts[name])
    known = {k: parent.manifest[k] for k in FACTS if k in parent.manifest}
    known |= {k: said[k] for k in ("classes", "val_people")}
    if known.get("data_hash") != said["data_hash"]:
        known |= {k: said[k] for k in ("data", "data_hash")}
    known |= {"net": network.name, "modality": network.modality, "params": network.count_params(), **manifest()}
    done = {k: v for k, v in facts.items() if k not in ("parent", "layers", "files", "val")}
    record = {"parent": parent.name, "val": facts["val"], "sparsify": done, "status": "finished"}
    write_json(folder / "manifest.json", {**known, **record})
