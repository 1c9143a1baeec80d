"""Writes samples and index files as Embedded-Gait reads them."""

from pathlib import Path

import numpy as np

from tfgait.core.errors import ConfigError, DataError, check_choice
from tfgait.core.modality import modality as modality_of
from tfgait.datasets import embedded_gait_layout as layout
from tfgait.datasets.deepdish_writer import write_deepdish

LARGEST = np.iinfo(np.uint16).max  # label, videoId, frames and boxes are kept in 16 bits


class EmbeddedGaitWriter:
    """Writes one folder of samples, each file whole or absent, and at the end the index beside it.

    Boxes are kept in 16 bits; the published tools wrap them at 256. Depth is kept as uint16 millimetres.

    Args:
        root: the datadir; made where it does not exist.
        folder: ``tfimdb_<dataset>_N<people>_<part>_<modality><frames>_<height>x<width>``, see
            `embedded_gait_layout.folder_name`.

    Raises:
        ConfigError: a folder's name, labels or frames that do not fit.
        DataError: an index of that name exists already.

    Example:
        >>> with EmbeddedGaitWriter("TUM_GAID_tf", "tfimdb_tum_gaid_N155_ft_of25_60x60") as writer:
        ...     writer.add(flow, "001", "n-01", "090", 1, 1, frames=range(25), boxes=boxes, set=1)
    """

    def __init__(self, root, folder):
        self.name = layout.parse_folder(folder)
        if self.name is None:
            raise ConfigError(
                f"folder must be named like tfimdb_tum_gaid_N150_train_of25_60x60. Received: folder={folder}."
            )
        self.folder = Path(root) / folder
        self.index = Path(root) / f"{folder}.h5"
        self.modality = modality_of(self.name.modality)
        if self.index.exists():
            raise DataError(f"{self.index} exists already; delete it and its folder, or give another name.")
        self._rows = {}
        self._files = set()
        self._kind = None
        self._sum = 0.0

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            self._write_index()

    def __len__(self):
        return len(self._files)

    def add(self, frames_as_stored, subject, condition, view, video_number, window_number, frames, boxes, set):
        """Write one sample.

        Args:
            frames_as_stored: (T, H, W, C), type and unit as in a packed store of the modality.
            subject: digits, as ``001``.
            condition: ``n-01`` or ``nm-01``.
            view: ``090``.
            video_number: unique in the folder, 1 to 65,535.
            window_number: from 1 on in every video; None for a whole video.
            frames: (T,) numbers of the frames in the video.
            boxes: (T, 4) of the person in them.
            set: 1 train, 2 validation, 3 test.

        Returns:
            name of the file.
        """
        data = self._data(np.asarray(frames_as_stored), window_number is None)
        file = layout.sample_name(subject, condition, view, window_number)
        name = layout.parse_sample(file)
        if file in self._files:
            raise ConfigError(f"every sample must have labels of its own. Received twice: {file}.")
        check_choice("set", set, tuple(layout.SETS.values()))
        row = {
            "label": _small("subject", subject, ()),
            "videoId": _small("video_number", video_number, ()),
            "gait": np.uint8(name.gait),
            "frames": _small("frames", frames, (len(frames_as_stored),)),
            "bbs": _small("boxes", boxes, (len(frames_as_stored), 4)),
        }
        if len(condition.partition("-")[0]) > 1:  # TUM-GAID has one camera, whose files do not name it
            row["cam"] = np.uint16(int(name.view))
        write_deepdish(self.folder / file, {"data": data, "compressFactor": self._factor, **row})
        for column, value in {**row, "set": np.uint8(set), "file": file}.items():
            self._rows.setdefault(column, []).append(value)
        self._files.add(file)
        if window_number is not None:
            self._sum = self._sum + data
        return file

    @property
    def _factor(self):
        return np.uint8(layout.FLOW_FACTOR if self.modality.name == "flow" else 0)

    def _data(self, frames, whole_video):
        wanted = self.modality.shape[2]
        if frames.ndim != 4 or frames.dtype != self.modality.dtype or frames.shape[3] != wanted or not frames.size:
            raise ConfigError(
                f"frames must be {self.modality.dtype} (T, H, W, {wanted}). Received: {frames.dtype} {frames.shape}."
            )
        if not whole_video and len(frames) != self.name.frames:
            raise ConfigError(f"a window must have {self.name.frames} frames in {self.index}. Received: {len(frames)}.")
        data = layout.to_data(frames, whole_video)
        kind = (whole_video, data.shape[1:] if whole_video else data.shape)
        if kind != (self._kind or kind):
            raise ConfigError(
                "samples of one folder must be all windows or all whole videos, of one shape. "
                f"Received: {frames.shape} after {self._kind[1]}."
            )
        self._kind = kind
        return data

    def _write_index(self):
        if not len(self):
            raise DataError(f"{self.index} was not written: not one sample was left to put into {self.folder.name}.")
        whole_videos, shape = self._kind
        ragged = ("frames", "bbs") if whole_videos else ()
        index = {name: np.array(values) for name, values in self._rows.items() if name not in ragged}
        if not whole_videos:
            index |= {"mean": (self._sum / len(self)).astype(np.float32), "shape": tuple(map(int, shape))}
        write_deepdish(self.index, {**index, "compressFactor": self._factor})


def _small(name, values, shape):
    try:
        numbers = np.rint(np.asarray(values, np.float64))
    except (TypeError, ValueError):
        numbers = np.array(np.nan)
    if numbers.shape != shape or not ((numbers >= 0) & (numbers <= LARGEST)).all():
        raise ConfigError(f"{name} must be numbers from 0 to {LARGEST} of shape {shape}. Received: {values}.")
    return numbers.astype(np.uint16)[()]
