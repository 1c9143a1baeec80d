"""Raw person masks → silhouettes of one height, centred on the walker, as OpenGait and GaitSet store them."""

import cv2
import numpy as np

from tfgait.core.errors import DataError, check_choice

SIZE = 64
LEAST_MASS = 10_000  # a frame whose pixel values sum to no more than this shows nobody
CUT = 10  # columns taken from each side of every 64
METHODS = ("opengait", "gaitset")


def align(raw, method="opengait"):
    """Crop every mask to the walker's rows, scale it to 64 rows and put the median column of its mass at column 32.

    Args:
        raw: masks (T, H, W) uint8, 0 background and 255 person, greys between allowed; or a sequence of (H, W)
            masks, whose sizes may differ.
        method: ``"opengait"``, or ``"gaitset"`` for the original release; they differ in frames whose median
            column is the first one, which OpenGait drops.

    Returns:
        aligned: (T', 64, 64) uint8, T' the number of frames kept.
        kept: (T,) bool. Dropped are frames whose values sum to 10,000 or less, which are 39 white pixels,
            and all masks coded 0 and 1.

    Raises:
        DataError: `raw` holds anything but two-dimensional uint8 masks.
        ConfigError: no such method.

    Reference: pretreatment of OpenGait (github.com/ShiqiYu/OpenGait) and GaitSet (github.com/AbnerHqC/GaitSet).
    """
    check_choice("method", method, METHODS)
    first_column = 1 if method == "opengait" else 0
    aligned = np.zeros((len(raw), SIZE, SIZE), np.uint8)
    kept = np.zeros(len(raw), bool)
    count = 0
    for index, mask in enumerate(raw):
        _check(mask, index)
        # A dropped frame leaves its slot untouched for the next one.
        kept[index] = _align_into(aligned[count], mask, first_column)
        count += int(kept[index])
    return aligned[:count], kept


def cut(aligned):
    """Take the empty columns from both sides of aligned silhouettes: (..., 64, 64) → (..., 64, 44), a view.

    Ten columns a side for every 64 of the width, as OpenGait does.
    """
    side = aligned.shape[-1] // SIZE * CUT
    return aligned[..., side : aligned.shape[-1] - side]


def boxes(raw):
    """Return the box of every mask (T, 4) int32: x, y, width, height in pixels; all zero where nobody is seen."""
    return np.array([cv2.boundingRect(np.ascontiguousarray(mask)) for mask in raw], np.int32).reshape(-1, 4)


def _check(mask, index):
    if not isinstance(mask, np.ndarray) or mask.ndim != 2 or mask.dtype != np.uint8:
        received = f"{mask.dtype} {mask.shape}" if isinstance(mask, np.ndarray) else type(mask).__name__
        raise DataError(f"every mask must be uint8 (H, W). Received: {received} as frame {index}.")


def _align_into(slot, mask, first_column):
    """Write one aligned mask into `slot` (64, 64), all zero before; return False and leave it so for a dropped one."""
    mask = np.ascontiguousarray(mask)
    _, top, _, height = cv2.boundingRect(mask)
    if height == 0:
        return False
    rows = mask[top : top + height]
    width = int(SIZE * (mask.shape[1] / height))
    if width == 0 or cv2.sumElems(rows)[0] <= LEAST_MASS:
        return False
    # The resize must see the full width: its sampling grid depends on it.
    scaled = cv2.resize(rows, (width, SIZE), interpolation=cv2.INTER_CUBIC)
    mass = cv2.reduce(scaled, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[0].cumsum(dtype=np.int64)
    centre = int(np.searchsorted(2 * mass, mass[-1], side="right"))
    if not first_column <= centre < width:
        return False
    left = centre - SIZE // 2
    source = scaled[:, max(left, 0) : left + SIZE]
    start = max(-left, 0)
    slot[:, start : start + source.shape[1]] = source
    return True
