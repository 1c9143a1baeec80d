"""Where the person is: one box a frame, from silhouettes, from what moves before a still background, or from a file."""

import csv
from pathlib import Path

import cv2
import numpy as np

from tfgait.core.errors import DataError

GAP = 12  # frames without a box that are filled from both sides; a longer absence stays one
SMOOTH = 5  # frames over which a box is smoothed
SAMPLES = 51  # frames of a video whose median is the background
LEAST_CHANGE = 12  # grey levels; less is not motion
LEAST_AREA = 1e-3  # of the frame; a smaller part is not a person
COLUMNS = ("frame", "x", "y", "width", "height")
MOST_BYTES = 1 << 24


def boxes_of_masks(masks):
    """Return the box of the largest part of each mask (T, H, W) uint8: (T, 4) float64, zero where there is none.

    Columns are x, y, width, height in pixels, as everywhere here; parts below a thousandth of the frame are no person.
    """
    found = np.zeros((len(masks), 4))
    for index, mask in enumerate(masks):
        _, _, stats, _ = cv2.connectedComponentsWithStats((mask > 127).astype(np.uint8))
        if len(stats) > 1:
            part = stats[1 + stats[1:, cv2.CC_STAT_AREA].argmax()]
            if part[cv2.CC_STAT_AREA] >= LEAST_AREA * mask.size:
                found[index] = part[:4]
    return found


def boxes_of_motion(grey):
    """Return the boxes (T, 4) of what differs from the background, the median of a video (T, H, W) uint8.

    The camera stands still, one person moves. Zero where nothing does.
    """
    picked = np.linspace(0, len(grey) - 1, min(SAMPLES, len(grey))).round().astype(int)
    background = cv2.GaussianBlur(np.median(grey[picked], axis=0).astype(np.uint8), (5, 5), 0)
    # Clothes as bright as the wall break a person into parts, above each other.
    kernel = np.ones((max(3, grey.shape[1] // 16), max(3, grey.shape[1] // 48)), np.uint8)
    masks = []
    for frame in grey:
        change = cv2.absdiff(cv2.GaussianBlur(frame, (5, 5), 0), background)
        noise = 1.5 * np.median(change)
        moving = ((change > max(LEAST_CHANGE, 4 * noise)) * np.uint8(255)).astype(np.uint8)
        masks.append(cv2.morphologyEx(moving, cv2.MORPH_CLOSE, kernel))
    return boxes_of_masks(masks)


def smooth(boxes):
    """Fill gaps of at most 12 frames from both sides and smooth the boxes (T, 4); longer absences stay zero.

    The median of 5 frames takes out what jumps, the mean of 5 what trembles. A person who walks straight is moved by
    neither.
    """
    boxes = np.array(boxes, np.float64)
    seen = np.flatnonzero(boxes[:, 2] > 0)
    for before, after in zip(seen, seen[1:], strict=False):
        if 1 < after - before <= GAP + 1:
            share = (np.arange(before + 1, after) - before)[:, None] / (after - before)
            boxes[before + 1 : after] = (1 - share) * boxes[before] + share * boxes[after]
    present = np.flatnonzero(boxes[:, 2] > 0)
    for run in np.split(present, np.flatnonzero(np.diff(present) > 1) + 1):
        if len(run):
            boxes[run] = _filtered(_filtered(boxes[run], np.median), np.mean)
    return boxes


def read_boxes(path, frames, size):
    """Read a file of boxes: a first line ``frame,x,y,width,height``, then one line a frame, counted from 0.

    Args:
        path: the file.
        frames: how many the video has.
        size: (height, width) of the video in pixels.

    Returns:
        (T, 4) float64; zero where the file has no line.

    Raises:
        DataError: no such file, another first line, or a line that is no box of the video; it is named by its number.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"{path} must have at most {MOST_BYTES} bytes. Received: {path.stat().st_size}.")
        lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} is no text of lines with commas: {error}.") from error
    if not lines or [c.strip() for c in lines[0]] != list(COLUMNS):
        raise DataError(f"{path}, line 1 must be {','.join(COLUMNS)}. Received: {','.join(lines[0]) if lines else ''}.")
    boxes = np.zeros((frames, 4))
    for number, line in enumerate(lines[1:], 2):
        if line:
            frame, box = _box(f"{path}, line {number}", line, frames, size)
            if boxes[frame, 2]:
                raise DataError(f"{path}, line {number}: frame {frame} has a box already.")
            boxes[frame] = box
    return boxes


def _box(where, line, frames, size):
    try:
        frame, x, y, width, height = (float(cell) for cell in line)
    except ValueError as error:
        raise DataError(f"{where} must hold five numbers. Received: {','.join(line)}.") from error
    if frame not in range(frames):
        raise DataError(f"{where}: frame must lie in 0 to {frames - 1}. Received: {line[0]}.")
    inside = width > 0 and height > 0 and 0 <= x + width / 2 <= size[1] and 0 <= y + height / 2 <= size[0]
    if not (inside and np.isfinite([x, y, width, height]).all()):
        raise DataError(
            f"{where}: a box must be centred inside the video, {size[1]}×{size[0]}, and have a size. "
            f"Received: {','.join(line[1:])}."
        )
    return int(frame), (x, y, width, height)


def _filtered(track, what):
    """Apply `what` to as many frames before as after each one, at most `SMOOTH` together; fewer at the ends."""
    reach = SMOOTH // 2
    made = np.empty_like(track)
    for index in range(len(track)):
        side = min(reach, index, len(track) - 1 - index)
        made[index] = what(track[index - side : index + side + 1], axis=0)
    return made
