import re
import shutil

import numpy as np
import pytest
from datadirs import casia, gaitset, tum, video, window
from deepdish_files import REAL, pickled, real

from tfgait.core.errors import DataError
from tfgait.datasets import embedded_gait
from tfgait.datasets.deepdish_file import read_deepdish
from tfgait.datasets.deepdish_writer import write_deepdish
from tfgait.datasets.embedded_gait import folders, folders_of, load, read_folder

TRAIN = "tfimdb_tum_gaid_N150_train_of25_60x60"


def rewrite(path, **changes):
    """Change entries of a file; None takes one away."""
    record = {**read_deepdish(path), **changes}
    write_deepdish(path, {name: value for name, value in record.items() if value is not None})


def read_all(root, modality="flow"):
    samples, findings = [], []
    for folder in folders_of(root, modality):
        more, bad = read_folder(root, folder)
        samples += more
        findings += bad
    return samples, findings


def first(root):
    return next(s for s in read_all(root)[0] if s.path == f"{TRAIN}/p001-n01-01.h5")


def test_files_that_deepdish_made(tmp_path):
    samples, findings = read_all(casia(tmp_path))
    assert findings == [] and [s.path.split("/")[1] for s in samples] == ["075-nm-05-090-01.h5", "075-bg-02-018-01.h5"]
    # The camera is the fourth part of the name; the published parser takes the third, which is the repetition.
    assert [(s.name.subject, s.name.condition, s.name.view, s.name.gait) for s in samples] == [
        ("075", "nm-05", "090", 1),
        ("075", "bg-02", "018", 2),
    ]
    assert [(s.set, s.part, s.video_id, s.frames, s.shape) for s in samples] == [
        (3, "test", 1, 25, (60, 60, 50)),
        (3, "test", 3, 25, (60, 60, 50)),
    ]
    frames = load(tmp_path, "flow", samples[0])
    assert frames.shape == (25, 60, 60, 2) and frames.dtype == np.int16
    for t in range(25):  # channel 2t is x, 2t + 1 is y, and channel c is 10 c
        assert frames[t, 25, 30].tolist() == [20 * t, 20 * t + 10] and frames[t, 0, 0].tolist() == [0, 0]
    assert load(tmp_path, "flow", samples[1]) is None  # nobody was seen


def test_an_index_with_a_long_pickled_list(tmp_path):
    (tmp_path / TRAIN).mkdir()
    shutil.copy(real("tfimdb_tum_gaid_many.h5", tmp_path), tmp_path / f"{TRAIN}.h5")
    for subject in range(1, 11):
        for number in range(1, 31):
            (tmp_path / TRAIN / f"p{subject:03d}-n01-{number:02d}.h5").touch()
    shutil.copy(REAL / "p001-n01-01.h5", tmp_path / TRAIN)
    samples, findings = read_all(tmp_path)
    assert len(samples) == 300 and findings == []
    assert [s.set for s in samples[:3]] == [1, 2, 1] and samples[-1].name.video == "010-n-01-090"
    assert load(tmp_path, "flow", samples[0])[1, 25, 30].tolist() == [20, 30]


@pytest.mark.parametrize("modality", ["flow", "grey", "rgb", "depth", "silhouettes"])
def test_what_the_writer_wrote_comes_back(tmp_path, modality):
    samples, findings = read_all(tum(tmp_path, modality), modality)
    assert len(samples) == 10 and findings == []
    sample = next(s for s in samples if s.path.endswith("/p001-n01-01.h5"))
    np.testing.assert_array_equal(load(tmp_path, modality, sample), window(1001, modality))


def test_folders_say_who_trains_and_indices_who_validates(tmp_path):
    samples, _ = read_all(tum(tmp_path))
    assert {(s.name.subject, s.part) for s in samples} == {
        ("001", "train"),
        ("002", "train"),
        ("151", "ft"),
        ("151", "test"),
    }
    assert [s.set for s in samples if s.part == "train"] == [1, 2] * 3
    assert [s.set for s in samples if s.part == "test"] == [3, 3]


def test_no_sample_is_opened_to_know_what_there_is(tmp_path, monkeypatch):
    tum(tmp_path)
    opened = []
    monkeypatch.setattr(
        embedded_gait, "read_deepdish", lambda path, **k: opened.append(path) or read_deepdish(path, **k)
    )
    assert len(read_all(tmp_path)[0]) == 10
    assert sorted(path.name for path in opened) == sorted(path.name for path in tmp_path.glob("*.h5"))


@pytest.mark.parametrize("how", ["index", "no index", "flat"])
def test_whole_videos(tmp_path, how):
    root = gaitset(tmp_path)
    folder = next(path for path in root.iterdir() if path.is_dir())
    if how != "index":
        (root / f"{folder.name}.h5").unlink()
    root = folder if how == "flat" else root
    samples, findings = read_all(root, "silhouettes")
    assert findings == [] and [s.name.video for s in samples] == ["001-nm-01-000", "001-nm-01-018"]
    assert [s.name.window for s in samples] == [None, None] and samples[0].set == (3 if how == "flat" else 1)
    np.testing.assert_array_equal(load(root, "silhouettes", samples[1]), video(32, 2))


def test_windows_need_the_index_that_names_them(tmp_path):
    root = tum(tmp_path)
    index_of(root).unlink()
    with pytest.raises(DataError, match=f"{TRAIN} holds windows, which {TRAIN}.h5 beside it must name; there is none"):
        read_all(root, "flow")


