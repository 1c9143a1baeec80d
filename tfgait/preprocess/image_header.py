"""Size and wholeness of PNG, JPEG and BMP files, read from their bytes before anything is decoded.

OpenCV decodes half a file without a word and allocates whatever a header claims; this looks first.
"""

import struct
import zlib
from dataclasses import dataclass

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
BMP = b"BM"
JPEG_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # start-of-frame markers
JPEG_BARE = {0x01, *range(0xD0, 0xD8)}  # markers without a length


@dataclass(frozen=True)
class Header:
    """Width and height in pixels, bits a channel, and whether there is a channel of opacity."""

    width: int
    height: int
    depth: int = 8
    alpha: bool = False


def read_header(data):
    """Return the `Header` of an image file's bytes.

    Raises:
        ValueError: what is wrong, in words that follow "it": no known image, cut short, or damaged.
    """
    for magic, reader in ((PNG, _png), (JPEG, _jpeg), (BMP, _bmp)):
        if data.startswith(magic):
            try:
                return reader(data)
            except (struct.error, IndexError) as error:
                raise ValueError("is cut short") from error
    raise ValueError("is empty" if not data else "is no PNG, JPEG or BMP image")


def _png(data):
    header, position = None, len(PNG)
    while True:
        size, kind = struct.unpack_from(">I4s", data, position)
        body = data[position + 4 : position + 8 + size]
        (checksum,) = struct.unpack_from(">I", data, position + 8 + size)
        if zlib.crc32(body) != checksum:
            raise ValueError("is damaged: a checksum is wrong")
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack_from(">IIBB", data, position + 8)
            header = Header(width, height, depth, alpha=bool(colour & 4))
        if kind == b"IEND":
            if header is None:
                raise ValueError("is damaged: it has no header")
            return header
        position += 12 + size


def _jpeg(data):
    header, position = None, 2
    while header is None:
        if data[position] != 0xFF:
            raise ValueError("is damaged: a marker is missing")
        marker = data[position + 1]
        if marker in JPEG_BARE or marker == 0xFF:
            position += 1 if marker == 0xFF else 2
            continue
        (size,) = struct.unpack_from(">H", data, position + 2)
        if marker in JPEG_SIZES:
            depth, height, width = struct.unpack_from(">BHH", data, position + 4)
            header = Header(width, height, depth)
        position += 2 + size
    # The compressed part cannot contain the end marker, and phones put more behind it.
    if data.find(b"\xff\xd9", position) < 0:
        raise ValueError("is cut short")
    return header


def _bmp(data):
    start, header_size = struct.unpack_from("<II", data, 10)
    if header_size < 40:
        raise ValueError("is a BMP of a kind older than Windows 3")
    width, height, _, bits, packing = struct.unpack_from("<iiHHI", data, 18)
    # Rows are padded to 4 bytes; a run-length packed image (1, 2) has no length known beforehand.
    if packing not in (1, 2) and len(data) < start + (max(width, 0) * bits + 31) // 32 * 4 * abs(height):
        raise ValueError("is cut short")
    return Header(width, abs(height))
