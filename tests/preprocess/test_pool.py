import importlib
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.preprocess import pool

HERE = Path(__file__).resolve().parent


@pytest.fixture(autouse=True)
def pool_jobs(monkeypatch):
    monkeypatch.syspath_prepend(HERE)
    return importlib.import_module("pool_jobs")


def alive(process):
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(processes, seconds=10):
    end = time.monotonic() + seconds
    while any(alive(process) for process in processes):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def script(tmp_path, text):
    path = tmp_path / "script.py"
    path.write_text(text)
    return [sys.executable, str(path)], {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[1])])}


@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_order_with_progress(pool_jobs, processes):
    seen = []
    results = list(pool.run(pool_jobs.square, range(20), processes, progress=lambda *p: seen.append(p)))
    assert [number for number, _ in results] == [n * n for n in range(20)]
    assert seen == [(n, 20) for n in range(1, 21)]
    children = {process for _, process in results}
    assert len(children) == processes
    assert (os.getpid() in children) == (processes == 1)
    assert processes == 1 or gone(children)


def test_any_iterable_is_read_only_a_little_ahead(pool_jobs):
    taken = []
    items = (taken.append(n) or n for n in range(1000))
    results = pool.run(pool_jobs.square, items, 2)
    assert next(results)[0] == 0
    assert len(taken) <= 2 * pool.AHEAD
    results.close()
    assert list(pool.run(pool_jobs.square, [], 2)) == []


@pytest.mark.parametrize("processes", [1, 2])
def test_a_bad_item_is_named(pool_jobs, processes):
    results = pool.run(pool_jobs.picky, range(6), processes, name="sequence {}".format)
    with pytest.raises(DataError, match="^sequence 3: it is damaged.$"):
        list(results)
    results = list(pool.run(pool_jobs.picky, range(6), processes, on_error="return", name="sequence {}".format))
    assert results[3] == pool.Failure("sequence 3", "it is damaged.")
    assert [results[n].tolist() for n in (0, 1, 2, 4, 5)] == [[n] * 3 for n in (0, 1, 2, 4, 5)]


def test_a_bug_is_raised_even_where_failures_are_returned(pool_jobs):
    with pytest.raises(RuntimeError, match="3: ZeroDivisionError") as caught:
        list(pool.run(pool_jobs.buggy, range(6), 2, on_error="return"))
    assert "in buggy" in caught.value.__notes__[0]
    with pytest.raises(RuntimeError, match="pickle"):
        list(pool.run(pool_jobs.unpicklable, range(2), 2))


def test_a_process_that_dies_is_reported(pool_jobs):
    with pytest.raises(RuntimeError, match="3: the process died over it, exit code 7"):
        list(pool.run(pool_jobs.deadly, range(6), 2))


def test_an_interrupted_run_leaves_no_process(pool_jobs, tmp_path):
    files = [tmp_path / str(n) for n in range(2)]
    results = pool.run(pool_jobs.slow, files, 2)
    with pytest.raises(TimeoutError):
        interrupted(results, files)
    assert gone([int(file.read_text()) for file in files])


def interrupted(results, files):
    """Take the first result, and be interrupted once both processes are at work."""

    def stop(*_):
        if all(file.exists() and file.read_text() for file in files):
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    try:
        next(results)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("job", ["slow", "busy", "idle"])
def test_a_stopped_parent_leaves_no_process(tmp_path, job):
    # Ctrl-C goes to the whole group. A kill leaves no time to clean up: a busy child ends after its item.
    number = signal.SIGINT if job == "slow" else signal.SIGKILL
    files = [tmp_path / str(n) for n in range(2)]
    # The script has no guard around its main part.
    command, environment = script(
        tmp_path,
        "import time, pool_jobs\nfrom tfgait.preprocess import pool\n"
        f"results = pool.run(pool_jobs.{job}, {[str(f) for f in files]}, 2)\nnext(results)\ntime.sleep(60)\n",
    )
    parent = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True)
    end = time.monotonic() + 20
    while not all(file.exists() and file.read_text() for file in files):
        assert time.monotonic() < end
        time.sleep(0.02)
    children = [int(file.read_text()) for file in files]
    os.killpg(parent.pid, number)
    errors = parent.communicate()[1]
    assert parent.returncode == -number
    assert errors.count("Traceback") == (number == signal.SIGINT)
    assert gone(children)


def test_children_load_no_tensorflow_and_no_main_script(tmp_path):
    command, environment = script(
        tmp_path,
        "import sys, types\nsys.modules['tensorflow'] = types.ModuleType('tensorflow')\nprint('main')\n"
        "from tfgait.preprocess import pool\nimport pool_jobs\n"
        "print(list(pool.run(pool_jobs.loaded, range(2), 2)))\n",
    )
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    assert output == "main\n[(False, '1'), (False, '1')]\n"


def test_partial_functions_and_bad_options(pool_jobs):
    assert list(pool.run(partial(pow, 2), range(5), 2)) == [1, 2, 4, 8, 16]
    with pytest.raises(ConfigError, match="processes must be"):
        pool.run(pool_jobs.square, range(2), 0)
    with pytest.raises(ConfigError, match="Did you mean 'raise'"):
        pool.run(pool_jobs.square, range(2), on_error="rais")
