"""The packed store: every frame of a data set in one HDF5 file, read through a memory map."""

import hashlib
import json
import os
from pathlib import Path

import h5py
import numpy as np

from tfgait.core.errors import DataError
from tfgait.core.modality import MODALITIES
from tfgait.core.table import SequenceTable
from tfgait.datasets.store_writer import (
    NUMBER_COLUMNS,
    TEXT_COLUMNS,
    VERSION,
    StoreWriter,
    store_digest,
    table_columns,
    write_store,
)

__all__ = ["Store", "StoreWriter", "write_store"]

ATTRIBUTES = {"modality": str, "unit": str, "scale": float, "version": int, "source": str, "hash": str}
SIGNATURE, SUPERBLOCK = b"\x89HDF\r\n\x1a\n", b"\x03"
VERIFY_BYTES = 1 << 24


class Store:
    """A packed store, opened for reading; frames stay on the disk until they are touched.

    The file is not trusted: that every table and every frame lies inside the file is checked before anything is
    mapped or allocated; compressed, linked and external pieces are refused.

    Args:
        path: a file that `StoreWriter` made.

    Attributes:
        table: `SequenceTable`, one row a sequence.
        modality: `Modality` of the frames.
        frames: (F, H, W, C) of the stored type, a read-only memory map of all frames.
        offset, length: (N,) int64, where in `frames` a sequence starts and how many it has.
        attributes: modality, unit, scale, version, source (a dict), hash.
        hash: 64 hexadecimal digits that name the content; a part that `take` gives has its own.

    Raises:
        DataError: the file is absent, truncated, foreign or inconsistent; the message names it and what is wrong.
    """

    def __init__(self, path):
        self.path = Path(path)
        if not self.path.is_file():
            raise DataError(f"{self.path} is no file; a packed store such as silhouettes.h5 was expected.")
        try:
            _check_start(self.path)
            with h5py.File(self.path, "r") as file:
                self._open(file)
        except (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, MemoryError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise DataError(f"{self.path} is not a readable store: {reason}") from error

    def __len__(self):
        return len(self.length)

    def __reduce__(self):
        return (_reopen, (str(self.path), self._rows))

    @property
    def shape(self):
        """(H, W, C) of one frame."""
        return self.frames.shape[1:]

    def read(self, row, start=0, stop=None):
        """Return frames `start` to `stop` of sequence `row`, (T, H, W, C): a view of the map, nothing is copied."""
        begin, length = int(self.offset[row]), int(self.length[row])
        start, stop, _ = slice(start, stop).indices(length)
        return self.frames[begin + start : begin + max(start, stop)]

    def take(self, rows):
        """Return the store of these rows only, indices or a boolean mask, on the same map."""
        rows = np.asarray(rows)
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.int64)
        part = object.__new__(Store)
        part.__dict__.update(self.__dict__)
        part.offset, part.length, part.table = self.offset[rows], self.length[rows], self.table.take(rows)
        part._rows = rows if self._rows is None else self._rows[rows]
        part.hash = hashlib.sha256(self.attributes["hash"].encode() + part._rows.astype("<i8").tobytes()).hexdigest()
        return part

    def verify(self):
        """Read every byte and raise `DataError` unless the content is what its hash says."""
        digest, flat = hashlib.sha256(), self.frames.reshape(-1).view(np.uint8)
        for start in range(0, flat.size, VERIFY_BYTES):
            digest.update(flat[start : start + VERIFY_BYTES])
        whole = self if self._rows is None else Store(self.path)
        rows = {c: getattr(whole.table, c).tolist() for c in TEXT_COLUMNS}
        rows |= {"offset": whole.offset, "length": whole.length}
        found = store_digest(digest, self.modality.name, self.shape, table_columns(rows))
        if found != self.attributes["hash"]:
            raise DataError(
                f"{self.path} is damaged: its content has the hash {found[:12]}…, written was "
                f"{self.attributes['hash'][:12]}…. Delete it and make it again."
            )

    def _open(self, file):
        size = os.path.getsize(self.path)
        self.attributes = {name: _attribute(file, name, kind) for name, kind in ATTRIBUTES.items()}
        if self.attributes["version"] != VERSION:
            raise ValueError(f"its version must be {VERSION}. Received: {self.attributes['version']}.")
        if self.attributes["modality"] not in MODALITIES:
            raise ValueError(f"its modality is unknown: {self.attributes['modality']!r}.")
        self.attributes["source"] = json.loads(self.attributes["source"])
        self.modality = MODALITIES[self.attributes["modality"]]
        self.hash = self.attributes["hash"]
        start, shape, dtype = _piece(file, "frames", size)
        if len(shape) != 4 or dtype != np.dtype(self.modality.dtype).newbyteorder("<"):
            raise ValueError(
                f"frames must be (F, H, W, C) of {self.modality.dtype}. Received: {len(shape)} axes of {dtype}."
            )
        self.frames = np.memmap(self.path, dtype, "r", start, shape).view(np.ndarray)
        columns = {name: _column(file, name, size) for name in TEXT_COLUMNS + NUMBER_COLUMNS}
        if len({len(column) for column in columns.values()}) != 1:
            raise ValueError("the columns of its table have different lengths.")
        self.offset, self.length = (columns[name] for name in NUMBER_COLUMNS)
        wrong = (self.length < 1) | (self.offset < 0) | (self.offset > shape[0] - self.length)
        if wrong.any():
            row = int(np.argmax(wrong))
            raise ValueError(
                f"row {row} must lie within {shape[0]} frames. "
                f"Received: offset={self.offset[row]}, length={self.length[row]}."
            )
        self.table = SequenceTable(*(columns[name] for name in TEXT_COLUMNS), self.length)
        if len(np.unique(self.table.name)) != len(self.table):
            raise ValueError("two sequences have the same name.")
        self._rows = None


