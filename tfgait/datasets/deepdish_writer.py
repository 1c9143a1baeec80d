"""Writes what deepdish reads: dicts of arrays, numbers and texts as HDF5, with h5py alone."""

import h5py
import numpy as np

from tfgait.core.errors import ConfigError
from tfgait.core.files import whole_file

VERSION = 12  # of deepdish's layout
NATIVE_LENGTH = 256  # longer lists deepdish would pickle
COMPRESS_OVER = 300  # items; smaller arrays grow by it
LEVEL = 4  # of zlib; 9, which deepdish takes, is five times slower on flow and hardly smaller
MARKS = {"CLASS": np.bytes_("GROUP"), "VERSION": np.bytes_("1.0")}


def write_deepdish(path, record):
    """Write a dict to `path`, whole or not at all; equal records give equal bytes.

    Args:
        path: the file to make.
        record: ``{text: value}``; values are arrays of numbers or texts, numbers, texts, None, or lists, tuples and
            dicts of these with fewer than 256 entries. Arrays of more than 300 numbers are compressed by zlib.

    Raises:
        ConfigError: a value of another kind.

    Reference: layout of deepdish 0.3.7 (github.com/uchicago-cs/deepdish).
    """
    with whole_file(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs.update(
            {**MARKS, "PYTABLES_FORMAT_VERSION": np.bytes_("2.1"), "DEEPDISH_IO_VERSION": np.int64(VERSION)}
        )
        for name, value in record.items():
            _write(file, name, value)


def _write(group, name, value):
    if isinstance(value, np.ndarray) and value.ndim:
        _write_array(group, name, value)
    elif isinstance(value, str):
        text = value.encode()
        group.attrs.create(name, np.bytes_(text), dtype=h5py.string_dtype("utf-8", len(text) or 1))
    elif np.isscalar(value) or isinstance(value, np.ndarray):
        group.attrs[name] = np.asarray(value)[()]
    elif value is None:
        _group(group, name, "nonetype:")
    elif isinstance(value, (dict, list, tuple)) and len(value) < NATIVE_LENGTH:
        entries = value.items() if isinstance(value, dict) else ((f"i{i}", entry) for i, entry in enumerate(value))
        inner = _group(group, name, f"{type(value).__name__}:{len(value)}")
        for key, entry in entries:
            _write(inner, key, entry)
    else:
        raise ConfigError(
            f"{name} must be an array, a number, a text, or a list, tuple or dict of fewer than {NATIVE_LENGTH} of "
            f"them. Received: {type(value).__name__}."
        )


def _group(parent, name, title):
    group = parent.create_group(name)
    group.attrs.update({**MARKS, "TITLE": np.bytes_(title)})
    return group


def _write_array(group, name, value):
    marks = {}
    if not value.size:
        marks = {"zeroarray_dtype": np.bytes_(value.dtype.str)}
        value = np.array(value.shape, np.int64)
    elif value.dtype.kind == "U":
        # Deepdish keeps texts as the bytes of their UTF-32 code points.
        marks = {"strtype": np.bytes_("unicode"), "itemsize": np.int64(value.dtype.itemsize // 4)}
        value = np.ascontiguousarray(value).view(np.uint8)
    elif value.dtype.kind not in "biuf":
        raise ConfigError(f"{name} must hold numbers or texts. Received: an array of {value.dtype}.")
    packing = {"compression": "gzip", "compression_opts": LEVEL, "shuffle": True} if value.size > COMPRESS_OVER else {}
    group.create_dataset(name, data=value, **packing).attrs.update(marks)
