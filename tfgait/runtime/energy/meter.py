"""Joules of a block of code: a sensor sampled on its own clock by a thread that ends with the block."""

import statistics
import threading
import time
from dataclasses import dataclass

from tfgait.core.errors import ConfigError, UserError
from tfgait.runtime.energy.source import MeterError

IDLE_WINDOWS = 8  # of which the spread of the idle power is taken


@dataclass(frozen=True)
class Idle:
    """Power of a machine that does nothing but sample its meter.

    Args:
        watts: mean.
        spread: standard deviation of parts of the time, watts.
    """

    watts: float
    spread: float


class Meter:
    """A source of energy readings that measures blocks of code.

    Args:
        source: `tfgait.runtime.energy.source.Source`.
        period: seconds from one sample to the next; 0: the sensor's own.
        clock: returns seconds.

    Attributes:
        idle: `Idle`, once `measure_idle` was called; else None.

    Raises:
        ConfigError: a negative period.

    Example:
        >>> meter, why_not = open_meter()
        >>> with meter.measuring() as energy:
        ...     run()
        >>> energy.joules
    """

    def __init__(self, source, period=0.0, clock=time.perf_counter):
        if not 0 <= period < float("inf"):
            raise ConfigError(f"period must be a number of seconds from 0. Received: period={period}.")
        self.source, self.period, self.clock = source, period or source.period, clock
        self.idle = None

    def measuring(self):
        """Return the `Energy` of the block of a ``with`` statement."""
        return Energy(self)

    def measure_idle(self, seconds=2.0, sleep=time.sleep):
        """Measure the power while nothing runs, sampled as ever, keep it in `idle` and return it."""
        if not seconds > 0:
            raise ConfigError(f"seconds must be above 0. Received: seconds={seconds}.")
        watts = []
        for _ in range(IDLE_WINDOWS):
            with self.measuring() as energy:
                sleep(seconds / IDLE_WINDOWS)
            watts.append(energy.joules / energy.seconds)
        self.idle = Idle(statistics.mean(watts), statistics.stdev(watts))
        return self.idle

    def record(self):
        """Return what a reader of joules must know: sensor, rails, scope, period, idle power and its spread."""
        found = {"kind": self.source.kind, "rails": list(self.source.total), "scope": self.source.scope}
        found["period_ms"] = 1000 * self.period
        if self.idle:
            found |= {"idle_watts": self.idle.watts, "idle_spread_watts": self.idle.spread}
        return found


class Energy:
    """Energy of a block; its numbers are right once the block has ended.

    Attributes:
        joules: of the rails that count.
        seconds: of the block, by the meter's clock.
        by_rail: ``{rail: joules}``, the GPU's beside those that count.
        samples: how many readings it rests on.

    Raises:
        MeterError: at the end of the block, where the sensor failed meanwhile.
    """

    def __init__(self, meter):
        self._meter, self._source = meter, meter.source
        self._stop, self._failure, self._thread = threading.Event(), None, None
        self.seconds, self.samples, self.by_rail = 0.0, 0, {}

    @property
    def joules(self):
        """Joules of the rails that count."""
        return sum(self.by_rail[rail] for rail in self._source.total)

    @property
    def idle(self):
        """The meter's `Idle`; None where that was not measured."""
        return self._meter.idle

    @property
    def joules_above_idle(self):
        """What was taken beyond the idle power; None where that was not measured."""
        return self.joules - self.idle.watts * self.seconds if self.idle else None

    def sample(self):
        """Take one reading now, and add what was taken since the one before."""
        began = self._meter.clock()
        reading = self._source.read()
        now = (began + self._meter.clock()) / 2
        if self.samples:
            seconds = now - self._time
            for rail, joules in self._source.between(self._reading, reading, seconds).items():
                self.by_rail[rail] += joules
            self.seconds += seconds
        else:
            self.by_rail = dict.fromkeys(reading, 0.0)
        self._time, self._reading = now, reading
        self.samples += 1

    def __enter__(self):
        self._guarded()
        self._raise_failure()
        self._thread = threading.Thread(target=self._run, name="energy meter", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind, error, trace):
        self._stop.set()
        self._thread.join()
        if error is None:
            if self._failure is None:
                self._guarded()
            self._raise_failure()

    def _run(self):
        while self._failure is None and not self._stop.wait(self._meter.period):
            self._guarded()

    def _guarded(self):
        """Sample; what fails in the thread is kept for the end of the block."""
        try:
            self.sample()
        except (OSError, UserError) as error:
            self._failure = error

    def _raise_failure(self):
        if self._failure is not None:
            raise MeterError(f"the {self._source.kind} meter could not be read: {self._failure}") from self._failure
