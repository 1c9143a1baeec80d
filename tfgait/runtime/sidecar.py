"""The JSON beside a model file that says what it is: `model.tflite` has `model.tflite.json`."""

from pathlib import Path

from tfgait.core.errors import DataError
from tfgait.core.files import file_hash, file_size, read_json


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
    record = read_json(beside)
    if not isinstance(record, dict) or not {"bytes", "sha256"} <= record.keys():
        raise DataError(f"{beside} is no sidecar of a model file: it names neither bytes nor sha256.")
    size = file_size(path)
    if size != record["bytes"] or file_hash(path) != record["sha256"]:
        raise DataError(
            f"{path} is not the file its sidecar describes ({record['bytes']} bytes there, {size} here): "
            "it is damaged, or was exchanged. Export it again."
        )
    return record
