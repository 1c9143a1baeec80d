"""Progress on standard error: a bar on a terminal, a line now and then elsewhere."""

import sys
import time

QUIET_SECONDS = 2
LINE_SECONDS = 10


class Progress:
    """A context manager whose instances are called as `progress(done, total, what)`.

    Nothing is shown for work shorter than two seconds. Off a terminal a line is written every ten seconds, so that
    a log stays short.
    """

    def __init__(self, stream=None):
        self._stream = stream or sys.stderr
        self._bars = None
        self._tasks = {}
        self._began = self._said = time.monotonic()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, done, total, what):
        """Show that `done` of `total` steps of the stage `what` are finished."""
        if time.monotonic() - self._began < QUIET_SECONDS:
            return
        if self._stream.isatty():
            self._bar(done, total, what)
        elif time.monotonic() - self._said >= LINE_SECONDS or (done == total and what in self._tasks):
            self._said = time.monotonic()
            self._tasks[what] = done
            if done == total:
                del self._tasks[what]
            print(f"{what}: {done} of {total}", file=self._stream, flush=True)

    def _bar(self, done, total, what):
        if self._bars is None:
            from rich import progress
            from rich.console import Console

            self._bars = progress.Progress(
                progress.TextColumn("{task.description}"),
                progress.BarColumn(),
                progress.MofNCompleteColumn(),
                progress.TimeRemainingColumn(),
                console=Console(file=self._stream),
            )
            self._bars.start()
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total)
        self._bars.update(self._tasks[what], completed=done, total=total)
