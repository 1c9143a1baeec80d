"""What is measured of model files, by clocks and meters that are not there, and once by real ones."""

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest
import sysfs_trees as trees

from tfgait.core.errors import ConfigError, DataError
from tfgait.runtime import benchmark as module
from tfgait.runtime.bench_plan import Plan
from tfgait.runtime.energy import open_meter
from tfgait.runtime.energy.meter import Meter
from tfgait.runtime.energy.source import PowerSource

MIB = 1 << 20


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


class Watts(PowerSource):
    """2 W when idle, 6 W while a process runs; GPU rail beside it at a tenth."""

    kind, period = "made", 1e9

    def __init__(self, clock):
        super().__init__(("VDD_IN", "VDD_GPU"), ("VDD_IN",), "all")
        self.clock, self.running, self.left = clock, False, 10**6

    def read(self):
        self.left -= 1
        if self.left < 0:
            raise OSError(5, "Input/output error")
        watts = 6.0 if self.running else 2.0
        return {"VDD_IN": watts, "VDD_GPU": watts / 10}


class Fake:
    """A process whose runs take 10 ms a sequence, twice that when it warms up; the clock goes on by as much."""

    def __init__(self, path, threads, order, clock, source, broken):
        self.path, self.order, self.clock, self.source, self.broken = path, order, clock, source, broken
        self.start_ms = next(self.starts)
        fixed = 2 if path.suffix == ".tflite" else None
        self.ready = {"modality": "silhouettes", "frames": 30, "fixed": fixed}
        self.ready |= {"baseline_bytes": 30 * MIB, "peak_bytes": 50 * MIB}
        self.runs = 0

    starts = iter(())

    def run(self, batch=1, seconds=0.0):
        self.order.append((self.path.name, batch))
        if self.path.name == self.broken and len(self.order) > 6:
            raise DataError(f"{self.path} broke")
        self.runs += 1
        wall = 10.0 * batch * (2 if self.runs == 1 else 1)
        count = max(1, round(1000 * seconds / wall))
        self.source.running = bool(seconds)
        self.clock.seconds += count * wall / 1000
        return {"runs": count, "wall_ms": wall, "cpu_ms": wall / 2}


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """``measure(names, plan, meter, broken)`` with processes that are not there."""
    clock, order = Clock(), []
    source = Watts(clock)

    @contextlib.contextmanager
    def fresh_process(path, threads):
        if path.name == "refused.tflite":
            raise DataError(f"{path} is damaged")
        yield Fake(path, threads, order, clock, source, measure.broken)
        source.running = False

    def measure(names, plan, joules=False, broken=""):
        paths = [tmp_path / name for name in names]
        for path in paths:
            path.write_bytes(b"x" * 1000)
        measure.broken = broken
        Fake.starts = iter([300.0, 100.0, 200.0] * 20)
        meter = None
        if joules:
            meter = Meter(source, clock=clock)
            meter.measure_idle(2, lambda seconds: setattr(clock, "seconds", clock.seconds + seconds))
        return module.benchmark_files(paths, plan, meter)

    measure.order, measure.source = order, source
    monkeypatch.setattr(module, "fresh_process", fresh_process)
    return measure


def test_runs_alternate_after_one_that_warms_up(bench):
    found = bench(["a.tflite", "b.onnx"], Plan(batch=(1, 8), rounds=3))
    turn = [("a.tflite", 1), ("a.tflite", 8), ("b.onnx", 1), ("b.onnx", 8)]
    assert bench.order == [job for job in turn for _ in range(2)] + turn * 2
    assert [(Path(r["artefact"]).name, r["threads"], r["batch"]) for r in found.rows] == [
        ("a.tflite", 1, 1), ("a.tflite", 1, 8), ("b.onnx", 1, 1), ("b.onnx", 1, 8)
    ]  # fmt: skip


def test_numbers_of_a_row(bench):
    rows = bench(["a.tflite", "b.onnx"], Plan(batch=(8,), rounds=5)).rows
    assert rows[0] == {
        "artefact": rows[0]["artefact"],
        "threads": 1,
        "batch": 8,
        "modality": "silhouettes",
        "bytes": 1000,
        "memory_bytes": 20 * MIB,
        "peak_bytes": 50 * MIB,
        "baseline_bytes": 30 * MIB,
        "start_ms": 200.0,
        "p50_ms": 80.0,
        "p95_ms": 80.0,
        "cpu_ms": 40.0,
        "rounds": 5,
        "pieces": 4,
        "fps": 3000.0,
        "joules": None,
    }
    assert rows[1]["pieces"] == 1


def test_slow_files_have_fewer_rounds_but_three(bench):
    plan = Plan(rounds=50, seconds=0.2)
    assert bench(["a.onnx"], plan).rows[0]["rounds"] == 10
    assert bench(["a.onnx"], Plan(rounds=50, seconds=1e-6)).rows[0]["rounds"] == 3


