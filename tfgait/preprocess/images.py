"""Frames from image files of any origin: whole, of a size that was looked at before decoding."""

from pathlib import Path

import cv2
import numpy as np

from tfgait.core.errors import DataError
from tfgait.datasets.image_tree import SUFFIXES
from tfgait.datasets.protocol import natural
from tfgait.preprocess.image_header import read_header

MOST_PIXELS = 1 << 25  # one 8K frame
MOST_BYTES = 1 << 27
BLACK, WHITE, MASK_SHARE = 32, 223, 0.9  # a mask has few pixels between; JPEG leaves some at its edge
DEPTH_STEP = 16  # millimetres a step of 8-bit depth


def frame_paths(folder):
    """Return the image files of a folder in the order of their numbers: 2.png before 10.png; hidden ones left out.

    Raises:
        DataError: no such folder, or no PNG, JPEG or BMP in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; one with the frames of a sequence was expected.")
    paths = [p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith(".")]
    if not paths:
        raise DataError(f"{folder} must hold frames as {', '.join(SUFFIXES)}. Received: none.")
    return sorted(paths, key=lambda path: natural(path.name))


def read_frame(path):
    """Read one image as grey (H, W) uint8, the way OpenCV does where it does so well.

    16-bit images are brought down to 8 bits unless their values fit already. Images with opacity are shown on
    black; where the colour is the same everywhere the opacity itself is the mask.

    Raises:
        DataError: the file is absent, empty, cut short, damaged, no image, or larger than 2²⁵ pixels.
    """
    data, header = _looked_at(path)
    special = header.alpha or header.depth > 8
    image = _decoded(path, data, cv2.IMREAD_UNCHANGED if special else cv2.IMREAD_GRAYSCALE)
    return _grey(image) if special else image


def read_colour(path):
    """Read one image as (H, W, 3) uint8 red, green, blue; errors as `read_frame`."""
    return cv2.cvtColor(_decoded(path, _looked_at(path)[0], cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def read_depth(path):
    """Read one image of depth as (H, W) uint16 millimetres, 0 unknown; errors as `read_frame`.

    A 16-bit image holds millimetres; every step of an 8-bit one is taken as 16 mm, so that 255 are 4.08 m.
    """
    image = _decoded(path, _looked_at(path)[0], cv2.IMREAD_UNCHANGED)
    image = image if image.ndim == 2 else image[..., 0]
    return image if image.dtype == np.uint16 else image.astype(np.uint16) * np.uint16(DEPTH_STEP)


def _looked_at(path):
    """Return (bytes, `Header`) of an image file that may be decoded."""
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise DataError(f"{path} must have at most {MOST_BYTES} bytes. Received: {size}.")
        data = path.read_bytes()
        header = read_header(data)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise DataError(f"{path} {error}.") from error
    if not 0 < header.width * header.height <= MOST_PIXELS:
        raise DataError(
            f"{path} must have 1 to {MOST_PIXELS} pixels. Received: a header that says {header.width}×{header.height}."
        )
    return data, header


def _decoded(path, data, mode):
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), mode)
    except cv2.error as error:
        raise DataError(f"{path} cannot be decoded: {error.err}.") from error
    if image is None:
        raise DataError(f"{path} cannot be decoded: its content is damaged.")
    return image


def read_frames(folder, read=read_frame):
    """Read all frames of a folder: a list of (H, W) uint8, sizes as they are; `read` reads one."""
    return [read(path) for path in frame_paths(folder)]


def read_video(folder, read=read_frame):
    """Read all frames of a folder as one grey video (T, H, W) uint8; differing sizes raise `DataError`.

    With `read_colour` or `read_depth` for `read` it is one of that kind.
    """
    frames = read_frames(folder, read)
    sizes = sorted({frame.shape for frame in frames})
    if len(sizes) != 1:
        raise DataError(f"{folder} must hold frames of one size. Received: {sizes[0]} and {sizes[1]}.")
    return np.stack(frames)


def read_masks(folder):
    """Read all frames of a folder as masks for `align`: as `read_frames`, and 0/1-coded sequences made 0/255."""
    masks = read_frames(folder)
    return [mask * np.uint8(255) for mask in masks] if max(mask.max() for mask in masks) == 1 else masks


def shows_masks(video):
    """Return whether a video (T, H, W) has no value but 0 and 255, at both its ends and in the middle."""
    return bool(np.isin(video[[0, len(video) // 2, -1]], (0, 255)).all())


def is_mask(image):
    """Return whether an image (H, W) uint8 is nearly all black and white; 0 and 1 are taken for black."""
    return bool(np.mean((image < BLACK) | (image > WHITE)) >= MASK_SHARE)


def _grey(image):
    if image.dtype == np.uint16:
        image = (image >> 8 if image.max() > 255 else image).astype(np.uint8)
    if image.ndim == 3 and image.shape[2] == 4:
        colour, opacity = cv2.cvtColor(image, cv2.COLOR_BGRA2GRAY), image[..., 3]
        if colour.min() == colour.max():
            return np.ascontiguousarray(opacity)
        return cv2.multiply(colour, opacity, scale=1 / 255)
    return image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
