"""The maximum of arrays as they come: of all, or of the last few."""

import numpy as np


class SlidingMaximum:
    """The elementwise maximum of the last arrays pushed, at one comparison each, whatever the window.

    Args:
        window: how many count; 0: all since the last reset, and none of them is kept.

    Reference: van Herk, "A fast algorithm for local minimum and maximum filters on rectangular and octagonal
        kernels", Pattern Recognition Letters 13 (1992): blocks of one window each, the maxima of the ends of the last
        block and of the start of the present one.
    """

    def __init__(self, window=0):
        self._window = window
        self._present = self._ends = None
        self.reset()

    def reset(self):
        """Forget what was pushed; its memory is used again."""
        self._pushed, self._block = 0, 0

    def push(self, values):
        """Take an array, of the shape and type of all before; it is copied."""
        if self._present is None:
            self._present = np.empty_like(values)
            self._ends = np.empty((self._window, *values.shape), values.dtype)
        if self._block:
            np.maximum(self._present, values, out=self._present)
        else:
            self._present[...] = values
        self._pushed += 1
        if not self._window:
            self._block = 1
            return
        # The place that this one takes is that of the array which leaves the window.
        self._ends[self._block] = values
        self._block += 1
        if self._block == self._window:
            for i in reversed(range(self._window - 1)):
                np.maximum(self._ends[i], self._ends[i + 1], out=self._ends[i])
            self._block = 0

    @property
    def value(self):
        """The maximum, valid until the next push; None where there was none."""
        if not self._pushed:
            return None
        if not self._window or self._pushed < self._window:
            return self._present
        if not self._block:
            return self._ends[0]
        return np.maximum(self._ends[self._block], self._present)
