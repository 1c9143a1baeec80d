"""Makes the files beside it with deepdish itself, as Embedded-Gait's data were made.

Needs its environment: ``pip install "numpy<2" tables deepdish``, then ``python make.py``. Deepdish 0.3.7 made those
that are here. What deepdish pickles PyTables keeps in a megabyte of zeros, so those files are packed by gzip.
"""

import gzip
import shutil
import warnings
from pathlib import Path

import numpy as np

for name, kind in {"object": object, "string_": np.bytes_, "unicode_": np.str_}.items():
    if name not in np.__dict__:  # deepdish is older than numpy 1.24
        setattr(np, name, kind)

import deepdish  # noqa: E402

HERE = Path(__file__).parent


def flow():
    """Flow (60, 60, 50) int16: channel c is c × 10 inside a square, else zero."""
    data = np.zeros((60, 60, 50), np.int16)
    data[20:40, 25:35] = np.arange(50) * 10
    return data


def sample(data, label, video, gait, factor, **more):
    frames = list(range(5, 5 + 25 if data.size else 5))
    record = {"data": data, "label": np.uint16(label), "videoId": np.uint16(video), "gait": np.uint8(gait)}
    record |= {"frames": np.uint16(frames), "bbs": np.uint8([[1, 2, 3, 4]] * len(frames))}
    return {**record, "compressFactor": np.uint8(factor), **more}


def index(files, labels, videos, gaits, sets, shape, **more):
    record = {"label": np.uint16(labels), "videoId": np.uint16(videos), "gait": np.uint8(gaits), "set": np.uint8(sets)}
    record |= {"frames": [list(range(25)) for _ in files], "bbs": [[[1, 2, 3, 4]] * 25 for _ in files]}
    record |= {"compressFactor": np.uint8(100), "file": files, "shape": shape, "mean": np.zeros(shape, np.float32)}
    return {**record, **more}


def save(name, record, **options):
    deepdish.io.save(str(HERE / name), record, **options)
    if (HERE / name).stat().st_size > 1 << 16:
        with open(HERE / name, "rb") as file, gzip.GzipFile(HERE / f"{name}.gz", "wb", mtime=0) as packed:
            shutil.copyfileobj(file, packed)
        (HERE / name).unlink()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    save("p001-n01-01.h5", sample(flow(), 1, 1, 1, 100))
    save("075-bg-02-018-01.h5", sample(np.int16([]), 75, 3, 2, 100, cam=18))
    save("075-nm-05-090-01.h5", sample(flow(), 75, 1, 1, 100, cam=90))
    save("gray.h5", sample((flow()[..., :25] // 2).astype(np.uint8), 1, 1, 1, 0))
    files = ["075-nm-05-090-01.h5", "075-bg-02-018-01.h5"]
    save("tfimdb_casia_b_few.h5", index(files, [75, 75], [1, 3], [1, 2], [3, 3], (60, 60, 50), cam=[90, 18]))
    files = [f"p{i:03d}-n01-{k:02d}.h5" for i in range(1, 11) for k in range(1, 31)]
    labels = [int(file[1:4]) for file in files]
    save("tfimdb_tum_gaid_many.h5", index(files, labels, labels, [1] * 300, [1, 2] * 150, (60, 60, 50)))
    kinds = {"text": "größe", "bytes": b"b", "number": 7, "float": 1.5, "true": True, "none": None, "empty": []}
    nested = {"list": [1, "a", None, (1, 2.5)], "dict": {"a": {"b": [np.arange(3)]}}, "tuple": (60, 60, 50)}
    arrays = {"texts": np.array(["a", "größe"]), "bytes_": np.array([b"a", b"bc"]), "none_": np.zeros((0, 3))}
    arrays |= {"long": np.arange(1000), "complex": np.array([1 + 2j]), "bools": np.array([True, False])}
    shared = np.arange(4)
    save("kinds.h5", {**kinds, **nested, **arrays, "one": shared, "two": shared})
    save("set.h5", {"file": {1, 2}, "label": 1})
    save("blosc.h5", {"data": np.arange(1000), "label": 1}, compression="blosc")
