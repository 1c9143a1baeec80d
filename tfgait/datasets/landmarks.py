"""What the motion capture readers give: named points of a body over time; and the rotations they share."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfgait.core.errors import DataError

MAX_BYTES = 1 << 28
MAX_JOINTS = 1000


@dataclass(frozen=True)
class Landmarks:
    """Points of a body in motion.

    Args:
        names: J names; the first is the root. A bone of ASF names its far end.
        positions: (T, J, 3) float64 in metres, axes as in the file: y is up in every common one.
        fps: frames a second.
        parents: J indices, the point each hangs on; -1 for the root.
    """

    names: tuple
    positions: np.ndarray
    fps: float
    parents: tuple


class Lines:
    """The lines of a text file that hold something, each a list of words, with their numbers for errors.

    Args:
        path: the file, at most 256 MiB.
        comment: what stands before text to be ignored; empty for none.

    Raises:
        DataError: the file is absent, too large or no text.
    """

    def __init__(self, path, comment="#"):
        self.path, self.number, self._at = Path(path), 0, 0
        try:
            size = self.path.stat().st_size
            if size > MAX_BYTES:
                raise DataError(f"{path} must be at most {MAX_BYTES} bytes. Received: {size}.")
            text = self.path.read_text(encoding="utf-8")
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise DataError(f"{path} is no text file: byte {error.start} cannot be decoded.") from error
        lines = enumerate(text.splitlines(), 1)
        if comment:
            lines = ((number, line.partition(comment)[0]) for number, line in lines)
        self._lines = [(number, line) for number, line in lines if line.strip()]

    def __iter__(self):
        return self

    def __next__(self):
        if self._at == len(self._lines):
            raise StopIteration
        self.number, line = self._lines[self._at]
        self._at += 1
        return line.split()

    def __len__(self):
        """Lines not read yet."""
        return len(self._lines) - self._at

    def expect(self, what):
        """Return the next line; a file that ends here raises `DataError` that says what was expected."""
        words = next(self, None)
        if words is None:
            raise DataError(f"{self.path} ends where {what} was expected; it was cut short.")
        return words

    def fail(self, what):
        """Return the `DataError` for the line read last."""
        return DataError(f"{self.path}, line {self.number}: {what}")

    def numbers(self, words, count, what):
        """Return `count` finite numbers from the words of a line."""
        try:
            values = np.array([float(word) for word in words])
        except ValueError:
            raise self.fail(f"{what} must be numbers. Received: {' '.join(words)[:80]}.") from None
        if len(values) != count:
            raise self.fail(f"{what} must be {count} numbers. Received: {len(values)}.")
        if not np.isfinite(values).all():
            raise self.fail(f"{what} must be finite. Received: {' '.join(words)[:80]}.")
        return values


def rotations(axes, angles):
    """Return the rotation matrices (..., 3, 3) that turn about the fixed axes one after the other.

    Args:
        axes: letters of ``xyz``, the first one turned about first: ``"xyz"`` is R = Rz Ry Rx.
        angles: (..., len(axes)) in radians.
    """
    total = np.broadcast_to(np.eye(3), (*angles.shape[:-1], 3, 3))
    for i, axis in enumerate(axes):
        cosine, sine = np.cos(angles[..., i]), np.sin(angles[..., i])
        turn = np.zeros((*angles.shape[:-1], 3, 3))
        k = "xyz".index(axis)
        a, b = (k + 1) % 3, (k + 2) % 3
        turn[..., k, k] = 1
        turn[..., a, a] = turn[..., b, b] = cosine
        turn[..., a, b], turn[..., b, a] = -sine, sine
        total = turn @ total
    return total
