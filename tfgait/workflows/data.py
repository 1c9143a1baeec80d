"""From what a user calls "my data" to an open store: found, packed once if it is a tree of images, filtered."""

import logging
import re
from dataclasses import replace
from pathlib import Path

from tfgait.core.errors import ConfigError, DataError, check_choice, nearest
from tfgait.core.files import record_hash
from tfgait.core.home import data_dir, home
from tfgait.core.modality import MODALITIES
from tfgait.core.modality import modality as modality_of
from tfgait.datasets import DATASETS, casia_b, folder, image_tree
from tfgait.datasets.mocap import is_mocap
from tfgait.datasets.store import Store
from tfgait.preprocess import silhouettes
from tfgait.preprocess.silhouettes import SIZE
from tfgait.workflows import packing
from tfgait.workflows.code_hash import code_hash
from tfgait.workflows.synthesize import RECORD, SynthesizeOptions, default_walkers, synthesize

LOG = logging.getLogger(__name__)
VIEW_ROOTS = re.compile(r"(\d{1,3}=[^,]+)(,\d{1,3}=[^,]+)*")
SHOWN = 5


def open_data(
    datadir="",
    modality="silhouettes",
    *,
    views=(),
    conds=(),
    subjects=(),
    min_frames=1,
    skip_bad=False,
    cut=True,
    processes=None,
    progress=None,
):
    """Open a data set as a `Store`, making or packing it first where that has not been done.

    Images are packed once into ``data/packed-<hash>/``; the hash covers the names, sizes and times of all files. How
    many frames were dropped and which sequences left out stands in ``store.attributes["source"]``.

    Args:
        datadir: a store file; a folder with ``<modality>.h5``; a tree of images in the layout of CASIA-B or `folder`;
            one root a view, as ``000=path,090=path``; a folder of motion capture, which is rendered; or empty: the
            default walkers, made once. A path that does not exist is also looked for in the toolkit's home.
        modality: ``silhouettes`` or ``flow``; stores may hold any.
        views, conds, subjects: keep these only; empty keeps all. ``nm`` keeps ``nm-01`` and its like.
        min_frames: leave shorter sequences out.
        skip_bad: leave damaged sequences out, named and counted; False stops at the first.
        cut: take the empty columns from both sides of silhouettes stored 64 wide; False leaves them 64 × 64.
        processes: None takes all cores.
        progress: called with (done, total, what).

    Raises:
        DataError: no such folder, an empty one, damaged files, another modality, nothing left by the filters.
        ConfigError: a filter names what the data does not have.
    """
    modality_of(modality)
    store = Store(_locate(str(datadir), modality, skip_bad, processes, progress))
    if store.modality.name != modality:
        raise DataError(f"{datadir or store.path} must hold {modality}. Received: a store of {store.modality.name}.")
    if cut and modality == "silhouettes" and store.shape[1] == SIZE:
        store.frames = silhouettes.cut(store.frames[..., 0])[..., None]
    keep = store.table.mask(subjects or None, conds or None, views or None)
    if not keep.any():
        raise DataError(f"no sequence of {datadir} has all of: views {views}, conds {conds}, subjects {subjects}.")
    keep &= store.length >= min_frames
    if not keep.any():
        raise DataError(f"no sequence of {datadir} has {min_frames} frames; the longest has {store.length.max()}.")
    return store if keep.all() else store.take(keep)


def name_of(store):
    """Return the name of the data set a store was made from; `folder` where it does not say."""
    source = store.attributes["source"]
    name = source.get("dataset", "folder") if isinstance(source, dict) else "folder"
    return name if name in DATASETS else "folder"


def dataset_of(store):
    """Return the module of the data set a store was made from."""
    return DATASETS[name_of(store)]


def check_frames(store, network, name):
    """Raise `DataError` unless the frames of a store have the shape that a network takes."""
    wanted = tuple(network.input[network.modality].shape[2:])
    if tuple(store.shape) != wanted:
        raise DataError(
            f"{store.path} must have frames of the shape {wanted}, which {name} takes. Received: {tuple(store.shape)}."
        )


