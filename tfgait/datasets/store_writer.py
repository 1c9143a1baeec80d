"""Writes the packed store: all frames of a data set in one contiguous piece of one HDF5 file."""

import contextlib
import errno
import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import h5py
import numpy as np

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.files import plain, whole_file
from tfgait.core.modality import modality as modality_of

VERSION = 1
TEXT_COLUMNS = ("subject", "condition", "view", "name")
NUMBER_COLUMNS = ("offset", "length")
COPY_BYTES = 1 << 24
MAX_SOURCE = 60_000  # an HDF5 attribute holds 64 KiB


class StoreWriter:
    """Collects sequences and leaves one store file, whole or absent.

    Frames go to an unnamed temporary file beside the store first, since a contiguous HDF5 dataset cannot grow;
    a killed process leaves no trace of it. Equal sequences in equal order give equal files, byte for byte.

    Args:
        path: the file to make, ``<folder>/<modality>.h5``; its folder is made.
        modality: a name of `tfgait.core.modality.MODALITIES`; it fixes the type of the frames.
        shape: (H, W, C) of one frame; None takes the modality's own.
        source: a JSON-able record of what the frames were made from; the attribute of that name may still be changed
            until the file is written. It is no part of the hash.

    Raises:
        ConfigError: frames, names or shapes that do not fit.
        DataError: no space left, or a folder that cannot be written.

    Example:
        >>> with StoreWriter("data/mine/silhouettes.h5", "silhouettes") as writer:
        ...     writer.add(frames, subject="001", condition="nm-01", view="090", name="001-nm-01-090")
    """

    def __init__(self, path, modality, shape=None, source=None):
        self.path = Path(path)
        self.modality = modality_of(modality)
        self.shape = tuple(int(n) for n in (self.modality.shape if shape is None else shape))
        if len(self.shape) != 3 or min(self.shape) < 1:
            raise ConfigError(f"shape must be (height, width, channels), each at least 1. Received: shape={shape}.")
        self.dtype = np.dtype(self.modality.dtype).newbyteorder("<")
        self.source = {} if source is None else source
        self._rows = {column: [] for column in TEXT_COLUMNS + NUMBER_COLUMNS}
        self._names = set()
        self._frames = 0
        self._digest = hashlib.sha256()
        self._raw = None

    def __enter__(self):
        with _plain_trouble(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._raw = tempfile.TemporaryFile(dir=self.path.parent)
        return self

    def __exit__(self, kind, error, trace):
        try:
            if kind is None:
                self._finish()
        finally:
            with contextlib.suppress(OSError):  # a full disk also refuses the last flush of what is thrown away
                self._raw.close()

    def __len__(self):
        return len(self._names)

    def add(self, frames, subject, condition, view, name):
        """Append one sequence: frames (T, H, W, C) of the store's type and shape, T >= 1; texts as in the table."""
        frames = np.asarray(frames)
        if frames.dtype != self.dtype or frames.shape[1:] != self.shape or not len(frames):
            raise ConfigError(
                f"frames of {name} must be {self.dtype.name} of shape (T, {str(self.shape)[1:]} with T >= 1. "
                f"Received: {frames.dtype.name} {frames.shape}."
            )
        texts = {"subject": str(subject), "condition": str(condition), "view": str(view), "name": str(name)}
        for column, text in texts.items():
            if "\0" in text or (not text and column in ("subject", "name")):
                raise ConfigError(f"{column} must be a text without zero bytes, not empty. Received: {text!r}.")
        if texts["name"] in self._names:
            raise ConfigError(f"every sequence of a store must have a name of its own. Received twice: {name}.")
        data = memoryview(np.ascontiguousarray(frames, dtype=self.dtype)).cast("B")
        with _plain_trouble(self.path):
            self._raw.write(data)
        self._digest.update(data)
        self._names.add(texts["name"])
        for column, text in texts.items():
            self._rows[column].append(text)
        self._rows["offset"].append(self._frames)
        self._rows["length"].append(len(frames))
        self._frames += len(frames)

    def _finish(self):
        if not self._frames:
            raise DataError(f"{self.path} was not written: not one sequence was left to put into it.")
        columns = table_columns(self._rows)
        source = json.dumps(self.source, sort_keys=True, default=plain)
        if len(source) > MAX_SOURCE:
            raise ConfigError(f"source must be at most {MAX_SOURCE} characters of JSON. Received: {len(source)}.")
        with _plain_trouble(self.path), whole_file(self.path) as temporary:
            start = self._write_header(temporary, columns, source)
            self._raw.seek(0)
            with open(temporary, "r+b") as file:
                file.seek(start)
                shutil.copyfileobj(self._raw, file, COPY_BYTES)

    def _write_header(self, path, columns, source):
        """Write everything but the bytes of the frames; return where in the file these belong."""
        with _new_file(path) as file:
            for column, values in columns.items():
                file.create_dataset(column, data=values)
            texts = {
                "modality": self.modality.name,
                "unit": self.modality.unit,
                "source": source,
                "hash": store_digest(self._digest, self.modality.name, self.shape, columns),
            }
            for name, text in texts.items():  # of fixed length: text of free length lies in a heap without checksums
                text = text.encode()
                file.attrs.create(name, np.bytes_(text), dtype=h5py.string_dtype("utf-8", len(text)))
            file.attrs["scale"] = np.float64(self.modality.scale)
            file.attrs["version"] = np.int64(VERSION)
            settings = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            settings.set_layout(h5py.h5d.CONTIGUOUS)
            settings.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
            settings.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
            settings.set_obj_track_times(False)
            space = h5py.h5s.create_simple((self._frames, *self.shape))
            kind = h5py.h5t.py_create(self.dtype)
            return h5py.h5d.create(file.id, b"frames", kind, space, settings).get_offset()


def _new_file(path):
    """Return a new `h5py.File` without dates, so that equal content is equal bytes, and with checksums.

    Its format is that of HDF5 1.10: its metadata carry checksums, without which a damaged file can crash the library.
    """
    create, access = h5py.h5p.create(h5py.h5p.FILE_CREATE), h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    create.set_obj_track_times(False)
    access.set_libver_bounds(h5py.h5f.LIBVER_V110, h5py.h5f.LIBVER_V110)
    access.set_alignment(1 << 16, 4096)
    return h5py.File(h5py.h5f.create(str(path).encode(), h5py.h5f.ACC_TRUNC, create, access))


def write_store(path, modality, sequences, shape=None, source=None):
    """Write a store of (frames, subject, condition, view, name) and return its path; see `StoreWriter`."""
    with StoreWriter(path, modality, shape, source) as writer:
        for frames, subject, condition, view, name in sequences:
            writer.add(frames, subject=subject, condition=condition, view=view, name=name)
    return Path(path)


def table_columns(rows):
    """Return the columns as the file keeps them: texts as UTF-8 of fixed width, numbers as int64."""
    columns = {}
    for column in TEXT_COLUMNS:
        try:
            columns[column] = np.array([text.encode() or b"\0" for text in rows[column]], dtype=np.bytes_)
        except UnicodeEncodeError as error:
            raise ConfigError(f"{column} must be text that UTF-8 can hold: {error}.") from error
    return columns | {column: np.array(rows[column], dtype="<i8") for column in NUMBER_COLUMNS}


def store_digest(frames_digest, modality, shape, columns):
    """Return 64 hexadecimal digits for the content: the frames' SHA-256 object, then what they are and whose."""
    digest = frames_digest.copy()
    digest.update(json.dumps([modality, list(map(int, shape))]).encode())
    for column in TEXT_COLUMNS:
        digest.update(b"\1".join(columns[column].tolist()) + b"\2")
    for column in NUMBER_COLUMNS:
        digest.update(np.ascontiguousarray(columns[column], dtype="<i8").tobytes())
    return digest.hexdigest()


@contextlib.contextmanager
def _plain_trouble(path):
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error)
        why = "no space is left on the disk" if full else (error.strerror or str(error).splitlines()[0])
        raise DataError(f"{path} could not be written: {why}. Nothing was left behind.") from error
