"""When it is time for something again."""

import time


class Clock:
    """Says when so many minutes have passed since it last said so."""

    def __init__(self, minutes):
        self._seconds, self._last = minutes * 60, time.monotonic()

    def due(self):
        """Return whether they have; if so they are counted anew."""
        if time.monotonic() - self._last < self._seconds:
            return False
        self._last = time.monotonic()
        return True
