import struct
import zlib

import numpy as np
import pytest

from tfgait.core.errors import DataError
from tfgait.preprocess.images import (
    frame_paths,
    read_colour,
    read_depth,
    read_frame,
    read_frames,
    read_masks,
    read_video,
)

cv2 = pytest.importorskip("cv2")


@pytest.fixture
def picture():
    return np.random.default_rng(0).integers(0, 256, (24, 32), np.uint8)


def save(path, image):
    assert cv2.imwrite(str(path), image)
    return path


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp"])
@pytest.mark.parametrize("colour", [False, True])
def test_reads_what_opencv_reads(tmp_path, picture, suffix, colour):
    image = np.dstack([picture, picture[::-1], picture[:, ::-1]]) if colour else picture
    path = save(tmp_path / f"a{suffix}", image)
    np.testing.assert_array_equal(read_frame(path), cv2.imread(str(path), cv2.IMREAD_GRAYSCALE))


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.7, 0.99])
def test_a_truncated_image_is_named(tmp_path, picture, suffix, share):
    path = save(tmp_path / f"a{suffix}", picture)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(DataError, match=rf"a\{suffix} (is cut short|is empty|is no PNG)"):
        read_frame(path)


def test_a_jpeg_with_more_behind_its_end_is_whole(tmp_path, picture):
    path = save(tmp_path / "a.jpg", picture)
    expected = read_frame(path)
    path.write_bytes(path.read_bytes() + b"a film from a phone")
    np.testing.assert_array_equal(read_frame(path), expected)


def test_a_flipped_bit_in_a_png_is_found(tmp_path, picture):
    path = save(tmp_path / "a.png", picture)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)
    with pytest.raises(DataError, match="checksum"):
        read_frame(path)


def test_a_png_of_valid_chunks_and_no_picture_is_refused(tmp_path):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IEND", b""))
    with pytest.raises(DataError, match=r"a\.png cannot be decoded"):
        read_frame(path)


@pytest.mark.parametrize(("width", "height"), [(100_000, 100_000), (0, 10), (2**31 - 1, 2**31 - 1)])
def test_a_huge_or_empty_size_is_refused_before_decoding(tmp_path, picture, monkeypatch, width, height):
    path = save(tmp_path / "a.png", picture)
    data = bytearray(path.read_bytes())
    data[16:24] = struct.pack(">II", width, height)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    path.write_bytes(data)
    monkeypatch.setattr(cv2, "imdecode", None)
    with pytest.raises(DataError, match=f"pixels. Received: a header that says {width}×{height}"):
        read_frame(path)


def test_a_huge_jpeg_and_bmp_are_refused(tmp_path, picture, monkeypatch):
    jpeg = save(tmp_path / "a.jpg", picture)
    data = bytearray(jpeg.read_bytes())
    start = data.index(b"\xff\xc0")
    data[start + 5 : start + 9] = b"\xff\xff\xff\xff"
    jpeg.write_bytes(data)
    bmp = save(tmp_path / "a.bmp", picture)
    data = bytearray(bmp.read_bytes())
    data[18:26] = struct.pack("<ii", 1 << 20, 1 << 20)
    bmp.write_bytes(data)
    monkeypatch.setattr(cv2, "imdecode", None)
    with pytest.raises(DataError, match="65535×65535"):
        read_frame(jpeg)
    with pytest.raises(DataError, match="cut short"):
        read_frame(bmp)


@pytest.mark.parametrize(
    "content", [b"GIF89a....", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"BM", b"text", b"\0" * 99]
)
def test_other_bytes_are_refused(tmp_path, content):
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.png is"):
        read_frame(path)


def test_absent_files_and_folders(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_frame(tmp_path / "none.png")
    with pytest.raises(DataError, match="is no folder"):
        frame_paths(tmp_path / "none")
    with pytest.raises(DataError, match="must hold frames"):
        frame_paths(tmp_path)


def test_sixteen_bits(tmp_path, picture):
    wide = save(tmp_path / "wide.png", picture.astype(np.uint16) * 257)
    small = save(tmp_path / "small.png", picture.astype(np.uint16))
    np.testing.assert_array_equal(read_frame(wide), picture)
    np.testing.assert_array_equal(read_frame(small), picture)


def test_opacity(tmp_path, picture):
    mask = (picture > 128).astype(np.uint8) * 255
    black = save(tmp_path / "black.png", np.dstack([np.zeros_like(picture)] * 3 + [mask]))
    np.testing.assert_array_equal(read_frame(black), mask)
    shown = save(tmp_path / "shown.png", np.dstack([picture] * 3 + [mask]))
    np.testing.assert_array_equal(read_frame(shown), np.where(mask, picture, 0))


def test_frames_come_in_the_order_of_their_numbers(tmp_path, picture):
    for name in ("10.png", "2.png", "1.PNG", ".hidden.png", "a-002-9.jpg", "a-002-10.jpg"):
        save(tmp_path / name, picture)
    (tmp_path / "notes.txt").write_text("no frame")
    names = [path.name for path in frame_paths(tmp_path)]
    assert names == ["1.PNG", "2.png", "10.png", "a-002-9.jpg", "a-002-10.jpg"]
    assert len(read_frames(tmp_path)) == 5
    assert read_video(tmp_path).shape == (5, 24, 32)


def test_a_video_of_two_sizes_is_refused(tmp_path, picture):
    save(tmp_path / "1.png", picture)
    save(tmp_path / "2.png", picture[:20])
    with pytest.raises(DataError, match="one size"):
        read_video(tmp_path)


def test_masks_coded_0_and_1_become_white(tmp_path, picture):
    mask = (picture > 128).astype(np.uint8)
    save(tmp_path / "1.png", mask)
    save(tmp_path / "2.png", np.zeros_like(mask))
    np.testing.assert_array_equal(read_masks(tmp_path)[0], mask * 255)
    save(tmp_path / "3.png", mask * 255)
    np.testing.assert_array_equal(read_masks(tmp_path)[0], mask)


def test_colour_is_red_green_blue(tmp_path):
    red = np.zeros((4, 6, 3), np.uint8)
    red[..., 2] = 255  # OpenCV writes blue, green, red
    cv2.imwrite(str(tmp_path / "1.png"), red)
    cv2.imwrite(str(tmp_path / "2.png"), np.full((4, 6), 70, np.uint8))
    video = read_video(tmp_path, read_colour)
    np.testing.assert_array_equal(video[0], np.broadcast_to([255, 0, 0], (4, 6, 3)).astype(np.uint8))
    assert (video[1] == 70).all() and video.shape == (2, 4, 6, 3)


def test_depth_is_millimetres(tmp_path):
    depth = np.arange(24, dtype=np.uint16).reshape(4, 6) * 300
    cv2.imwrite(str(tmp_path / "1.png"), depth)
    np.testing.assert_array_equal(read_depth(tmp_path / "1.png"), depth)
    cv2.imwrite(str(tmp_path / "2.png"), np.full((4, 6), 255, np.uint8))
    assert (read_depth(tmp_path / "2.png") == 4080).all() and read_depth(tmp_path / "2.png").dtype == np.uint16
    (tmp_path / "3.png").write_bytes((tmp_path / "1.png").read_bytes()[:60])
    with pytest.raises(DataError, match="3.png is cut short"):
        read_depth(tmp_path / "3.png")