def _reopen(path, rows):
    return Store(path) if rows is None else Store(path).take(rows)


def _check_start(path):
    """Let the HDF5 library see only files whose metadata carry checksums: on others damage can crash it."""
    with open(path, "rb") as file:
        start = file.read(9)
    if start[:8] != SIGNATURE:
        raise ValueError("it is no HDF5 file." if start else "it is empty.")
    if start[8:] != SUPERBLOCK:
        raise ValueError("it was not made by this toolkit.")


def _attribute(file, name, kind):
    if name not in file.attrs:
        raise ValueError(f"it has no attribute {name!r}; it was not made by this toolkit.")
    if file.attrs.get_id(name).shape != ():  # looked at first: a damaged shape would be allocated
        raise ValueError(f"its attribute {name!r} must be one value.")
    value = file.attrs[name]
    value = value.item() if isinstance(value, np.generic) else value
    value = value.decode() if isinstance(value, bytes) else value
    if not isinstance(value, kind):
        raise ValueError(f"its attribute {name!r} must be {kind.__name__}. Received: {type(value).__name__}.")
    return value


def _piece(file, name, size):
    """Return (offset in the file, shape, dtype) of a dataset that lies in one uncompressed piece inside the file."""
    if not isinstance(file.get(name, getlink=True), h5py.HardLink) or file.get(name, getclass=True) is not h5py.Dataset:
        raise ValueError(f"it has no dataset {name!r} of its own; it was not made by this toolkit.")
    dataset = file[name]
    start, length = dataset.id.get_offset(), dataset.id.get_storage_size()
    items = int(np.prod([int(n) for n in dataset.shape], dtype=object)) if dataset.shape else 0
    if start is None or not items:
        raise ValueError(f"its dataset {name!r} must be one contiguous piece that is not empty.")
    needed = items * dataset.dtype.itemsize
    if needed != length or start + needed > size:
        raise ValueError(f"{name!r} needs bytes {start} to {start + needed}, the file has {size}: it was cut short.")
    return start, dataset.shape, dataset.dtype


def _column(file, name, size):
    _, shape, dtype = _piece(file, name, size)
    text = name in TEXT_COLUMNS
    if len(shape) != 1 or (dtype.kind != "S" if text else dtype != np.dtype("<i8")):
        raise ValueError(f"its column {name!r} has the wrong type: {dtype} with {len(shape)} axes.")
    return np.char.decode(file[name][:], "utf-8") if text else file[name][:]
