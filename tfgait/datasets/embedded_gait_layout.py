"""Names and stored values of Embedded-Gait's files: what stands in a folder's and a file's name, how a sample is kept.

| | |
|---|---|
| folder | ``tfimdb_tum_gaid_N150_train_of25_60x60``: data set, people, part, modality with frames, size |
| sample | ``p001-n01-01.h5`` (TUM-GAID) or ``001-nm-01-090-01.h5`` (CASIA-B): a window; without its number a video |
| flow | int16 (60, 60, 50), channel 2t + {0 x, 1 y}, pixels a frame × ``compressFactor``, which is 100 |
| grey, RGB | uint8 (60, 60, 25), (60, 60, 75) with channel 3t + {0 red, 1 green, 2 blue} |
| depth | uint8 or uint16 (60, 60, 25); its unit is not said, see `to_frames` |
| silhouettes | uint8 (60, 60, 25); for GaitSet a whole video (T, 64, 64, 1) |

Reference: github.com/PaulaRuizB/Embedded-Gait and the tools of github.com/avagait/ugaitnet that write its data.
"""

import re
from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.modality import PUBLISHED_NAMES
from tfgait.core.modality import modality as modality_of

FOLDER = re.compile(
    r"tfimdb_(?P<dataset>[a-z_]+?)_N(?P<people>\d{1,5})_(?P<part>train|ft|test)(?:_(?P<conditions>[\w-]+?))?"
    r"_(?P<mod>of|gray|rgb|depth|silhouette)(?P<frames>\d{1,3})_\d{1,3}x\d{1,3}"
)
SAMPLES = (
    re.compile(r"p(?P<subject>\d{3,5})-(?P<kind>[nbs])(?P<repetition>\d{2})(?:-(?P<window>\d{2,4}))?\.h5"),
    re.compile(
        r"(?P<subject>\d{3,5})-(?P<kind>nm|bg|cl)-(?P<repetition>\d{2})-(?P<view>\d{3})(?:-(?P<window>\d{2,4}))?\.h5"
    ),
)
SIDE = "090"  # the only view of TUM-GAID
GAITS = {"n": 1, "nm": 1, "b": 2, "bg": 2, "s": 3, "cl": 3}
SETS = {"train": 1, "val": 2, "test": 3}
FLOW_FACTOR = 100  # stored values a pixel
DEPTH_STRETCH = 16  # millimetres a step of 8-bit depth: 4.08 m, the range of the data's sensor, in 255 steps


@dataclass(frozen=True)
class FolderName:
    """What a folder's name says.

    Args:
        dataset: ``tum_gaid``, ``casia_b`` or another of `tfgait.datasets.DATASETS`.
        people: the number after N.
        part: ``train``, ``ft`` (the gallery) or ``test``.
        modality: our name of it.
        frames: of one window; whole videos lie in folders of the same names and do not keep to it.
    """

    dataset: str
    people: int
    part: str
    modality: str
    frames: int


@dataclass(frozen=True)
class SampleName:
    """What a sample's file name says: labels as in `SequenceTable`, gait code 1 to 3, number of the window or None."""

    subject: str
    condition: str
    view: str
    gait: int
    window: int | None

    @property
    def video(self):
        """Name of the video: ``001-nm-01-090``."""
        return f"{self.subject}-{self.condition}-{self.view}"


def parse_folder(name):
    """Return the `FolderName`, or None where the name is of another layout."""
    found = FOLDER.fullmatch(name)
    if not found:
        return None
    modality = modality_of(found["mod"]).name
    return FolderName(found["dataset"], int(found["people"]), found["part"], modality, int(found["frames"]))


def parse_sample(name):
    """Return the `SampleName`, or None where the name is of another layout."""
    found = next((m for m in (pattern.fullmatch(name) for pattern in SAMPLES) if m), None)
    if not found:
        return None
    parts = found.groupdict()
    window = int(parts["window"]) if parts["window"] else None
    condition = f"{parts['kind']}-{parts['repetition']}"
    return SampleName(parts["subject"], condition, parts.get("view", SIDE), GAITS[parts["kind"]], window)


