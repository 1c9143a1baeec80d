"""Reads what deepdish wrote through PyTables: HDF5 as dicts, lists, tuples, arrays, numbers and texts, by h5py alone.

The file is not trusted: sizes are looked at before anything is allocated, links that leave the file are refused, and
what deepdish pickled is read as data (`tfgait.core.unpickle`). Damage in a foreign HDF5 file can still crash the HDF5
library, so many files of unknown origin are best read in processes of their own.

Reference: layout of deepdish 0.3 (github.com/uchicago-cs/deepdish) and PyTables (www.pytables.org).
"""

import os
import re
from pathlib import Path

import h5py
import numpy as np

from tfgait.core.errors import DataError
from tfgait.core.unpickle import load_pickle

MOST_BYTES = 1 << 30
MOST_ATTRIBUTE = 1 << 16
MOST_ENTRIES = 100_000
MOST_DEPTH = 16
SIGNATURE = b"\x89HDF\r\n\x1a\n"
OWN = ("CLASS", "VERSION", "TITLE", "FLAVOR", "PYTABLES_FORMAT_VERSION")  # notes of PyTables, no entries
PREFIX = "DEEPDISH_IO"
SEQUENCE = re.compile(r"(list|tuple):(\d{1,9})")
FILTERS = {305: "lzo", 307: "bzip2", 32001: "blosc", 32026: "blosc2"}
HEAP_REFERENCE = 16  # bytes: length, address, index