def test_joules_of_one_sequence_above_idle(bench):
    """At the ends of a block the power is 2 and 6 W: 4 W by the trapezoid, 2 above idle, for 10 ms a sequence."""
    row = bench(["a.onnx"], Plan(batch=(4,), rounds=3, energy_seconds=1.2), joules=True).rows[0]
    first = (2 + 6) / 2 * 0.4 + 2 * 6 * 0.4  # only the first block begins idle
    assert row["joules_gross"] == pytest.approx(first / 120)
    assert row["joules"] == pytest.approx((first - 2 * 1.2) / 120)
    assert row["joules_by_rail"] == pytest.approx({"VDD_IN": first / 120, "VDD_GPU": first / 1200})
    assert row["joules_spread"] == 0


def test_what_cannot_be_run_is_named_and_the_others_are_measured(bench):
    found = bench(["refused.tflite", "a.onnx", "b.onnx"], Plan(rounds=5), broken="b.onnx")
    assert [Path(row["artefact"]).name for row in found.rows] == ["a.onnx"]
    assert [Path(path).name for path in found.errors] == ["refused.tflite", "b.onnx"]
    assert next(iter(found.errors.values())).endswith("refused.tflite is damaged")
    assert found.rows[0]["rounds"] == 5


def test_a_meter_that_fails_leaves_the_latencies(bench):
    bench.source.left = 19
    found = bench(["a.onnx", "b.onnx"], Plan(rounds=3), joules=True)
    assert "Input/output error" in found.meter_error and not found.errors
    assert [row["p50_ms"] for row in found.rows] == [10, 10]


def test_an_engine_has_no_threads_to_choose(bench):
    rows = bench(["a.engine", "a.onnx"], Plan(threads=(2, 1), rounds=3)).rows
    assert [(Path(r["artefact"]).name, r["threads"]) for r in rows] == [("a.engine", 1), ("a.onnx", 2), ("a.onnx", 1)]


def test_progress_reaches_its_end(bench, tmp_path):
    told = []
    (tmp_path / "a.onnx").write_bytes(b"x")
    bench.broken, Fake.starts = "", iter([1.0] * 9)
    module.benchmark_files([tmp_path / "a.onnx"], Plan(threads=(1, 2), rounds=4), progress=lambda *p: told.append(p))
    assert told == [(done, 10, "benchmark") for done in range(1, 11)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"threads": (0,)},
        {"threads": ()},
        {"batch": (0,)},
        {"batch": (8, 8)},
        {"rounds": 2},
        {"seconds": 0},
        {"energy_seconds": float("nan")},
    ],
    ids=str,
)
def test_a_plan_must_be_possible(wrong):
    with pytest.raises(ConfigError, match=f"{next(iter(wrong))} must be"):
        Plan(**wrong)


def test_a_real_file_is_weighed_by_the_sensor_of_a_board(written, tmp_path):
    """A board that always takes 5.072 W: nothing is above idle, and joules are watts times seconds of a sequence."""
    trees.orin_nano(tmp_path)
    meter, _ = open_meter(root=tmp_path)
    plan = Plan(batch=(4,), rounds=3, seconds=1, energy_seconds=0.3)
    row = module.benchmark_files([written.paths["tflite", "int8"]], plan, meter).rows[0]
    assert row["joules"] == pytest.approx(0, abs=1e-9) and row["joules_gross"] > 0
    assert row["joules_by_rail"]["VDD_CPU_GPU_CV"] == pytest.approx(0.2 * row["joules_by_rail"]["VDD_IN"])
    assert meter.idle.watts == pytest.approx(5.072)


SCRIPT = """
import json, sys
from tfgait.runtime.bench_plan import Plan
from tfgait.runtime.benchmark import benchmark_files
from tfgait.runtime.energy import open_meter
from tfgait.runtime.machine import machine
machine()
meter, why = open_meter()
found = benchmark_files(sys.argv[1:], Plan(batch=(1, 8), rounds=3, seconds=1))
assert not found.errors, found.errors
print([(row["batch"], row["pieces"], row["p50_ms"] > 0, row["memory_bytes"] > 0) for row in found.rows])
print(sorted({name.partition(".")[0] for name in sys.modules} & {"tensorflow", "keras", "h5py", "yaml", "rich"}))
"""


def test_real_files_are_measured_without_tensorflow(written):
    arguments = [written.paths["tflite", "int8"], written.paths["onnx", "fp32"]]
    done = subprocess.run([sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows, modules = done.stdout.splitlines()
    assert eval(rows) == [(1, 1, True, True), (8, 8, True, True)] * 2
    assert modules == "[]"
