"""Ctrl-C that waits for the end of a step."""

import signal
import threading


class Interrupt:
    """A context in which the first Ctrl-C only sets `asked`; the second one raises `KeyboardInterrupt` at once.

    Outside the main thread, where Python delivers no signals, it does nothing.
    """

    def __init__(self):
        self.asked = False
        self._before = None

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *exception):
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _ask(self, number, frame):
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
