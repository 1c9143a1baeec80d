"""What people get wrong, on the real commands: one line, exit code 2, nothing left half made."""

import pickle

import numpy as np
import pytest

from tfgait.cli import main
from tfgait.datasets.store import StoreWriter


class Hostile:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


@pytest.fixture
def home(tmp_path, monkeypatch):
    from tfgait.nets import build

    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    build("cnn2d_tiny").save(tmp_path / "flow.keras")
    build("gaitset_tiny").save(tmp_path / "small.keras")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("not a folder")
    with StoreWriter(tmp_path / "silhouettes.h5", "silhouettes", (16, 12, 1), {"dataset": "walkers"}) as writer:
        for subject in ("001", "002", "003", "004"):
            for condition in ("nm-01", "nm-05"):
                frames = np.random.default_rng(int(subject)).integers(0, 256, (6, 16, 12, 1)).astype(np.uint8)
                labels = {"subject": subject, "condition": condition, "view": "090"}
                writer.add(frames, name=f"{subject}-{condition}", **labels)
    whole = (tmp_path / "silhouettes.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(whole[: len(whole) // 2])
    hostile = pickle.dumps(Hostile(str(tmp_path / "owned")))
    for name in ("hostile.h5", "hostile.keras", "hostile.tflite", "hostile.onnx", "hostile.pkl"):
        (tmp_path / name).write_bytes(hostile)
    return tmp_path


CASES = [
    ("train", "--datadir absent --net gaitset", "absent"),
    ("train", "--datadir empty --net gaitset", "empty"),
    ("train", "--datadir cut.h5 --net gaitset", "cut.h5"),
    ("train", "--datadir hostile.h5 --net gaitset", "hostile.h5"),
    ("train", "--datadir silhouettes.h5 --use3d", "flow"),
    ("train", "--datadir silhouettes.h5 --net gaitset --val_subjects 0 --batch_p 2 --batch_k 2", "shape"),
    ("train", "--datadir silhouettes.h5 --net gaitset --mod of", "mod must be silhouettes for gaitset"),
    ("train", "--initnet silhouettes.h5", "silhouettes.h5 holds no weights of Keras 2"),
    ("train", "--net gaitsett", "Did you mean 'gaitset'"),
    ("prune", "--model flow.keras --percentile 120", "percentile must lie in [0, 100)"),
    ("prune", "--model hostile.keras", "hostile.keras"),
    ("prune", "--model absent", "absent"),
    ("prune", "--model hostile.h5", "hostile.h5 is damaged or no HDF5 file"),
    ("prune", "--model flow.keras --last_dense goes", "last_dense belongs to .h5"),
    ("prune", "--model flow.keras --epochs 0 --experdir file/x", "file"),
    ("test_knn", "--model small.keras --datadir absent", "absent"),
    ("test_knn", "--model small.keras --datadir empty", "empty"),
    ("test_knn", "--model small.keras --datadir cut.h5", "cut.h5"),
    ("test_knn", "--model small.keras --datadir silhouettes.h5 --knn 99", "99"),
    ("test_knn", "--model flow.keras --datadir silhouettes.h5", "flow"),
    ("test_knn", "--model cut.h5", "cut.h5 is damaged"),
    ("test_knn", "--model silhouettes.h5", "silhouettes.h5 holds no weights of Keras 2"),
    ("test_knn", "--model hostile.tflite", "hostile.tflite"),
    ("test_knn", "--model hostile.onnx", "hostile.onnx"),
    ("test_knn", "--model hostile.pkl", "hostile.pkl"),
    ("test_knn", "--model small.keras --datadir silhouettes.h5 --knn 1 --people all --out file", "file"),
    ("export", "--model hostile.keras", "hostile.keras"),
    ("export", "--model flow.keras --datadir silhouettes.h5", "flow"),
    ("export", "--model small.keras --datadir silhouettes.h5 --format tflit", "Did you mean 'tflite'"),
    ("export", "--model small.keras --datadir silhouettes.h5 --seed -1", "seed"),
    ("export", "--model small.keras --datadir silhouettes.h5 --out file/m.tflite", "file"),
    ("trt", "--model flow.keras --datadir silhouettes.h5", "flow"),
    ("trt", "--model small.keras --dla 0 --precision fp32", "which has no fp32"),
    ("trt", "--model small.keras --batch 1,x", "batch"),
    ("trt", "--model small.keras --timing-cash t", "Did you mean 'timing_cache'"),
    ("trt", "--model hostile.onnx", "hostile.onnx must have its sidecar"),
    ("trt", "--model hostile.keras", "hostile.keras"),
    ("synthesize", "--out file", "file"),
    ("synthesize", "--subjects 0", "subjects must be"),
    ("synthesize", "--mocap empty", "empty"),
    ("demo", "--percentile 120", "percentile must lie in [0, 100)"),
    ("demo", "--mocap empty", "empty"),
]


@pytest.mark.parametrize(("name", "words", "said"), CASES, ids=[f"{c} {w}" for c, w, _ in CASES])
def test_a_mistake_is_one_line(home, capsys, name, words, said):
    before = sorted(p.name for p in home.iterdir())
    with pytest.raises(SystemExit) as left:
        main.run(name, words.split())
    captured = capsys.readouterr()
    assert left.value.code == 2, captured.err
    last = captured.err.strip().splitlines()[-1]
    assert last.startswith(f"tfgait {name}: ") and said in last
    assert "Traceback" not in captured.err and captured.out == ""
    assert not (home / "owned").exists()
    made = {p.name for p in home.iterdir()} - set(before)
    assert made <= {"data", "runs"}
    assert not list(home.glob("runs/*/model.keras"))
