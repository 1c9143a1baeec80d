"""Files as deepdish writes them, for tests: real ones, and made ones that it never would write."""

import gzip
import pickle
from pathlib import Path

import h5py
import numpy as np

REAL = Path(__file__).parent / "datasets" / "files"


def real(name, folder):
    """Return the path of a file that deepdish made; packed ones are unpacked into `folder`."""
    if (REAL / name).is_file():
        return REAL / name
    path = folder / name
    path.write_bytes(gzip.decompress((REAL / f"{name}.gz").read_bytes()))
    return path


def write_pickle(group, name, data):
    """Keep bytes the way PyTables keeps a pickle."""
    kind = h5py.vlen_dtype(np.uint8)
    dataset = group.create_dataset(name, (1,), kind, maxshape=(None,), chunks=(4,))
    dataset[0] = np.frombuffer(data, np.uint8)
    dataset.attrs.update({"CLASS": b"VLARRAY", "PSEUDOATOM": b"object"})
    return dataset


def pickled(path, **objects):
    """Write a file whose entries are pickled, and return its path."""
    with h5py.File(path, "w") as file:
        for name, value in objects.items():
            write_pickle(file, name, pickle.dumps(value, 4))
    return path
