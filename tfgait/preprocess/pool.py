"""One function over many items in several processes, in order.

The processes are plain Python ones, not forks and not `multiprocessing` spawns: they import the function's own
module and nothing of the main script, so TensorFlow in the parent costs them nothing and a script needs no
``if __name__ == "__main__"``. They live off the pipe to their parent and end with it, however it dies.
"""

import itertools
import os
import pickle
import queue
import subprocess
import sys
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tfgait.core.errors import ConfigError, DataError, UserError, check_choice
from tfgait.preprocess.worker import DONE, MISTAKE

AHEAD = 3  # items a process that may be under way or waiting for the caller: bounds the memory
SINGLE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")


@dataclass(frozen=True)
class Failure:
    """What stands in the place of the result of a bad item: its name, and what is wrong with it."""

    item: str
    message: str


def run(function, items, processes=None, progress=None, on_error="raise", name=str):
    """Yield ``function(item)`` for every item, in the order of the items.

    Args:
        function: a function of an importable module, or a `functools.partial` of one; what it takes and returns
            must be picklable. It runs with one thread for OpenCV and BLAS.
        items: any iterable; it is read only a few items ahead of what the caller took.
        processes: at least 1; None takes one for every core this process may use. With 1 it runs right here.
        progress: called with (items done, items in all or None) before each result is given.
        on_error: a `UserError` of one item is raised with the item's name before it ("raise"), or a `Failure`
            takes the place of the result ("return"). Any other error is a bug and always raised.
        name: function of an item that gives the name errors call it by.

    Raises:
        ConfigError, DataError: one item is bad, or an option is.
        RuntimeError: the function failed otherwise, or its process died.
    """
    check_choice("on_error", on_error, ("raise", "return"))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    processes = cores if processes is None else processes
    if processes < 1:
        raise ConfigError(f"processes must be at least 1. Received: processes={processes}.")
    total = len(items) if hasattr(items, "__len__") else None
    processes = min(processes, total or processes)
    return _results(function, items, processes, total, progress, on_error, name)


def _results(function, items, processes, total, progress, on_error, name):
    outcomes = _outcomes_here(function, items) if processes == 1 else _outcomes(function, items, processes, name)
    for done, (item, error, result) in enumerate(outcomes, 1):
        if error is not None and on_error == "raise":
            raise type(error)(f"{name(item)}: {error}")
        if progress:
            progress(done, total)
        yield result if error is None else Failure(name(item), str(error))


def _outcomes_here(function, items):
    for item in items:
        try:
            error, result = None, function(item)
        except UserError as mistake:
            error, result = mistake, None
        yield item, error, result


def _outcomes(function, items, processes, name):
    """Yield (item, UserError or None, result); whatever ends it, no process stays."""
    function = pickle.dumps(function, pickle.HIGHEST_PROTOCOL)
    items = iter(items)
    workers, idle = [], queue.SimpleQueue()
    threads = ThreadPoolExecutor(processes)

    def call(item):
        worker = idle.get()
        try:
            return worker.call(function, item, name)
        finally:
            idle.put(worker)

    try:
        for _ in range(processes):
            workers.append(_Worker())
            idle.put(workers[-1])
        waiting = deque((item, threads.submit(call, item)) for item in itertools.islice(items, processes * AHEAD))
        while waiting:
            item, future = waiting.popleft()
            error, result = future.result()
            yield item, error, result
            waiting.extend((item, threads.submit(call, item)) for item in itertools.islice(items, 1))
    finally:
        for worker in workers:
            worker.end()
        threads.shutdown(wait=True, cancel_futures=True)


class _Worker:
    """One process and the pipe to it."""

    def __init__(self):
        environment = {**os.environ, **dict.fromkeys(SINGLE_THREAD, "1")}
        environment["PYTHONPATH"] = os.pathsep.join(os.path.abspath(p) for p in sys.path)
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from tfgait.preprocess.worker import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            # A Ctrl-C goes to the parent alone, which then ends its processes.
            start_new_session=True,
        )

    def call(self, function, item, name):
        """Return (None, result), or (UserError, None)."""
        request = pickle.dumps((function, pickle.dumps(item, pickle.HIGHEST_PROTOCOL)), pickle.HIGHEST_PROTOCOL)
        try:
            self._process.stdin.write(request)
            self._process.stdin.flush()
            kind, what = pickle.load(self._process.stdout)  # noqa: S301 - written by our own process
        except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:
            code = self._process.wait()
            raise RuntimeError(f"{name(item)}: the process died over it, exit code {code}.") from error
        if kind == DONE:
            return None, pickle.loads(what)  # noqa: S301 - written by our own process
        if kind == MISTAKE:
            return (ConfigError if what[0] else DataError)(what[1]), None
        error = RuntimeError(f"{name(item)}: {what[0]}")
        error.add_note(what[1])
        raise error

    def end(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            return  # part of a request was still on its way
