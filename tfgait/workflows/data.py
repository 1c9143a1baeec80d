"""From what a user calls "my data" to an open store: found, packed once if it is a tree of images, filtered."""

from dataclasses import replace

from tfgait.core.errors import ConfigError, DataError, check_choice
from tfgait.core.modality import modality as modality_of
from tfgait.datasets import DATASETS
from tfgait.datasets.store import Store
from tfgait.workflows.locating import Packing, located


def open_data(
    datadir="",
    modality="silhouettes",
    *,
    views=(),
    conds=(),
    subjects=(),
    min_frames=1,
    cut=True,
    skip_bad=False,
    processes=None,
    progress=None,
):
    """Open a data set as a `Store`, making or packing it first where that has not been done.

    Images and samples are packed once into ``data/packed-<hash>/``; the hash covers the names, sizes and times of all
    files. How many frames were dropped and which sequences left out stands in ``store.attributes["source"]``.

    Args:
        datadir: a store file; a folder with ``<modality>.h5``; a datadir of Embedded-Gait; a tree of images in the
            layout of CASIA-B, TUM-GAID or `folder`; one root a view, as ``000=path,090=path``; a folder of motion
            capture, which is rendered; or empty: the default walkers, made once. A path that does not exist is also
            looked for in the toolkit's home.
        modality: a name of one. Images become ``silhouettes``, or windows of ``flow``, ``grey``, ``rgb`` or ``depth``;
            stores and samples may hold any.
        views, conds, subjects: keep these only; empty keeps all. ``nm`` keeps ``nm-01`` and its like.
        min_frames: leave shorter sequences out.
        cut: take the empty columns from both sides of silhouettes that are packed, 64 × 64 to 64 × 44.
        skip_bad: leave damaged sequences out, named and counted; False stops at the first.
        processes: None takes all cores.
        progress: called with (done, total, what).

    Raises:
        DataError: no such folder, an empty one, damaged files, another modality, nothing left by the filters.
        ConfigError: a filter names what the data does not have.
    """
    modality_of(modality)
    store = Store(located(str(datadir), modality, Packing(cut, skip_bad, processes, progress)))
    if store.modality.name != modality:
        raise DataError(f"{datadir or store.path} must hold {modality}. Received: a store of {store.modality.name}.")
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
    """Return the `Protocol` called `name`.

    If empty the data set's first one that is cross-view where the store has several views and else is not.
    """
    protocols = dataset_of(store).PROTOCOLS
    if name:
        check_choice("protocol", name, list(protocols))
        return protocols[name]
    several = len(set(store.table.view.tolist())) > 1
    own = next(iter(protocols.values()))
    return next((p for p in protocols.values() if p.cross_view == several), own)


def split_of(store, name=""):
    """Return the `Split` called `name`, the data set's first one if empty; who trains may stand in the store."""
    splits = dataset_of(store).SPLITS
    if name:
        check_choice("split", name, list(splits))
    split = splits[name] if name else next(iter(splits.values()))
    source = store.attributes["source"]
    recorded = source.get("train_subjects") if isinstance(source, dict) else None
    return replace(split, train=tuple(map(str, recorded))) if recorded is not None and split.train is None else split


def role_of(store, nclasses):
    """Return the `Role` that Embedded-Gait's ``--nclasses`` names; `ConfigError` where the data set knows no such."""
    roles = getattr(dataset_of(store), "NCLASSES", {})
    if nclasses not in roles:
        known = " or ".join(map(str, roles)) or "left out: this data set has no such numbers; give split and people"
        raise ConfigError(f"nclasses must be {known} for {name_of(store)}. Received: nclasses={nclasses}.")
    return roles[nclasses]
