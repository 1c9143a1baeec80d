"""The run folder of a pruned network."""

import itertools
import logging
import shutil
from pathlib import Path

from tfgait.core.errors import UserError
from tfgait.core.files import read_json, record_hash, write_json
from tfgait.core.manifest import manifest
from tfgait.report.tables import write_csv
from tfgait.workflows.fine_tuning import first_training
from tfgait.workflows.run_folder import ELSEWHERE, config_of

LOG = logging.getLogger(__name__)
FACTS = (
    "net",
    "preset",
    "modality",
    "data",
    "data_hash",
    "dataset",
    "seed",
    "frames",
    "classes",
    "val_people",
    "config",
    "first_training",
)
PLAN, LAYERS = "plan.json", "layers.csv"


def write_run(folder, parent, plan, facts, small):
    """Write a whole run folder for a cut network; its manifest comes last.

    Args:
        folder: where; must not exist.
        parent: `ModelRef` of the network it was made from, whose classifier and data go with it.
        plan, facts: the `Plan`, and what a `PruneResult` says.
        small: the cut network.
    """
    from tfgait.compress.plan import write_plan
    from tfgait.train.checkpoints import save_keras

    folder.mkdir(parents=True)
    try:
        save_keras(small, folder / "model.keras")
        if parent.run and (parent.run / "head.keras").is_file():
            shutil.copyfile(parent.run / "head.keras", folder / "head.keras")
        write_plan(folder / PLAN, plan)
        write_csv(folder / LAYERS, facts["layers"])
        known = {k: parent.manifest[k] for k in FACTS if k in parent.manifest}
        _describe(folder, {**known, **manifest()}, parent, facts, folder)
    except BaseException:  # Ctrl-C as well must leave no half-made run, which the next one would step around
        shutil.rmtree(folder, ignore_errors=True)
        raise


def add_pruning(run, cut, parent, facts, tuned_by):
    """Say in the run folder of a fine-tuned network how it was pruned, as that of the cut network does.

    Args:
        run, cut: the folders of the fine-tuned and of the cut network.
        parent, facts: as of `write_run`.
        tuned_by: `tuning_hash` of the fine-tuning.
    """
    for file in (PLAN, LAYERS):
        shutil.copyfile(cut / file, run / file)
    record = read_json(run / "manifest.json") | {"tuned_by": tuned_by, "epochs": facts["epochs"], "val": facts["val"]}
    record["first_training"] = first_training(parent.manifest)
    _describe(run, record, parent, facts, cut)


def tuning_hash(options):
    """Return a hash of the `TrainOptions` of a fine-tuning that leaves out what does not change its result."""
    config = {k: v for k, v in config_of(options).items() if k not in (*ELSEWHERE, "initnet", "verbose")}
    return record_hash(config, 16)


def finished_tuning(root, name, cut, options):
    """Return (folder, facts of its fine-tuning) of the finished tuning of a cut by these options; None: there is none.

    Args:
        root, name: as of `free_folder`.
        cut: the folder of the cut network.
        options: `TrainOptions` of the fine-tuning.
    """
    for folder in itertools.takewhile(Path.exists, _numbered(root, name)):
        if not (folder / "manifest.json").is_file() or not (folder / "model.keras").is_file():
            continue
        record = read_json(folder / "manifest.json")
        if record.get("cut") == cut.name and record.get("tuned_by") == tuning_hash(options):
            told = {k: record["pruning"][k] for k in ("val_before", "val_cut", "notes")}
            return folder, {**told, "val": record["val"], "epochs": record["epochs"]}
    return None


def free_folder(root, name):
    """Return the first of ``name``, ``name-2``, ``name-3`` … that does not exist."""
    return next(folder for folder in _numbered(root, name) if not folder.exists())


def same_cut(root, name, plan):
    """Return the folder among ``name``, ``name-2`` … that holds the very same cut, so that its tuning can go on."""
    from tfgait.compress.plan import read_plan

    for folder in _numbered(root, name):
        if not folder.exists():
            return None
        try:
            if (folder / "manifest.json").is_file() and read_plan(folder / PLAN) == plan:
                return folder
        except UserError as error:
            LOG.warning("%s", error)
    return None


def _numbered(root, name):
    yield root / name
    number = 2
    while True:
        yield root / f"{name}-{number}"
        number += 1


def _describe(folder, record, parent, facts, cut):
    pruning = {k: v for k, v in facts.items() if k not in ("parent", "layers", "val", "epochs")}
    record |= {"params": facts["params_after"], "parent": parent.name, "cut": cut.name, "pruning": pruning}
    write_json(folder / "manifest.json", {**record, "status": "finished"})
