"""A gallery as a `.npz` file: read without unpickling, and looked at before anything is allocated."""

import json
import math
import zipfile
from pathlib import Path

import numpy as np

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.files import whole_file

FORMAT = 1
SUFFIX = ".npz"
LARGEST = 1 << 32  # bytes of a file
MOST_TEXT = 1 << 16  # characters of the description
HEADER = 1 << 10  # characters of what numpy says of one array
KINDS = {"about": ("U", 0), "names": ("U", 1), "values": ("fi", 3), "scale": ("f", 2)}


def check_path(path):
    """Return the path of a gallery; another suffix than `.npz` raises `ConfigError`."""
    path = Path(path)
    if path.suffix != SUFFIX:
        raise ConfigError(f"gallery must end in {SUFFIX}. Received: gallery={path}.")
    return path


def write(path, about, names, stored):
    """Write a gallery, whole or not at all; nothing in it is compressed.

    Args:
        path: the file.
        about: what its readers should know, as JSON has it.
        names: (N,), of the sequences.
        stored: of `tfgait.runtime.stored_embeddings.store`.
    """
    with whole_file(check_path(path)) as temporary, open(temporary, "wb") as opened:
        text = json.dumps({"format": FORMAT, **about})
        np.savez(opened, about=np.array(text), names=np.array(names, np.str_), **stored)


def read(path):
    """Return (about, names, stored) of what `write` wrote.

    Raises:
        DataError: no such file, a damaged one, one of another kind, or larger than 4 GiB.
    """
    path = check_path(path)
    if not path.is_file():
        raise DataError(f"{path} does not exist, or is not a file.")
    if path.stat().st_size > LARGEST:
        raise DataError(f"{path} must have at most {LARGEST} bytes. Received: {path.stat().st_size}.")
    try:
        with zipfile.ZipFile(path) as archive:
            arrays = {name: _array(archive, f"{name}.npy") for name in _members(archive)}
        about = json.loads(arrays.pop("about").item())
    except (OSError, ValueError, EOFError, KeyError, RecursionError, NotImplementedError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{path} is no gallery, or a damaged one: {str(error)[:200] or type(error).__name__}."
        ) from error
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        found = about.get("format") if isinstance(about, dict) else None
        raise DataError(f"{path} must be a gallery of format {FORMAT}. Received: format {str(found)[:20]}.")
    return about, arrays.pop("names").tolist(), arrays


def _members(archive):
    names = [name.removesuffix(".npy") for name in archive.namelist()]
    if sorted(names) not in (["about", "names", "values"], ["about", "names", "scale", "values"]):
        raise ValueError(f"it holds {', '.join(names)[:100] or 'nothing'}")
    return names


def _array(archive, name):
    """Read one array; its header must promise what the file has, and that is not compressed, so that nothing grows."""
    entry = archive.getinfo(name)
    if entry.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{name} is compressed")
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        reader = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}.get(version)
        if reader is None:
            raise ValueError(f"{name} is of an unknown version")
        shape, transposed, dtype = reader(file, max_header_size=HEADER)
        kinds, axes = KINDS[name.removesuffix(".npy")]
        if transposed or dtype.kind not in kinds or len(shape) != axes or not dtype.itemsize:
            raise ValueError(f"{name} is {dtype} of shape {shape}")
        size = math.prod(shape) * dtype.itemsize
        if size != entry.file_size - file.tell() or (axes == 0 and size > 4 * MOST_TEXT):
            raise ValueError(
                f"{name} of shape {shape} needs {size} bytes, the file has {entry.file_size - file.tell()}"
            )
        # A file that was cut short, or changed, ends in an error of the archive.
        return np.frombuffer(file.read(), dtype).reshape(shape)
