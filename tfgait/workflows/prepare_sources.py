"""Whose walk a video or a folder of frames shows: found by where it lies and what it is called."""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tfgait.core.errors import DataError
from tfgait.core.files import read_json
from tfgait.core.table import SequenceTable
from tfgait.datasets import folder, image_tree, tum_gaid
from tfgait.datasets.protocol import natural
from tfgait.preprocess.video import SUFFIXES
from tfgait.workflows.made_folder import WALKERS

# Where a data set keeps its kinds of picture; one that has none of these folders holds one kind itself.
FOLDERS = {"image": ("image", "rgb", "grey", "video"), "depth": ("depth",), "silhouettes": ("silhouettes",)}
NAMES = {
    "tum_gaid": re.compile(r"p?(?P<subject>\d{3,5})-(?P<kind>[nbs])-?(?P<number>\d{2})"),
    "casia_b": re.compile(r"(?P<subject>\d{3,5})-(?P<kind>nm|bg|cl)-(?P<number>\d{2})-(?P<view>\d{3})"),
}
MADE = {"tum_gaid": "walkers_tum", "casia_b": "walkers"}


@dataclass(frozen=True)
class Walk:
    """One walk: labels as in a `SequenceTable`, the name unique, and ``{kind of picture: its video or folder}``."""

    subject: str
    condition: str
    view: str
    name: str
    inputs: dict = field(hash=False)


@dataclass(frozen=True)
class Sources:
    """All walks of a data set, its name in `DATASETS`, who trains where its lists say so, what was passed over."""

    dataset: str
    walks: list
    train_subjects: list = field(default_factory=list)
    findings: list = field(default_factory=list)


def find(root, modalities):
    """Return the `Sources` below a folder.

    A walk is a folder of images or a file (avi, mp4, mov, mkv): ``p001/n01`` or ``p001-n01.avi`` as in TUM-GAID;
    ``001/nm-01/090`` or ``001-nm-01-090.avi`` as in CASIA-B; else ``subject[/condition][/view]/name``. Depth and
    silhouettes lie in folders of that name beside ``image``, with equal names in them.

    Args:
        root: the folder.
        modalities: that are wanted; silhouettes alone may lie in the folder itself.

    Raises:
        DataError: no such folder, nothing in it, or two walks of one name.
    """
    root = Path(root).expanduser()
    roots = {kind: root / f for kind, names in FOLDERS.items() for f in names[::-1] if (root / f).is_dir()}
    roots = roots or {"silhouettes" if set(modalities) == {"silhouettes"} else "image": root}
    inputs, findings = {}, []
    for kind, base in roots.items():
        found, more = _pictures(base)
        findings += more
        for key, path in found:
            if kind in inputs.setdefault(key, {}):
                raise DataError(f"{root} holds two of {'/'.join(key)}: {inputs[key][kind]} and {path}.")
            inputs[key][kind] = path
    if not inputs:
        raise DataError(
            f"{root} must hold videos ({', '.join(SUFFIXES)}) or folders of frames. "
            + (f"Found instead: {findings[0]}." if findings else "It holds none.")
        )
    dataset, table = _labelled(list(inputs), root)
    for name, count in Counter(table.name.tolist()).items():
        if count > 1:
            raise DataError(f"{root} holds {count} videos of {name}; every walk must have a name of its own.")
    walks = [
        Walk(*(str(getattr(table, c)[row]) for c in ("subject", "condition", "view", "name")), inputs[key])
        for row, key in enumerate(inputs)
    ]
    dataset = MADE.get(dataset, dataset) if _is_made(root) else dataset
    train = tum_gaid.train_subjects(root) if dataset == "tum_gaid" else None
    return Sources(dataset, walks, train or [], findings)


def fingerprint(walk):
    """Return a hash of the names, sizes and times of all files of a walk, its boxes among them."""
    states = []
    for kind, path in sorted(walk.inputs.items()):
        boxes = boxes_file(path)
        files = [path, boxes] if path.is_file() else [boxes]
        states += [f"{kind} {f.name} {f.stat().st_size} {f.stat().st_mtime_ns}" for f in files if f.is_file()]
        if path.is_dir():
            states.append(f"{kind} {image_tree.fingerprint(path.parent, [path.name])}")
    return hashlib.sha256("\n".join(states).encode(errors="surrogateescape")).hexdigest()


def boxes_file(path):
    """Return where the boxes of a video or a folder of frames would lie: beside it, ``.csv`` in place of its suffix."""
    return path.with_name((path.name if path.is_dir() else path.stem) + ".csv")


def _pictures(base):
    """Return ([(names from the base on, path)], findings) of all folders of images and all videos."""
    folders, findings = image_tree.image_folders(base)
    found = [(parts, base.joinpath(*parts)) for parts, _ in folders]
    films = set()
    for path in base.rglob("*"):
        parts = path.relative_to(base).parts
        film = path.suffix.lower() in SUFFIXES and path.is_file() and not any(p.startswith(".") for p in parts)
        if film and path.resolve().is_relative_to(base.resolve()):
            found.append(((*parts[:-1], path.stem), path))
            films.add("/".join(parts[:-1]))
    findings = [f for f in findings if f.what != image_tree.EMPTY or f.path not in films]
    return sorted(found, key=lambda item: ([natural(part) for part in item[0]], item[1])), findings


def _labelled(keys, root):
    """Return (name of the data set, `SequenceTable` of the keys)."""
    for dataset, pattern in NAMES.items():
        matches = [pattern.fullmatch(key[-1]) or pattern.fullmatch("-".join(key)) if key else None for key in keys]
        if all(matches):
            return dataset, SequenceTable.from_rows([_row(match.groupdict()) for match in matches])
    rows = []
    for key in keys:
        labels = folder.labels(key)
        if labels is None:
            raise DataError(
                f"{root}: {'/'.join(key) or 'the folder itself'} must be named as in TUM-GAID (p001/n01), CASIA-B "
                "(001/nm-01/090), or as subject[/condition][/view]/name, and all videos alike."
            )
        rows.append((*labels, 0, "/".join(key)))
    return "folder", folder.numbered(rows)


def _row(names):
    condition, view = f"{names['kind']}-{names['number']}", names.get("view", tum_gaid.VIEW)
    return names["subject"], condition, view, f"{names['subject']}-{condition}-{view}", 0, ""


def _is_made(root):
    return (root / WALKERS).is_file() and "made" in read_json(root / WALKERS)
