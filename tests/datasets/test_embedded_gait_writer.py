import numpy as np
import pytest
from datadirs import BOXES, gaitset, tum, window

from tfgait.core.errors import ConfigError, DataError
from tfgait.datasets.deepdish_file import read_deepdish
from tfgait.datasets.embedded_gait_writer import EmbeddedGaitWriter

TRAIN = "tfimdb_tum_gaid_N150_train_of25_60x60"
WHOLE = {"frames_as_stored": window(1), "subject": "001", "condition": "n-01", "view": "090", "video_number": 1}
WHOLE |= {"window_number": 1, "frames": range(25), "boxes": BOXES, "set": 1}


def test_a_sample_as_published(tmp_path):
    with EmbeddedGaitWriter(tmp_path, TRAIN) as writer:
        assert writer.add(**WHOLE) == "p001-n01-01.h5" and len(writer) == 1
    sample = read_deepdish(tmp_path / TRAIN / "p001-n01-01.h5")
    types = {"label": "uint16", "videoId": "uint16", "gait": "uint8", "frames": "uint16", "compressFactor": "uint8"}
    assert {name: sample[name].dtype.name for name in types} == types and "cam" not in sample
    assert sample["data"].shape == (60, 60, 50) and sample["data"].dtype == np.int16
    for t in range(25):
        for axis in range(2):
            np.testing.assert_array_equal(sample["data"][..., 2 * t + axis], WHOLE["frames_as_stored"][t, ..., axis])
    assert sample["compressFactor"] == 100 and sample["frames"].tolist() == list(range(25))
    assert sample["bbs"].tolist() == [[1, 2, 300, 400]] * 25  # published boxes wrap at 256


def test_an_index_as_published(tmp_path):
    index = read_deepdish(tum(tmp_path) / f"{TRAIN}.h5")
    assert index["label"].tolist() == [1, 1, 1, 1, 2, 2] and index["label"].dtype == np.uint16
    assert index["videoId"].tolist() == [1, 1, 2, 2, 3, 3] and index["gait"].tolist() == [1, 1, 2, 2, 1, 1]
    assert index["set"].tolist() == [1, 2] * 3 and index["compressFactor"] == 100 and index["shape"] == (60, 60, 50)
    assert index["file"].tolist()[2:4] == ["p001-b01-01.h5", "p001-b01-02.h5"]
    assert index["frames"].shape == (6, 25) and index["bbs"].shape == (6, 25, 4)
    mean = np.mean([window(1000 * video + number) for video in (1, 2, 3) for number in (1, 2)], axis=0)
    np.testing.assert_allclose(index["mean"][..., 7], mean[3, ..., 1], rtol=1e-6)


def test_whole_videos_of_differing_length(tmp_path):
    gaitset(tmp_path)
    folder = next(path for path in tmp_path.iterdir() if path.is_dir())
    sample = read_deepdish(folder / "001-nm-01-018.h5")
    assert sample["data"].shape == (32, 64, 64, 1) and sample["data"].dtype == np.uint8
    assert sample["cam"] == 18 and sample["compressFactor"] == 0
    index = read_deepdish(tmp_path / f"{folder.name}.h5")
    assert index["cam"].tolist() == [0, 18] and "mean" not in index and "frames" not in index


def test_the_index_is_whole_or_absent(tmp_path):
    with pytest.raises(ZeroDivisionError), EmbeddedGaitWriter(tmp_path, TRAIN) as writer:
        writer.add(**WHOLE)
        raise ZeroDivisionError
    assert not (tmp_path / f"{TRAIN}.h5").exists()
    with pytest.raises(DataError, match="not one sample"), EmbeddedGaitWriter(tmp_path, TRAIN):
        pass
    with EmbeddedGaitWriter(tmp_path, TRAIN) as writer:
        writer.add(**WHOLE)
    before = (tmp_path / f"{TRAIN}.h5").read_bytes()
    with pytest.raises(DataError, match="exists already"):
        EmbeddedGaitWriter(tmp_path, TRAIN)
    assert (tmp_path / f"{TRAIN}.h5").read_bytes() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frames_as_stored": window(1).astype(np.float32)}, r"frames must be int16 \(T, H, W, 2\)"),
        ({"frames_as_stored": window(1)[..., 0]}, "frames must be int16"),
        ({"frames_as_stored": window(1)[:0]}, "frames must be int16"),
        ({"frames_as_stored": window(1)[:24]}, "a window must have 25 frames"),
        ({"frames_as_stored": window(2, size=(64, 64)), "window_number": 2}, "of one shape"),
        ({"window_number": None}, "all windows or all whole videos"),
        ({"window_number": 1}, "Received twice: p001-n01-01.h5"),
        ({"subject": "anna"}, "a subject of digits"),
        ({"condition": "walk-01"}, "a condition such as"),
        ({"set": 4}, "set must be one of 1, 2, 3"),
        ({"video_number": 70_000}, "video_number must be numbers from 0 to 65535"),
        ({"video_number": "one"}, "video_number must be numbers"),
        ({"frames": range(24)}, r"frames must be numbers from 0 to 65535 of shape \(25,\)"),
        ({"boxes": BOXES[:, :3]}, "boxes must be numbers"),
        ({"boxes": BOXES * -1.0}, "boxes must be numbers"),
        ({"boxes": BOXES * np.nan}, "boxes must be numbers"),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_no_file(tmp_path, change, message):
    with pytest.raises(ConfigError, match=message), EmbeddedGaitWriter(tmp_path, TRAIN) as writer:
        writer.add(**WHOLE)
        writer.add(**{**WHOLE, "window_number": 2, **change})
    assert [path.name for path in (tmp_path / TRAIN).iterdir()] == ["p001-n01-01.h5"]


def test_a_folder_of_another_name(tmp_path):
    with pytest.raises(ConfigError, match="folder must be named like .*Received: folder=mine"):
        EmbeddedGaitWriter(tmp_path, "mine")