def test_other_folders_are_no_datadir(tmp_path):
    (tmp_path / "tfimdb_ou_mvlp_N05153_train_of25_60x60").mkdir()
    (tmp_path / "walk.h5").touch()
    assert folders(tmp_path) == []
    with pytest.raises(DataError, match="must hold flow. Received: a datadir with nothing of Embedded-Gait's layout"):
        folders_of(tmp_path, "flow")
    tum(tmp_path, "grey")
    with pytest.raises(DataError, match="must hold flow. Received: a datadir with grey"):
        folders_of(tmp_path, "flow")
    tum(tmp_path)
    casia(tmp_path)
    with pytest.raises(DataError, match="must hold one data set. Received: casia_b and tum_gaid"):
        folders_of(tmp_path, "flow")


def index_of(root):
    return root / f"{TRAIN}.h5"


def files(root, first):
    file = read_deepdish(index_of(root))["file"].astype(object)
    file[0] = first
    return np.array(file.tolist())


def column(root, name, first):
    values = read_deepdish(index_of(root))[name].copy()
    values[0] = first
    return values


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda root: {"file": files(root, "p001-n01-99.h5")}, "named by .*, but absent"),
        (lambda root: {"file": files(root, "../../secret.h5")}, "no name of a sample"),
        (lambda root: {"file": files(root, "/etc/passwd")}, "no name of a sample"),
        (lambda root: {"file": files(root, "p002-n01-01.h5")}, "of subject 002, but its label in the index is 1"),
        (lambda root: {"label": column(root, "label", 9)}, "of subject 001, but its label in the index is 9"),
        (lambda root: {"gait": column(root, "gait", 3)}, "of gait 1, but its gait in the index is 3"),
        (lambda root: {"set": column(root, "set", 7)}, "of set 7"),
        (lambda root: {"cam": np.array([18] + [90] * 5)}, "of view 090, but its cam in the index is 18"),
    ],
)
def test_a_line_of_the_index_that_cannot_be_used(tmp_path, change, what):
    tum(tmp_path)
    rewrite(index_of(tmp_path), **change(tmp_path))
    samples, findings = read_all(tmp_path)
    assert len(samples) == 9 and len(findings) == 1
    assert re.search(what, findings[0].what)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"label": None}, "must have file, label, gait, videoId, set, one a sample"),
        ({"file": None}, "must have file"),
        ({"set": np.ones(5, np.uint8)}, r"must have .*of lengths \[6, 6, 6, 6, 5\]"),
        ({"cam": np.ones(5, np.uint8)}, "must have .*of lengths"),
        ({"gait": 1}, "must have file"),
        ({name: np.zeros(0, np.uint8) for name in ("file", "label", "gait", "videoId", "set")}, "must have file"),
    ],
)
def test_what_is_no_index(tmp_path, change, what):
    tum(tmp_path)
    rewrite(index_of(tmp_path), **change)
    with pytest.raises(DataError, match=rf"{TRAIN}\.h5 {what}"):
        read_all(tmp_path)


def test_an_index_that_is_no_hdf5_or_holds_an_object(tmp_path):
    tum(tmp_path)
    index_of(tmp_path).write_text("hello")
    with pytest.raises(DataError, match=rf"{TRAIN}\.h5 is not readable: it is no HDF5 file"):
        read_all(tmp_path)
    pickled(index_of(tmp_path), file=[print])
    with pytest.raises(DataError, match="'file' is refused"):
        read_all(tmp_path)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"label": np.uint16(2)}, "label in the file must be 1, as its name and index say. Received: 2"),
        ({"gait": np.uint8(2)}, "gait in the file must be 1"),
        ({"videoId": np.uint16(9)}, "videoId in the file must be 1"),
        ({"label": "anna"}, "label in the file must be 1.*Received: anna"),
        ({"data": None}, "must be a sample with data, label and compressFactor"),
        ({"data": 3}, "must be a sample with data"),
        ({"data": np.ones((60, 60, 40), np.int16)}, r"must have the shape \(60, 60, 50\)"),
        ({"data": np.ones((60, 60, 50), np.float32)}, r"data of flow must be int16.*Received: float32 \(60, 60, 50\)"),
    ],
)
def test_a_sample_that_disagrees_with_its_index(tmp_path, change, what):
    sample = first(tum(tmp_path))
    rewrite(tmp_path / sample.path, **change)
    with pytest.raises(DataError, match=what):
        load(tmp_path, "flow", sample)


def test_a_window_of_another_length_than_its_folder_says(tmp_path):
    tum(tmp_path)
    rewrite(index_of(tmp_path), shape=None)
    sample = first(tmp_path)
    rewrite(tmp_path / sample.path, data=np.ones((60, 60, 60), np.int16))
    with pytest.raises(DataError, match="a window must have 25 frames, as its folder says. Received: 30"):
        load(tmp_path, "flow", sample)


def test_samples_that_are_none(tmp_path):
    sample = first(tum(tmp_path))
    (tmp_path / sample.path).write_bytes(b"")
    with pytest.raises(DataError, match=r"p001-n01-01\.h5 is not readable: it is empty"):
        load(tmp_path, "flow", sample)
    (tmp_path / sample.path).unlink()
    with pytest.raises(DataError, match="is no file"):
        load(tmp_path, "flow", sample)


def test_nothing_outside_the_datadir_is_read(tmp_path):
    root = tum(tmp_path / "data")
    outside = shutil.copy(root / TRAIN / "p001-n01-01.h5", tmp_path / "outside.h5")
    (root / TRAIN / "p001-n01-01.h5").unlink()
    (root / TRAIN / "p001-n01-01.h5").symlink_to(outside)
    sample = first(root)
    with pytest.raises(DataError, match="must lie inside"):
        load(root, "flow", sample)
    shutil.move(root / TRAIN, tmp_path / "elsewhere")
    (root / TRAIN).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match="must lie inside"):
        read_all(root)
