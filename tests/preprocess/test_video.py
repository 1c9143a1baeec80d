import struct

import numpy as np
import pytest

from tfgait.core.errors import DataError
from tfgait.preprocess import video as module
from tfgait.preprocess.video import read_video_file

cv2 = pytest.importorskip("cv2")


def write(path, frames=20, codec="FFV1", size=(64, 48), fps=12.5):
    """A lossless video whose frame i is red 10 i, green 40, blue 200."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), fps, size)
    for index in range(frames):
        writer.write(np.full((size[1], size[0], 3), (200, 40, 10 * index), np.uint8))
    writer.release()
    return path


@pytest.mark.parametrize(
    ("name", "codec", "close"), [("a.avi", "FFV1", 1), ("a.mkv", "FFV1", 1), ("a.mp4", "mp4v", 4), ("a.mov", "mp4v", 4)]
)
def test_every_frame_in_colour_and_grey(tmp_path, name, codec, close):
    path = write(tmp_path / name, codec=codec)
    colour, fps = read_video_file(path, colour=True)
    assert colour.shape == (20, 48, 64, 3) and colour.dtype == np.uint8 and fps == 12.5
    wanted = np.stack([10 * np.arange(20), np.full(20, 40), np.full(20, 200)], axis=1)
    np.testing.assert_allclose(colour.mean(axis=(1, 2)), wanted, atol=close)
    grey, _ = read_video_file(path)
    assert grey.shape == (20, 48, 64)
    np.testing.assert_allclose(grey.mean(axis=(1, 2)), wanted @ [0.299, 0.587, 0.114], atol=close)


def test_files_that_are_no_whole_video(tmp_path):
    whole = write(tmp_path / "a.avi").read_bytes()
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\na.avi\n#EXT-X-ENDLIST\n"
    for content, message in (
        (b"", "bad.avi is empty"),
        (b"holiday notes\n", "bad.avi is no AVI, MP4, QuickTime or Matroska video"),
        (playlist, "is no AVI"),
        (whole[: len(whole) * 3 // 4], "is cut short: its header promises 20 frames, [1-9][0-9]? can be read"),
        (whole[:100], "cannot be decoded"),
        (b"\0\0\0\x18ftypisom" + bytes(200), "cannot be decoded"),
    ):
        (tmp_path / "bad.avi").write_bytes(content)
        with pytest.raises(DataError, match=message):
            read_video_file(tmp_path / "bad.avi")
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_video_file(tmp_path / "absent.avi")
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        read_video_file(tmp_path)


def test_sizes_are_looked_at_before_frames_are_kept(tmp_path, monkeypatch):
    path = write(tmp_path / "a.avi")
    monkeypatch.setattr(module, "MOST_FRAME_BYTES", 64 * 48 * 10)
    with pytest.raises(DataError, match="at most 10 frames of 64×48. Received: 20"):
        read_video_file(path)
    monkeypatch.undo()
    monkeypatch.setattr(module, "MOST_PIXELS", 1000)
    with pytest.raises(DataError, match="1 to 1000 pixels. Received: a header that says 64×48"):
        read_video_file(path)


def test_a_header_that_promises_too_few_frames_is_not_believed(tmp_path, monkeypatch):
    data = bytearray(write(tmp_path / "a.avi").read_bytes())
    for at in (data.index(b"avih") + 8 + 16, data.index(b"strh") + 8 + 32):
        assert struct.unpack_from("<I", data, at) == (20,)
        struct.pack_into("<I", data, at, 2)
    (tmp_path / "b.avi").write_bytes(data)
    assert len(read_video_file(tmp_path / "b.avi")[0]) == 20
    monkeypatch.setattr(module, "MOST_FRAME_BYTES", 64 * 48 * 10)
    with pytest.raises(DataError, match="at most 10 frames"):
        read_video_file(tmp_path / "b.avi")
