"""Finds what a user calls "my data", and packs it once where it is no store yet."""

import logging
import re
from dataclasses import dataclass
from pathlib import Path

from tfgait.core.errors import ConfigError, DataError, nearest
from tfgait.core.files import record_hash
from tfgait.core.home import data_dir, home
from tfgait.core.modality import MODALITIES
from tfgait.datasets import DATASETS, casia_b, embedded_gait, folder, image_tree, tum_gaid
from tfgait.datasets.mocap import is_mocap
from tfgait.workflows import packing, packing_samples
from tfgait.workflows.code_hash import code_hash
from tfgait.workflows.made_folder import WALKERS
from tfgait.workflows.prepare import PrepareOptions, prepare
from tfgait.workflows.synthesize import SynthesizeOptions, default_walkers, synthesize

LOG = logging.getLogger(__name__)
VIEW_ROOTS = re.compile(r"(\d{1,3}=[^,]+)(,\d{1,3}=[^,]+)*")
SHOWN = 5
LIST = tum_gaid.LISTS[0]
WINDOWED = ("grey", "rgb", "depth")  # of images they are made as `prepare` makes them
TUM_GAID = ("tum_gaid", "walkers_tum")  # so is flow, through the same opening


@dataclass(frozen=True)
class Packing:
    """How what is no store yet becomes one; see `open_data`."""

    cut: bool
    skip_bad: bool
    processes: int | None
    progress: object


def located(datadir, modality, how):
    """Return the path of the store of a modality that `datadir` is, holds or can be made into; see `open_data`."""
    if not datadir:
        return default_walkers(modality, processes=how.processes, progress=how.progress)
    if VIEW_ROOTS.fullmatch(datadir) and not Path(datadir).exists():
        roots = dict(part.split("=", 1) for part in datadir.split(","))
        roots = {view.zfill(3): _existing(path) for view, path in roots.items()}
        return _packed(roots, "folder", modality, how, {})
    path = _existing(datadir)
    if path.is_file():
        return path
    if (path / f"{modality}.h5").is_file():
        return path / f"{modality}.h5"
    others = [f"{m}.h5" for m in MODALITIES if (path / f"{m}.h5").is_file()]
    if others:
        raise DataError(f"{path} must hold {modality}.h5. Received: a folder with {', '.join(others)}.")
    if embedded_gait.folders(path):
        return _packed_samples(path, modality, how)
    if is_mocap(path):
        options = SynthesizeOptions(mocap=str(path), modalities=(modality,), processes=how.processes or 0)
        return Path(synthesize(options, progress=how.progress).files[modality])
    images = ("grey" if modality == "flow" else modality, tum_gaid.FOLDERS.get(modality, modality))
    root = next((path / name for name in images if (path / name).is_dir()), path)
    dataset = _layout(path, root)
    trains = tum_gaid.train_subjects(path) if dataset == "tum_gaid" else None
    if dataset == "tum_gaid" and trains is None:
        LOG.warning("who trains should stand in %s in %s, or it can be neither trained nor tested on", LIST, path)
    if modality in WINDOWED or (modality == "flow" and dataset in TUM_GAID):
        options = PrepareOptions(str(path), modalities=(modality,), processes=how.processes or 0, skip_bad=how.skip_bad)
        return Path(prepare(options, how.progress).files[modality])
    return _packed(root, dataset, modality, how, {} if trains is None else {"train_subjects": trains})


def _existing(path):
    given = Path(path).expanduser()
    for candidate in (given, home() / given, data_dir() / given):
        if candidate.exists():
            return candidate
    beside = [p.name for p in given.parent.iterdir()] if given.parent.is_dir() else []
    raise DataError(f"datadir must exist. Received: datadir={path}.{nearest(given.name, beside)}")


def _layout(path, root):
    folders, _ = image_tree.image_folders(root)
    if any(tum_gaid.is_sequence(parts) for parts, _ in folders):
        return "walkers_tum" if (path / WALKERS).is_file() else "tum_gaid"
    if (path / WALKERS).is_file():
        return "walkers"
    return "casia_b" if any(casia_b.is_sequence(parts) for parts, _ in folders) else "folder"


def _packed_samples(root, modality, how):
    folders = embedded_gait.folders_of(root, modality)
    indices = tuple(folder.index.lower() for folder in folders if folder.index)
    source = {
        "dataset": folders[0].name.dataset,
        "modality": modality,
        "files": image_tree.fingerprint(root, [folder.path for folder in folders], (".h5",)),
        "indices": image_tree.fingerprint(root, ["."], indices),
        "code": code_hash("datasets", "preprocess"),
        "cut": how.cut,
        "skip_bad": how.skip_bad,
    }
    path = data_dir() / f"packed-{record_hash(source)}" / f"{modality}.h5"
    if not path.is_file():
        packing_samples.pack_samples(path, root, modality, source, how.cut, how.skip_bad, how.processes, how.progress)
    return path


def _packed(root, dataset, modality, how, facts):
    if modality not in packing.PACKABLE:
        possible = ", ".join((*packing.PACKABLE, *WINDOWED))
        raise ConfigError(f"images can be packed as {possible}. Received: modality={modality}.")
    table, findings = DATASETS[dataset].index(root), DATASETS[dataset].check(root)
    base = folder.base(root)
    source = {
        "dataset": dataset,
        "modality": modality,
        "files": image_tree.fingerprint(base, table.path),
        "labels": record_hash([table.subject, table.condition, table.view, table.name]),
        "code": code_hash("preprocess"),
        "skip_bad": how.skip_bad,
        **({} if how.cut else {"cut": False}),
        **facts,
    }
    path = data_dir() / f"packed-{record_hash(source)}" / f"{modality}.h5"
    if not path.is_file():
        for finding in findings[:SHOWN]:
            LOG.warning("%s", finding)
        if len(findings) > SHOWN:
            LOG.warning("and %d more findings of this kind in %s", len(findings) - SHOWN, base)
        source["findings"] = len(findings)
        packing.pack(path, base, table, modality, source, how.cut, how.skip_bad, how.processes, how.progress)
    return path
