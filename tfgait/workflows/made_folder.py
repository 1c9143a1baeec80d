"""Folders that the product makes: each holds a record of what it was made with, so that nothing else is overwritten."""

from tfgait.core.errors import DataError
from tfgait.core.files import read_json

WALKERS = "walkers.json"  # the record of people that were made


def record_in(out, name, made):
    """Return the record of a folder that was made, or begun, with these options; empty where nothing is there yet.

    Args:
        out: the folder.
        name: of the JSON file that holds its record.
        made: what decides its content; the record has it as ``"made"``, and ``"done"`` once it is finished.

    Raises:
        DataError: the folder is a file, or holds something else.
    """
    if out.exists() and not out.is_dir():
        raise DataError(f"out must be a folder. Received: out={out}, a file.")
    if (out / name).is_file():
        found = read_json(out / name)
        if not isinstance(found, dict) or found.get("made") != made:
            raise DataError(f"out={out} holds data made with other options. Name another folder, or delete it.")
        return found
    if out.is_dir() and any(out.iterdir()):
        raise DataError(f"out={out} holds something else. Name another folder, or empty it.")
    return {}
