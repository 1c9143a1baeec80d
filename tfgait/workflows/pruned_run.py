"""The run folder of a pruned network."""

import logging
import shutil

from tfgait.core.errors import UserError
from tfgait.core.files import read_json, write_json, write_text
from tfgait.core.manifest import manifest

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
        rows = facts["layers"]
        lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
        write_text(folder / LAYERS, "\n".join(lines) + "\n")
        known = {k: parent.manifest[k] for k in FACTS if k in parent.manifest}
        _describe(folder, {**known, **manifest()}, parent, facts, folder)
    except BaseException:  # Ctrl-C as well must leave no half-made run, which the next one would step around
        shutil.rmtree(folder, ignore_errors=True)
        raise


def add_pruning(run, cut, parent, facts):
    """Say in the run folder of a fine-tuned network how it was pruned, as that of the cut network does."""
    for file in (PLAN, LAYERS):
        shutil.copyfile(cut / file, run / file)
    _describe(run, read_json(run / "manifest.json"), parent, facts, cut)


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
