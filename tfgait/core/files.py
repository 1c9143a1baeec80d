"""Files that are whole or absent, and the hashes that name them."""

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path

from tfgait.core.errors import DataError


@contextlib.contextmanager
def whole_file(path):
    """Yield a temporary path beside `path`; rename it into place when the block succeeds, remove it when not.

    The temporary name keeps the suffix of `path`, since some writers choose the format by it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.stem[:80]}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(temporary)
    try:
        yield temporary
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path, text):
    """Write `text` to `path`, whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path, record):
    """Write `record` as indented JSON, whole or not at all."""
    write_text(path, json.dumps(record, indent=2, default=plain) + "\n")


def read_json(path):
    """Read a JSON file; a damaged one raises `DataError` with its path."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist.") from error
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is not a readable JSON file: {error}.") from error
    except RecursionError as error:
        raise DataError(f"{path} is not a readable JSON file: it is nested too deeply.") from error


def plain(value):
    """Turn numpy scalars and arrays, paths and sets into what JSON holds; for `json.dumps(default=)`."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON.")


def file_hash(path, chunk=1 << 20):
    """Return the SHA-256 of a file's bytes as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(chunk):
            digest.update(block)
    return digest.hexdigest()


def record_hash(record, digits=12):
    """Return a short hash of a JSON-able record, equal for equal contents whatever the order of its keys."""
    text = json.dumps(record, sort_keys=True, default=plain)
    return hashlib.sha256(text.encode()).hexdigest()[:digits]
