"""What `benchmark` can be asked, and what it answers."""

from dataclasses import dataclass, field

from tfgait.core.errors import check_choice
from tfgait.runtime.bench_plan import Plan
from tfgait.workflows.option_checks import check_least

PEOPLE = ("test", "train", "all")


@dataclass(frozen=True)
class BenchmarkOptions:
    """What to measure, how.

    Args:
        model: a run or a preset, whose files are measured, or model files with commas (.keras, .savedmodel, .tflite,
            .onnx, .engine); empty: the latest run, else the shipped preset
        export: what is written first where a run or preset lacks it, as format:precision, with commas; '' for nothing
        threads: of the interpreter, each number in turn, with commas
        batch: sequences of one run, each number in turn, with commas; files of a fixed batch run piece by piece
        rounds: measured runs of each
        seconds: that all runs of a file may take, for each number of threads; slow files have fewer rounds, at least 3
        meter: of energy: auto, ina3221 (Jetson boards), rapl (Intel and AMD processors), nvml (graphics cards) or none
        rails: those that count, added up, with commas; empty: all that the board, the processors or the cards take
        meter_ms: from one sample of the meter to the next; 0: the sensor's own
        energy_seconds: that a file runs for while joules are counted
        rank1: score every file too; its embeddings are kept
        people: whom to score: test (never seen), train or all
        datadir: data to export and score on; empty: the data of the run, else the default walkers
        minutes: that scoring one file may take; slower ones are left out
        out: folder of the reports; empty: benchmark in the run folder, for a shipped preset or files in runs/benchmarks
    """

    model: tuple[str, ...] = ()
    export: tuple[str, ...] = ("tflite:fp32", "tflite:int8", "onnx:fp32")
    threads: tuple[int, ...] = (1, 2)
    batch: tuple[int, ...] = (1, 8)
    rounds: int = 20
    seconds: float = 20.0
    meter: str = "auto"
    rails: tuple[str, ...] = ()
    meter_ms: float = 0.0
    energy_seconds: float = 3.0
    rank1: bool = True
    people: str = "test"
    datadir: str = ""
    minutes: float = 10.0
    out: str = ""

    def plan(self):
        """Return the `Plan`; a number out of its range raises `ConfigError`."""
        check_choice("people", self.people, PEOPLE)
        check_least(self, {"meter_ms": 0, "minutes": 0})
        return Plan(self.threads, self.batch, self.rounds, self.seconds, self.energy_seconds)


@dataclass(frozen=True)
class BenchmarkResult:
    """What was measured.

    Args:
        model: the run, preset or files.
        machine: what it was measured on, as of `tfgait.runtime.machine.machine`, before it began.
        rows: as of `tfgait.runtime.benchmark.Benchmarked`; ``artefact`` is a short name, ``file`` its path, and
            ``rank1`` in percent by kind of probe, empty where it was not scored.
        meter: kind, rails, scope, period, idle power in watts and its spread; where there is none, ``why``.
        errors: ``{artefact: message}`` of those that could not be measured, or not with all numbers of threads.
        notes: what a reader must know beside the numbers.
        files: reports written.
    """

    model: str
    machine: dict
    rows: list
    meter: dict
    errors: dict = field(default_factory=dict)
    notes: tuple = ()
    files: dict = field(default_factory=dict)
