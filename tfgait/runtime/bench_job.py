"""One model file with some threads and a batch size: what its runs took so far, and the row of a table they make."""

from tfgait.core.files import file_size
from tfgait.runtime.meter import Latency


class BenchJob:
    """Runs of one file.

    Args:
        process: `tfgait.runtime.bench_process.BenchProcess` that has loaded it.
        threads: of that process.
        batch: sequences of a run.
        plan: `Plan`.
        start_ms: what a cold start takes.
    """

    def __init__(self, process, threads, batch, plan, start_ms):
        self.process, self.threads, self.batch, self._plan = process, threads, batch, plan
        self.path, self._start_ms, self._taken, self._spent = process.path, start_ms, [], []

    def run(self):
        """Run once; the first run warms up, and says how many rounds are affordable."""
        if not self._taken:
            self._rounds = self._plan.rounds_of(self.process.run(self.batch)["wall_ms"])
        if len(self._taken) < self._rounds:
            self._taken.append(self.process.run(self.batch))

    def spend(self, meter, seconds):
        """Run for some seconds while joules are counted."""
        with meter.measuring() as energy:
            done = self.process.run(self.batch, seconds)
        self._spent.append((energy, done["runs"] * self.batch))

    def row(self):
        """Return the row; its keys are told by `tfgait.runtime.benchmark.Benchmarked`."""
        ready, latency = self.process.ready, Latency.of(*([t[k] for t in self._taken] for k in ("cpu_ms", "wall_ms")))
        peak, baseline = ready["peak_bytes"], ready["baseline_bytes"]
        return {
            "artefact": str(self.path),
            "threads": self.threads,
            "batch": self.batch,
            "modality": ready["modality"],
            "bytes": file_size(self.path),
            "memory_bytes": None if peak is None else peak - baseline,
            "peak_bytes": peak,
            "baseline_bytes": baseline,
            "start_ms": self._start_ms,
            "p50_ms": latency.wall_ms,
            "p95_ms": latency.p95_ms,
            "cpu_ms": latency.cpu_ms,
            "rounds": latency.rounds,
            "pieces": -(-self.batch // (ready["fixed"] or self.batch)),
            "fps": 1000 * self.batch * ready["frames"] / latency.wall_ms,
            "joules": None,
            **(self._joules() if self._spent else {}),
        }

    def _joules(self):
        energies = [energy for energy, _ in self._spent]
        sequences = sum(count for _, count in self._spent)
        idle = energies[0].idle
        return {
            "joules": sum(energy.joules_above_idle for energy in energies) / sequences,
            "joules_gross": sum(energy.joules for energy in energies) / sequences,
            "joules_spread": idle.spread * sum(energy.seconds for energy in energies) / sequences,
            "joules_by_rail": {r: sum(e.by_rail[r] for e in energies) / sequences for r in energies[0].by_rail},
        }
