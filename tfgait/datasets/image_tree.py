"""Walks a tree of image folders without ever leaving its root."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from tfgait.core.errors import DataError
from tfgait.datasets.protocol import natural

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp")
MAX_DEPTH = 6
EMPTY = "a folder without images"


@dataclass(frozen=True)
class Finding:
    """Something about a data set that its user should know.

    Args:
        path: relative to the root.
        what: one line.
    """

    path: str
    what: str

    def __str__(self):
        return f"{self.path or '.'}: {self.what}"


def image_folders(root):
    """Return ([(names of the folders from the root down to one with images, number of images)], findings).

    Folders come in natural order. A link to a folder outside the root is not followed; a folder with an image that is
    a link to the outside is left out.

    Raises:
        DataError: the root is no folder, or cannot be read.
    """
    root = Path(root)
    if not root.is_dir():
        raise DataError(f"{root} is no folder; a data set was expected there.")
    found, findings = [], []
    _walk(root, root.resolve(), (), found, findings)
    return found, findings


def _walk(folder, root, parts, found, findings):
    images, folders, outside = 0, [], 0
    for entry in _entries(folder):
        if entry.name.startswith("."):
            continue
        leaves = entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(root)
        if entry.name.lower().endswith(SUFFIXES):
            images, outside = images + 1, outside + leaves
        elif leaves:
            findings.append(Finding("/".join((*parts, entry.name)), "a link that leaves the data set; not followed"))
        elif entry.is_dir():
            folders.append(entry.name)
    if outside:
        findings.append(Finding("/".join(parts), f"{outside} images are links that leave the data set; left out"))
    elif images:
        found.append((parts, images))
    elif not folders:
        findings.append(Finding("/".join(parts), EMPTY))
    if len(parts) == MAX_DEPTH and folders:
        findings.append(Finding("/".join(parts), "folders deeper than any layout; not searched"))
        return
    for name in sorted(folders, key=natural):
        _walk(folder / name, root, (*parts, name), found, findings)


def inside(root, path):
    """Return `root / path`; raise `DataError` where that leaves the root, by `..` or by a link."""
    joined = Path(root) / path
    if not joined.resolve().is_relative_to(Path(root).resolve()):
        raise DataError(f"{path} must lie inside {root}, it leaves it.")
    return joined


def fingerprint(root, paths, suffixes=SUFFIXES):
    """Return a hash of what the folders `paths` hold of these endings, by file name, size and time of change."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path}\n".encode(errors="surrogateescape"))
        for entry in sorted(_entries(Path(root) / path), key=lambda e: e.name):
            if entry.name.lower().endswith(suffixes):
                state = entry.stat()
                line = f"{entry.name} {state.st_size} {state.st_mtime_ns}\n"
                digest.update(line.encode(errors="surrogateescape"))
    return digest.hexdigest()


def _entries(folder):
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror}.") from error
