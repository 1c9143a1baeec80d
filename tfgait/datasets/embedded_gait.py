"""Embedded-Gait's data as they lie on a disk: ``tfimdb_*.h5`` index files beside folders of HDF5 samples.

Layout of a datadir (``TUM_GAID_tf``, ``CASIAB_tf``): `tfgait.datasets.embedded_gait_layout`. An index says of every
sample its file, ``label``, ``gait`` (1 normal, 2 bag, 3 shoes or coat), ``videoId``, ``set`` (1 train, 2 validation,
3 test) and, for CASIA-B, ``cam``. GaitSet's silhouettes, one file a video, are also taken without an index, from a
folder of the same name or from the datadir itself.

The index alone is read to know what there is; a sample is opened when it is packed. Before anything is used it is
checked: that files exist and lie inside the datadir, and that name, index and content of a sample agree.

Reference: github.com/PaulaRuizB/Embedded-Gait.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfgait.core.errors import DataError
from tfgait.datasets.deepdish_file import read_deepdish
from tfgait.datasets.embedded_gait_layout import SETS, FolderName, SampleName, parse_folder, parse_sample, to_frames
from tfgait.datasets.image_tree import Finding, inside

DATASETS = ("tum_gaid", "casia_b", "walkers_tum", "walkers")
COLUMNS = ("file", "label", "gait", "videoId", "set")  # of an index
ENTRIES = ("data", "label", "gait", "videoId", "compressFactor")  # of a sample; its frames and boxes are not needed
MOST_BYTES = 1 << 28  # of one sample: a video of 16 thousand frames of 64 × 64 needs a quarter


@dataclass(frozen=True)
class Folder:
    """A folder of samples.

    Args:
        path: relative to the datadir; ``.`` for the datadir itself.
        name: what its name says.
        index: file beside it, relative to the datadir; None where there is none.
    """

    path: str
    name: FolderName
    index: str | None


@dataclass(frozen=True)
class Sample:
    """A sample that an index names and whose name, label, gait and camera agree.

    Args:
        path: relative to the datadir.
        name: what its name says.
        part: of its folder: ``train``, ``ft`` or ``test``.
        set: 1 train, 2 validation, 3 test.
        frames: of a window.
        video_id, shape: what its content must say; None where no index tells.
    """

    path: str
    name: SampleName
    part: str
    set: int
    frames: int
    video_id: int | None = None
    shape: tuple | None = None


def folders(root):
    """Return the `Folder`s of a datadir in the order of their names; none where it is of another layout."""
    with os.scandir(root) as entries:
        names = sorted(entry.name for entry in entries)
    found = []
    for name in names:
        parsed = parse_folder(name)
        if parsed and parsed.dataset in DATASETS and (Path(root) / name).is_dir():
            found.append(Folder(name, parsed, f"{name}.h5" if f"{name}.h5" in names else None))
    if not found and any(_whole_video(name) for name in names):
        found = [Folder(".", FolderName("casia_b", 0, "test", "silhouettes", 0), None)]
    return found


def folders_of(root, modality):
    """Return the folders of one modality; see `folders`.

    Raises:
        DataError: there are none, or they belong to several data sets.
    """
    found = folders(root)
    chosen = [folder for folder in found if folder.name.modality == modality]
    if not chosen:
        others = ", ".join(sorted({folder.name.modality for folder in found})) or "nothing of Embedded-Gait's layout"
        raise DataError(f"{root} must hold {modality}. Received: a datadir with {others}.")
    datasets = sorted({folder.name.dataset for folder in chosen})
    if len(datasets) > 1:
        raise DataError(f"{root} must hold one data set. Received: {' and '.join(datasets)}.")
    return chosen


def read_folder(root, folder):
    """Return ([`Sample`], [`Finding`]): what its index names, and what of it cannot be used and why.

    Raises:
        DataError: the index is no index, windows have none, or the folder leaves the datadir.
    """
    with os.scandir(inside(root, folder.path)) as entries:
        present = {entry.name for entry in entries}
    if folder.index:
        rows, shape = _read_index(inside(root, folder.index))
    else:
        rows, shape = [(name, None, None, None, None, None) for name in sorted(filter(_whole_video, present))], None
        if not rows and any(map(parse_sample, present)):
            raise DataError(f"{folder.path} holds windows, which {folder.path}.h5 beside it must name; there is none.")
    samples, findings = [], []
    for file, label, gait, video_id, set_, cam in rows:
        name = parse_sample(file)
        path = f"{folder.path}/{file}" if folder.path != "." else file
        wrong = _disagreement(name, label, gait, cam, set_) if name else "no name of a sample, such as p001-n01-01.h5"
        if not wrong and file not in present:
            wrong = f"named by {folder.index}, but absent"
        if wrong:
            findings.append(Finding(path[:200], wrong))
        else:
            set_ = SETS["test" if folder.name.part == "test" else "train"] if set_ is None else set_
            exact = None if name.window is None else shape
            samples.append(Sample(path, name, folder.name.part, set_, folder.name.frames, video_id, exact))
    return samples, findings


def load(root, modality, sample):
    """Return the frames of a sample as our stores keep them, (T, H, W, C); None where it has none: nobody was seen.

    Raises:
        DataError: absent, not HDF5, damaged, or its content disagrees with its name or index.
    """
    path = inside(root, sample.path)
    record = read_deepdish(path, ENTRIES, MOST_BYTES)
    missing = {"data", "label", "compressFactor"} - record.keys()
    if missing or not isinstance(record["data"], np.ndarray):
        raise DataError(f"{path} must be a sample with data, label and compressFactor. Received: {', '.join(record)}.")
    expected = {"label": int(sample.name.subject), "gait": sample.name.gait, "videoId": sample.video_id}
    for column, wanted in expected.items():
        found = _number(record.get(column, wanted))
        if wanted is not None and found != wanted:
            raise DataError(f"{column} in the file must be {wanted}, as its name and index say. Received: {found}.")
    data = record["data"]
    if not data.size:
        return None
    if sample.shape is not None and data.shape != sample.shape:
        raise DataError(f"data must have the shape {sample.shape} that the index says. Received: {data.shape}.")
    frames = to_frames(data, modality, _number(record["compressFactor"]))
    if sample.name.window is not None and len(frames) != sample.frames:
        raise DataError(f"a window must have {sample.frames} frames, as its folder says. Received: {len(frames)}.")
    return frames


def _whole_video(file):
    name = parse_sample(file)
    return name is not None and name.window is None


def _read_index(path):
    """Return ([(file, label, gait, videoId, set, cam or None)], shape or None)."""
    index = read_deepdish(path, only=(*COLUMNS, "shape", "cam"))
    names = [*COLUMNS, "cam"] if "cam" in index else COLUMNS
    columns = [index[name] for name in names if isinstance(index.get(name), (list, np.ndarray))]
    lengths = [len(column) for column in columns]
    if len(columns) != len(names) or len(set(lengths)) != 1 or not lengths[0]:
        raise DataError(
            f"{path} must have {', '.join(names)}, one a sample. Received: {', '.join(index) or 'nothing'}, "
            f"of lengths {lengths}."
        )
    files = [file.decode(errors="replace") if isinstance(file, bytes) else str(file) for file in columns[0]]
    numbers = [map(_number, column) for column in columns[1:]]
    numbers += [] if "cam" in index else [[None] * len(files)]
    shape = index.get("shape")
    shape = tuple(map(_number, shape)) if isinstance(shape, (tuple, list, np.ndarray)) else None
    return list(zip(files, *numbers, strict=True)), shape


def _disagreement(name, label, gait, cam, set_):
    """Return what an index says otherwise than a sample's name, or None."""
    if label is not None and label != int(name.subject):
        return f"of subject {name.subject}, but its label in the index is {label}"
    if gait is not None and gait != name.gait:
        return f"of gait {name.gait}, but its gait in the index is {gait}"
    if cam is not None and cam != int(name.view):
        return f"of view {name.view}, but its cam in the index is {cam}"
    if set_ is not None and set_ not in SETS.values():
        return f"of set {set_} in the index; 1 train, 2 validation and 3 test exist"
    return None


def _number(value):
    """Return a whole number as int, anything else as a short text, which equals none."""
    if isinstance(value, (int, np.integer)) or isinstance(value, float) and value.is_integer():
        return int(value)
    return None if value is None else str(value)[:50]