def folder_name(dataset, people, part, modality, frames=25, size=(60, 60)):
    """Return the name of a folder: ``tfimdb_tum_gaid_N150_train_of25_60x60``.

    Args:
        people: number of them.
        part: ``train``, ``ft``, or ``test_`` with its conditions, ``test_n05-06``; for CASIA-B also the view,
            ``test_nm05-06_090``.
    """
    mod = {ours: theirs for theirs, ours in PUBLISHED_NAMES.items()}.get(modality, modality)
    name = f"tfimdb_{dataset}_N{people:03d}_{part}_{mod}{frames}_{size[0]}x{size[1]}"
    if not parse_folder(name):
        raise ConfigError(f"a folder must be named like tfimdb_tum_gaid_N150_train_of25_60x60. Received: {name}.")
    return name


def sample_name(subject, condition, view, window=None):
    """Return the file name of a sample: ``p001-n01-01.h5``, or with CASIA-B's conditions ``001-nm-01-090-01.h5``."""
    kind, _, repetition = condition.rpartition("-")
    end = ".h5" if window is None else f"-{window:02d}.h5"
    labels = f"p{subject}-{kind}{repetition}" if len(kind) == 1 else f"{subject}-{condition}-{view}"
    if not parse_sample(labels + end):
        raise ConfigError(
            "a sample must have a subject of digits, a condition such as n-01 or nm-01 and a view such as 090. "
            f"Received: subject={subject}, condition={condition}, view={view}."
        )
    return labels + end


def to_data(frames, whole_video=False):
    """Turn frames as our stores keep them, (T, H, W, C), into a sample's data: (H, W, T·C), or the video as it is."""
    if whole_video:
        return np.ascontiguousarray(frames)
    moved = np.moveaxis(frames, 0, 2)
    return np.ascontiguousarray(moved.reshape(*moved.shape[:2], -1))


def to_frames(data, modality, factor):
    """Turn a sample's data into frames as our stores keep them, (T, H, W, C).

    Flow becomes int16 hundredths of a pixel whatever its factor, saturated. Depth becomes uint16 millimetres: its
    values divided by the factor; of 8-bit depth every step is taken as 16 mm, since the published tools leave the unit
    open, so distances of such files are a guess. Everything else stays as it is.

    Args:
        data: (H, W, T·C), or a whole video (T, H, W, C).
        modality: our name.
        factor: the sample's ``compressFactor``; 0 counts as 1.

    Raises:
        DataError: the data's type or shape is not the modality's.
    """
    kind, factor = modality_of(modality), max(int(factor), 1)
    allowed = {"flow": ("int16",), "depth": ("uint8", "uint16", "int16")}.get(kind.name, ("uint8",))
    channels = kind.shape[2]
    fits = data.ndim == 4 and data.shape[3] == channels or data.ndim == 3 and data.shape[2] % channels == 0
    if data.dtype.name not in allowed or not fits or 0 in data.shape:
        shapes = f"(H, W, {channels}·T) or (T, H, W, {channels})".replace("1·", "")
        raise DataError(
            f"data of {kind.name} must be {' or '.join(allowed)} {shapes}. Received: {data.dtype} {data.shape}."
        )
    if data.ndim == 3:
        data = np.moveaxis(data.reshape(*data.shape[:2], -1, channels), 2, 0)
    if kind.name == "flow" and factor != FLOW_FACTOR:
        data = np.rint(data * (FLOW_FACTOR / factor))
    elif kind.name == "depth":
        data = data.astype(np.uint16) * np.uint16(DEPTH_STRETCH) if data.dtype == np.uint8 else np.rint(data / factor)
    limits = np.iinfo(kind.dtype)
    if data.dtype != kind.dtype:
        data = np.clip(data, limits.min, limits.max).astype(kind.dtype)
    return np.ascontiguousarray(data)
