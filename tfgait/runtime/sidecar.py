"""The JSON beside a model file that says what it is: `model.tflite` has `model.tflite.json`."""

import re
from pathlib import Path

from tfgait.core.errors import DataError
from tfgait.core.files import file_hash, file_size, read_json

LARGEST = 1 << 22  # bytes of a sidecar; those of the published networks have a few thousand
SHA256 = re.compile(r"[0-9a-f]{64}")


def sidecar_path(path):
    """Return the path of the sidecar of a model file."""
    path = Path(path)
    return path.with_name(path.name + ".json")


def read_sidecar(path):
    """Return what the sidecar of a model file says, checked against the file; None where there is none.

    Raises:
        DataError: the sidecar is damaged, or the file is not the one it describes.
    """
    beside = sidecar_path(path)
    if not beside.is_file():
        return None
    if beside.stat().st_size > LARGEST:
        raise DataError(f"{beside} must have at most {LARGEST} bytes. Received: {beside.stat().st_size}.")
    record = read_json(beside)
    if not isinstance(record, dict) or not {"bytes", "sha256"} <= record.keys():
        raise DataError(f"{beside} is no sidecar of a model file: it names neither bytes nor sha256.")
    size = file_size(path)
    if size != record["bytes"] or file_hash(path) != record["sha256"]:
        raise DataError(
            f"{path} is not the file its sidecar describes ({str(record['bytes'])[:20]} bytes there, {size} here): "
            "it is damaged, or was exchanged. Export it again."
        )
    return record


def network_hash(path):
    """Return the SHA-256 that a network and every file made of it share: that of the Keras file it came from.

    Galleries are tied to it, so that a person enrolled with one file of a network is known to the others.

    Args:
        path: a model file, or the folder of a SavedModel; its sidecar names the network, one without is taken for the
            network itself.

    Raises:
        DataError: no such file, or a damaged sidecar.
    """
    path = Path(path)
    if not path.exists() or path.is_dir() != (path.suffix == ".savedmodel"):
        raise DataError(f"{path} does not exist, or is not a file.")
    source = (read_sidecar(path) or {}).get("source") or {}
    named = source.get("model_sha256") if isinstance(source, dict) else source
    if named is None:
        return file_hash(path)
    if not isinstance(named, str) or not SHA256.fullmatch(named):
        raise DataError(
            f"{sidecar_path(path)} must name its network by 64 hexadecimal digits. "
            f"Received: source.model_sha256={str(named)[:80]}."
        )
    return named
