"""Files of a training on disk, each whole or absent."""

import json
import zipfile
from pathlib import Path

import numpy as np

from tfgait.core.errors import DataError
from tfgait.core.files import plain, whole_file, write_json


class Checkpoints:
    """The files of one run folder.

    `checkpoints/last.npz` holds all that going on needs: every variable of learner and optimizer, random states and
    moving averages among them, callbacks and counters. `checkpoints/{best,last}[_ema].keras` hold networks alone,
    `model.keras` and `head.keras` the best of all. Of a fake-quantised network, which has `plain` and `ranges`, it
    is the plain one, and `ranges.json` holds the ranges of the best.

    Args:
        run: the run folder; made where it is absent.
    """

    def __init__(self, run):
        self.run = Path(run)
        self.folder = self.run / "checkpoints"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.state = self.folder / "last.npz"

    def save_state(self, groups, record):
        """Write the state.

        Args:
            groups: {name: list of arrays}.
            record: a dict that JSON can hold.
        """
        arrays = {f"{group}/{i:05d}": a for group, values in groups.items() for i, a in enumerate(values)}
        arrays["record"] = np.frombuffer(json.dumps(record, default=plain).encode(), np.uint8)
        with whole_file(self.state) as path:
            np.savez(path, **arrays)

    def load_state(self):
        """Return (groups, record) as saved, or None where there is no state yet.

        Raises:
            DataError: the file is damaged.
        """
        if not self.state.is_file():
            return None
        try:
            with np.load(self.state, allow_pickle=False) as file:
                record = json.loads(bytes(file["record"]))
                groups = {}
                for key in sorted(set(file.files) - {"record"}):
                    groups.setdefault(key.rpartition("/")[0], []).append(file[key])
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(
                f"{self.state} is damaged: {error}. Delete the folder {self.run}, or train without resume."
            ) from error
        return groups, record

    def save_network(self, name, network):
        """Write `checkpoints/<name>.keras`."""
        save_keras(getattr(network, "plain", network), self.folder / f"{name}.keras")

    def publish(self, network, head=None):
        """Write `model.keras` and, where there are such, `head.keras` and `ranges.json`."""
        if head is not None:
            save_keras(head, self.run / "head.keras")
        if hasattr(network, "ranges"):
            write_json(self.run / "ranges.json", network.ranges)
        save_keras(getattr(network, "plain", network), self.run / "model.keras")


def save_keras(model, path):
    """Write a Keras model as a `.keras` file, whole or not at all; the same model always gives the same bytes."""
    with whole_file(path) as temporary:
        model.save(temporary)
        _undate(temporary)


def _undate(path):
    """Write a `.keras` file anew without the time of day that Keras and zip note in it."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    metadata = {**json.loads(files["metadata.json"]), "date_saved": "1980-01-01@00:00:00"}
    files["metadata.json"] = json.dumps(metadata).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)


def assign_all(what, variables, values):
    """Give every variable its value; `DataError` where number, shape or type disagree, before any is changed."""
    expected = [(tuple(v.shape), str(np.dtype(v.dtype))) for v in variables]
    received = [(a.shape, str(a.dtype)) for a in values]
    if expected != received:
        odd = next((e, r) for e, r in zip([*expected, None], [*received, None], strict=False) if e != r)
        raise DataError(
            f"the saved {what} does not fit: {len(expected)} variables are expected and {len(received)} were saved, "
            f"{odd[0]} against {odd[1]}. The checkpoint belongs to another network or optimizer."
        )
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