def protocol_of(store, name=""):
    """Return the `Protocol` called `name`; if empty the data set's own, cross-view if the store has several views."""
    protocols = dataset_of(store).PROTOCOLS
    if name:
        check_choice("protocol", name, list(protocols))
        return protocols[name]
    several = len(set(store.table.view.tolist())) > 1
    return next(p for p in protocols.values() if p.cross_view == several)


def split_of(store, name=""):
    """Return the `Split` called `name`, the data set's first one if empty; who trains may stand in the store."""
    splits = dataset_of(store).SPLITS
    if name:
        check_choice("split", name, list(splits))
    split = splits[name] if name else next(iter(splits.values()))
    source = store.attributes["source"]
    recorded = source.get("train_subjects") if isinstance(source, dict) else None
    return replace(split, train=tuple(map(str, recorded))) if recorded and split.train is None else split


def role_of(store, nclasses):
    """Return the `Role` that Embedded-Gait's ``--nclasses`` names; `ConfigError` where the data set knows no such."""
    roles = getattr(dataset_of(store), "NCLASSES", {})
    if nclasses not in roles:
        known = " or ".join(map(str, roles)) or "left out: this data set has no such numbers; give split and people"
        raise ConfigError(f"nclasses must be {known} for {name_of(store)}. Received: nclasses={nclasses}.")
    return roles[nclasses]


def _locate(datadir, modality, skip_bad, processes, progress):
    if not datadir:
        return default_walkers(modality, processes=processes, progress=progress)
    if VIEW_ROOTS.fullmatch(datadir) and not Path(datadir).exists():
        roots = dict(part.split("=", 1) for part in datadir.split(","))
        roots = {view.zfill(3): _existing(path) for view, path in roots.items()}
        return _packed(roots, "folder", modality, skip_bad, processes, progress)
    path = _existing(datadir)
    if path.is_file():
        return path
    if (path / f"{modality}.h5").is_file():
        return path / f"{modality}.h5"
    others = [f"{m}.h5" for m in MODALITIES if (path / f"{m}.h5").is_file()]
    if others:
        raise DataError(f"{path} must hold {modality}.h5. Received: a folder with {', '.join(others)}.")
    if is_mocap(path):
        options = SynthesizeOptions(mocap=str(path), modalities=(modality,), processes=processes or 0)
        return Path(synthesize(options, progress=progress).files[modality])
    images = {"silhouettes": "silhouettes", "flow": "grey"}.get(modality, modality)
    root = path / images if (path / images).is_dir() else path
    return _packed(root, _layout(path, root), modality, skip_bad, processes, progress)


def _existing(path):
    given = Path(path).expanduser()
    for candidate in (given, home() / given, data_dir() / given):
        if candidate.exists():
            return candidate
    beside = [p.name for p in given.parent.iterdir()] if given.parent.is_dir() else []
    raise DataError(f"datadir must exist. Received: datadir={path}.{nearest(given.name, beside)}")


def _layout(path, root):
    if (path / RECORD).is_file():
        return "walkers"
    folders, _ = image_tree.image_folders(root)
    return "casia_b" if any(casia_b.is_sequence(parts) for parts, _ in folders) else "folder"


def _packed(root, dataset, modality, skip_bad, processes, progress):
    if modality not in packing.PACKABLE:
        raise ConfigError(f"images can be packed as {' or '.join(packing.PACKABLE)}. Received: modality={modality}.")
    table, findings = DATASETS[dataset].index(root), DATASETS[dataset].check(root)
    base = folder.base(root)
    source = {
        "dataset": dataset,
        "modality": modality,
        "files": image_tree.fingerprint(base, table.path),
        "labels": record_hash([table.subject, table.condition, table.view, table.name]),
        "code": code_hash("preprocess"),
        "skip_bad": skip_bad,
    }
    path = data_dir() / f"packed-{record_hash(source)}" / f"{modality}.h5"
    if not path.is_file():
        for finding in findings[:SHOWN]:
            LOG.warning("%s", finding)
        if len(findings) > SHOWN:
            LOG.warning("and %d more findings of this kind in %s", len(findings) - SHOWN, base)
        packing.pack(path, base, table, modality, {**source, "findings": len(findings)}, skip_bad, processes, progress)
    return path
