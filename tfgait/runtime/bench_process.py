"""The other end of `tfgait.runtime.bench_worker`: a model file loaded in a fresh process, run when asked."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tfgait.core.errors import DataError

SECONDS = 600  # for one answer; a hostile file could run for ever


@contextlib.contextmanager
def fresh_process(path, threads=1, seconds=SECONDS):
    """Yield a `BenchProcess` that has loaded a model file and run it once; the process ends with the block.

    Args:
        path: the file.
        threads: of its interpreter.
        seconds: one answer may take.

    Raises:
        DataError: the file cannot be run, or ends its process.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(os.path.abspath(p) for p in sys.path)}
    environment.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    command = [sys.executable, "-m", "tfgait.runtime.bench_worker", os.fspath(path), str(threads)]
    pipe = subprocess.PIPE
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=said, env=environment)
        try:
            yield BenchProcess(Path(path), process, said, began, seconds)
        finally:
            process.kill()
            process.communicate()


class BenchProcess:
    """A process that has loaded a model file; `fresh_process` makes one.

    Attributes:
        path: the file.
        start_ms: from the start of the process to the first result.
        ready: ``modality``, ``frames`` of a sample, ``fixed`` batch size or None, ``baseline_bytes`` in memory before
            the file was opened and ``peak_bytes``, the most there ever were until the first result.
    """

    def __init__(self, path, process, said, began, seconds):
        self.path, self._process, self._said, self._seconds = path, process, said, seconds
        self.ready = self._answer()
        self.start_ms = 1000 * (time.perf_counter() - began)

    def run(self, batch=1, seconds=0.0):
        """Run a batch once, or again and again for some seconds.

        Returns:
            ``runs`` and, of the last one, ``cpu_ms`` and ``wall_ms``.
        """
        # Where the process has ended, the answer that does not come says why.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps({"batch": batch, "seconds": seconds}).encode() + b"\n")
            self._process.stdin.flush()
        return self._answer()

    def _answer(self):
        if not select.select([self._process.stdout], [], [], self._seconds)[0]:
            raise DataError(f"{self.path} must answer within {self._seconds:g} s. Received: no answer.")
        line = self._process.stdout.readline()
        if not line:
            raise DataError(f"{self.path} cannot be run: {self._reason()}")
        answer = json.loads(line)
        if "error" in answer:
            raise DataError(answer["error"])
        return answer

    def _reason(self):
        code = self._process.wait()
        if code < 0:
            return f"it ended its process by {signal.Signals(-code).name}; it is damaged."
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"its process ended with exit code {code}."