def read_deepdish(path, only=None, most_bytes=MOST_BYTES):
    """Return the dict that a file of deepdish holds.

    Args:
        path: the file.
        only: names of entries; the others are not read. None reads all.
        most_bytes: what all arrays and pickles together may take.

    Raises:
        DataError: the file is absent, empty, cut short, no HDF5 file, too large, or holds what deepdish would not
            have written or this reader does not admit; the message names it and what is wrong.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path} is no file; one that deepdish wrote was expected.")
    try:
        with open(path, "rb") as file:
            start = file.read(len(SIGNATURE))
        if start != SIGNATURE:
            raise ValueError("it is no HDF5 file." if start else "it is empty.")
        with h5py.File(path, "r") as file:
            reader = _Reader(only, most_bytes, os.path.getsize(path))
            return reader.group(file, 0)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, MemoryError, DataError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{path} is not readable: {reason}") from error


class _Reader:
    """Reads one file and counts what it takes."""

    def __init__(self, only, most_bytes, file_bytes):
        self.only, self.left, self.file_bytes, self.entries = only, most_bytes, file_bytes, 0

    def group(self, group, depth):
        """Return the dict, list, tuple or None that a group stands for."""
        if depth > MOST_DEPTH:
            raise ValueError(f"its groups must be at most {MOST_DEPTH} deep.")
        found = {}
        wanted = self.only if depth == 0 else None
        for name in group:
            if wanted is None or name in wanted:
                found[name] = self.entry(group, name, depth)
        for name in group.attrs:
            if name not in OWN and not name.startswith(PREFIX) and (wanted is None or name in wanted):
                found[name] = self.attribute(group, name)
        title = self.attribute(group, "TITLE") if "TITLE" in group.attrs else ""
        if title == "nonetype:":
            return None
        sequence = SEQUENCE.fullmatch(str(title))
        if not sequence:
            return found
        items = [found[f"i{i}"] for i in range(min(int(sequence[2]), len(found) + 1))]
        return tuple(items) if sequence[1] == "tuple" else items

    def entry(self, group, name, depth):
        """Return what a link of a group leads to; deepdish links what it has written before."""
        self.count()
        if isinstance(group.get(name, getlink=True), h5py.ExternalLink):
            raise ValueError(f"its entry {name!r} is a link that leaves the file.")
        entry = group[name]
        if isinstance(entry, h5py.Group):
            return self.group(entry, depth + 1)
        if not isinstance(entry, h5py.Dataset):
            raise ValueError(f"its entry {name!r} must be a group or a dataset. Received: {type(entry).__name__}.")
        _check_storage(entry, name)
        if h5py.check_vlen_dtype(entry.dtype) is not None:
            return self.pickled(entry, name)
        return self.array(entry, name)

    def array(self, dataset, name):
        """Return an array, a text array that deepdish keeps as bytes, or one without items that it keeps as a shape."""
        if dataset.shape is None or dataset.dtype.kind not in "biufcS":
            raise ValueError(f"its dataset {name!r} must hold numbers or texts. Received: {dataset.dtype}.")
        for shape in (dataset.shape, dataset.chunks or ()):
            self.take(int(np.prod([int(n) for n in shape], dtype=object)) * dataset.dtype.itemsize, name)
        values = dataset[()]
        if "zeroarray_dtype" in dataset.attrs:
            shape = tuple(int(n) for n in values)
            if 0 not in shape:
                raise ValueError(f"its dataset {name!r} is marked as one without items. Received: shape {shape}.")
            return np.zeros(shape, np.dtype(self.attribute(dataset, "zeroarray_dtype")))
        if "strtype" in dataset.attrs and self.attribute(dataset, "strtype") == "unicode":
            return values.view(f"<U{int(self.attribute(dataset, 'itemsize'))}")
        return values

    def pickled(self, dataset, name):
        """Return the one object that PyTables pickled into a dataset of variable length."""
        if dataset.shape != (1,) or dataset.chunks is None or dataset.id.get_create_plist().get_nfilters():
            raise ValueError(f"its dataset {name!r} of variable length must hold one pickle, as PyTables writes it.")
        self.take(int(np.prod(dataset.chunks, dtype=object)) * HEAP_REFERENCE, name)
        # How long the pickle is stands in the reference to it, which the library would believe.
        _, reference = dataset.id.read_direct_chunk((0,))
        length = int.from_bytes(reference[:4], "little")
        if length > self.file_bytes:
            raise ValueError(f"{name!r} needs {length} bytes, the file has {self.file_bytes}: it was cut short.")
        self.take(length, name)
        value = dataset[0]
        if value.dtype != np.uint8:
            raise ValueError(f"its dataset {name!r} of variable length must hold bytes. Received: {value.dtype}.")
        return load_pickle(value.tobytes(), f"its entry {name!r}")

    def attribute(self, holder, name):
        """Return a number, a text or a small array."""
        self.count()
        found = holder.attrs.get_id(name)
        if found.get_space().get_simple_extent_type() == h5py.h5s.NULL:
            return ""
        size = int(np.prod(found.shape, dtype=object)) * found.dtype.itemsize
        if size > MOST_ATTRIBUTE or found.dtype.kind not in "biufcS":
            raise ValueError(f"its attribute {name!r} must be a number or a text of at most {MOST_ATTRIBUTE} bytes.")
        value = holder.attrs[name]
        return value.decode() if isinstance(value, bytes) else value

    def count(self):
        """Count one more entry."""
        self.entries += 1
        if self.entries > MOST_ENTRIES:
            raise ValueError(f"it must have at most {MOST_ENTRIES} entries.")

    def take(self, size, name):
        """Count what is about to be allocated."""
        if size > self.left:
            raise ValueError(f"its dataset {name!r} must fit into {self.left} bytes. Received: {size} bytes.")
        self.left -= size


def _check_storage(dataset, name):
    """Refuse data outside the file and filters that only PyTables has."""
    settings = dataset.id.get_create_plist()
    if dataset.external or dataset.is_virtual:
        raise ValueError(f"its dataset {name!r} lies outside the file.")
    for i in range(settings.get_nfilters()):
        code = settings.get_filter(i)[0]
        if not h5py.h5z.filter_avail(code):
            raise ValueError(
                f"its dataset {name!r} is compressed by {FILTERS.get(code, f'filter {code}')}, which h5py cannot "
                "read. Write it again with deepdish and compression='zlib'."
            )
