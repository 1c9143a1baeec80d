import cv2
import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.preprocess import video_writer as module
from tfgait.preprocess.video import read_video_file
from tfgait.preprocess.video_writer import video_writer

WRITER = cv2.VideoWriter
FRAME = np.full((48, 64, 3), (200, 40, 90), np.uint8)


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv", "a.avi"])
def test_frames_come_back(tmp_path, name):
    with video_writer(tmp_path / "new" / name, (48, 64), 12.5) as add:
        for _ in range(7):
            add(FRAME)
    frames, fps = read_video_file(tmp_path / "new" / name, colour=True)
    assert frames.shape == (7, 48, 64, 3) and fps == 12.5
    np.testing.assert_allclose(frames.mean(axis=(0, 1, 2)), (90, 40, 200), atol=6)


def test_whole_or_absent(tmp_path):
    (tmp_path / "a.mp4").write_text("what was there")
    with pytest.raises(ZeroDivisionError), video_writer(tmp_path / "a.mp4", (48, 64), 25) as add:
        add(FRAME)
        raise ZeroDivisionError
    assert (tmp_path / "a.mp4").read_text() == "what was there" and len(list(tmp_path.iterdir())) == 1


class Full:
    """A writer whose disk is full after three frames, of which it says nothing."""

    def __init__(self, *arguments):
        self._writer, self._count = WRITER(*arguments), 0
        self.isOpened, self.release = self._writer.isOpened, self._writer.release

    def write(self, frame):
        self._count += 1
        if self._count <= 3:
            self._writer.write(frame)


def test_frames_that_were_lost_on_the_way(tmp_path, monkeypatch):
    monkeypatch.setattr(module.cv2, "VideoWriter", Full)
    with pytest.raises(DataError, match="could not be written: 3 of 5 frames are in it"):  # noqa: SIM117
        with video_writer(tmp_path / "a.mp4", (48, 64), 25) as add:
            for _ in range(5):
                add(FRAME)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(ConfigError, match=r"must be one of \.mp4, .*Did you mean '\.mp4'"):  # noqa: SIM117
        with video_writer(tmp_path / "a.mp3", (48, 64), 25):
            pass
    with pytest.raises(DataError, match="at least 1 frame"):  # noqa: SIM117
        with video_writer(tmp_path / "a.mp4", (48, 64), 25):
            pass
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="file/a.mp4 cannot be written"):  # noqa: SIM117
        with video_writer(tmp_path / "file" / "a.mp4", (48, 64), 25):
            pass
