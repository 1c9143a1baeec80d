import errno
import time

import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.datasets import store_writer
from tfgait.datasets.store import Store, StoreWriter, write_store

FRAMES = np.arange(2 * 64 * 44, dtype=np.uint16).astype(np.uint8).reshape(2, 64, 44, 1)
LABELS = {"subject": "1", "condition": "nm-01", "view": "", "name": "a"}


def test_equal_input_gives_equal_bytes(tmp_path):
    rows = [(FRAMES, "ß", "nm-01", "", "größe"), (FRAMES[:1], "2", "nm-01", "018", "b")]
    one = write_store(tmp_path / "a.h5", "silhouettes", rows)
    time.sleep(1.1)  # HDF5 would note the second
    two = write_store(tmp_path / "b.h5", "silhouettes", rows)
    assert one.read_bytes() == two.read_bytes()
    assert Store(one).table.name.tolist() == ["größe", "b"] and Store(one).table.view.tolist() == ["", "018"]


def test_other_shapes_and_types(tmp_path):
    flow = np.arange(25 * 8 * 6 * 2, dtype=np.int16).reshape(25, 8, 6, 2) - 1000
    path = write_store(tmp_path / "flow.h5", "flow", [(flow, "1", "nm-01", "", "a#0")], shape=(8, 6, 2))
    np.testing.assert_array_equal(Store(path).read(0), flow)
    np.testing.assert_allclose(Store(path).modality.to_network(Store(path).read(0)), flow / 100, rtol=1e-6)


def test_nothing_is_left_where_something_fails(tmp_path):
    path = tmp_path / "silhouettes.h5"
    with pytest.raises(ZeroDivisionError), StoreWriter(path, "silhouettes") as writer:
        writer.add(FRAMES, **LABELS)
        raise ZeroDivisionError
    with pytest.raises(DataError, match="not one sequence"), StoreWriter(path, "silhouettes"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_an_old_store_stays_until_the_new_one_is_whole(tmp_path):
    path = write_store(tmp_path / "silhouettes.h5", "silhouettes", [(FRAMES, *LABELS.values())])
    before = path.read_bytes()
    with pytest.raises(ConfigError), StoreWriter(path, "silhouettes") as writer:
        writer.add(FRAMES, **LABELS)
        writer.add(FRAMES, **LABELS)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("frames", "labels", "message"),
    [
        (FRAMES.astype(np.float32), {}, "must be uint8"),
        (FRAMES[..., 0], {}, "must be uint8 of shape"),
        (FRAMES[:, :63], {}, "must be uint8 of shape"),
        (FRAMES[:0], {}, "T >= 1"),
        (FRAMES, {"subject": ""}, "subject must be"),
        (FRAMES, {"name": "a\0b"}, "name must be"),
        (FRAMES, {"view": "\ud800"}, "UTF-8"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, frames, labels, message):
    with pytest.raises(ConfigError, match=message), StoreWriter(tmp_path / "x.h5", "silhouettes") as writer:
        writer.add(frames, **{**LABELS, **labels})
    assert list(tmp_path.iterdir()) == []


def test_bad_options_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="modality must be one of"):
        StoreWriter(tmp_path / "x.h5", "silhouete")
    with pytest.raises(ConfigError, match="shape must be"):
        StoreWriter(tmp_path / "x.h5", "silhouettes", shape=(64, 0, 1))
    with pytest.raises(ConfigError, match="source must be at most"):
        write_store(tmp_path / "x.h5", "silhouettes", [(FRAMES, *LABELS.values())], source={"a": "b" * 70_000})
    with pytest.raises(DataError, match="could not be written"), StoreWriter("/proc/none/x.h5", "silhouettes"):
        pass


@pytest.mark.parametrize("when", ["while frames come", "while the file is put together"])
@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OSError("Unable to write (file write failed: error message = 'No space left on device')"),
    ],
)
def test_full_disk_is_one_clear_line(tmp_path, monkeypatch, when, error):
    def full(*_):
        raise error

    path = tmp_path / "silhouettes.h5"
    if when == "while the file is put together":
        monkeypatch.setattr(store_writer.shutil, "copyfileobj", full)
    with (
        pytest.raises(DataError, match=r"silhouettes\.h5 could not be written: no space is left on the disk"),
        StoreWriter(path, "silhouettes") as writer,
    ):
        if when == "while frames come":
            monkeypatch.setattr(writer, "_raw", type("Full", (), {"write": full, "close": lambda _: None})())
        writer.add(FRAMES, **LABELS)
    assert list(tmp_path.iterdir()) == []
