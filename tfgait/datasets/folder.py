"""Anyone's own images: ``root/subject[/condition][/view]/sequence/000001.png`` (png, jpg or bmp).

- One folder between subject and sequence is a view if its name is a number (``090``), else a condition.
- A condition without a repetition gets one: the sequences of a subject, condition and view are numbered in natural
  order, ``bag`` → ``bag-01``, ``bag-02``; without conditions they are ``nm-01``, ``nm-02``, ….
- One root a view: give a dict ``{"000": root, "090": other_root}`` in place of a root.

Protocol ``first``: every subject's first ``nm`` sequence is the gallery, the later ones and all others are probes.
"""

import os
import re
from collections import Counter
from pathlib import Path

from tfgait.core.errors import DataError
from tfgait.core.table import SequenceTable
from tfgait.datasets.image_tree import Finding, image_folders
from tfgait.datasets.protocol import Protocol, Split

MODALITIES = ("silhouettes", "grey", "flow")
SPLITS = {
    "half": Split("half", 0.5),
    "all_train": Split("all_train", 1.0),
    "all_test": Split("all_test", 0.0),
}
PROBES = {"nm": tuple(f"nm-{i:02d}" for i in range(2, 100)), "bg": ("bg",), "cl": ("cl",)}
PROTOCOLS = {
    "first": Protocol("first", ("nm-01",), PROBES, cross_view=False),
    "first_multi_view": Protocol("first_multi_view", ("nm-01",), PROBES, cross_view=True),
}
REPEATED = re.compile(r".+-\d+")


def index(root, min_frames=1):
    """Return the `SequenceTable` of a folder, or of a dict {view: folder}; paths are relative to `base(root)`.

    Args:
        min_frames: sequences with fewer images are left out.

    Raises:
        DataError: no folder, or not one sequence of that length in the layout above.
    """
    return read(root, min_frames)[0]


def check(root, min_frames=1):
    """Return a list of `Finding`: what is empty, too short or does not belong; see `index` for errors."""
    return read(root, min_frames)[1]


def base(root):
    """Return the folder that a table's paths start from: the root itself, or what several roots have in common."""
    if isinstance(root, dict):
        return Path(os.path.commonpath([Path(r).resolve() for r in root.values()]))
    return Path(root)


def read(root, min_frames=1):
    """Return (`SequenceTable`, findings): `index` and `check` in one walk."""
    roots = root if isinstance(root, dict) else {"": root}
    found, findings = [], []
    for view, folder in roots.items():
        folders, more = image_folders(folder)
        findings += more
        start = "" if not isinstance(root, dict) else Path(folder).resolve().relative_to(base(root)).as_posix()
        for parts, count in folders:
            named = labels(parts, view)
            path = "/".join((start, *parts) if start not in ("", ".") else parts)
            if named is None:
                findings.append(Finding(path, "images outside the layout subject[/condition][/view]/sequence"))
            elif count < min_frames:
                findings.append(Finding(path, f"{count} frames, fewer than {min_frames}; left out"))
            else:
                found.append((*named, count, path))
    if not found:
        raise DataError(
            f"{root} holds no sequence of the layout subject[/condition][/view]/sequence/000001.png"
            + (f" with at least {min_frames} frames." if min_frames > 1 else ".")
            + (f" Found instead: {findings[0]}." if findings else " It is empty.")
        )
    return numbered(found), findings


def labels(parts, view=""):
    """Return (subject, condition, view) of the names from the root to a sequence, or None where they do not fit."""
    between = list(parts[1:-1])
    if len(parts) < 2 or len(between) > (1 if view else 2):
        return None
    if not view and between and re.fullmatch(r"\d{1,3}", between[-1]):
        view = between.pop()
    if len(between) > 1:
        return None
    return parts[0], between[0] if between else "nm", view.zfill(3) if view else ""


def numbered(found):
    """Return the `SequenceTable` of (subject, condition, view, length, path), with a repetition for each condition."""
    seen, rows = Counter(), []
    for subject, condition, view, count, path in found:
        if not REPEATED.fullmatch(condition):
            seen[subject, condition, view] += 1
            condition = f"{condition}-{seen[subject, condition, view]:02d}"
        rows.append((subject, condition, view, path.replace("#", "_"), count, path))
    return SequenceTable.from_rows(rows)
