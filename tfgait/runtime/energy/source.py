"""What a meter reads: power now, or energy so far, of the rails of one kind of sensor."""

from tfgait.core.errors import DataError, check_choice


class NoMeter(Exception):
    """This machine has no such sensor, or it may not be read; the message says which and what would help."""


class MeterError(DataError):
    """A meter that was there cannot be read any more."""


class Source:
    """Rails of one kind of sensor, read together.

    Args:
        rails: names of all that can be read.
        total: those that count, added up.
        scope: what `total` is the power of, for people.

    Attributes:
        kind: name of the sensor.
        period: seconds from one sample to the next.
        beside: rails of a GPU that are no part of `total`, given beside it.
    """

    kind = ""
    period = 0.1

    def __init__(self, rails, total, scope):
        self.rails, self.total, self.scope = tuple(rails), tuple(total), scope

    def choose(self, rails):
        """Let these rails count instead; an unknown one raises `ConfigError` that names the nearest."""
        for rail in rails:
            check_choice("rails", rail, self.rails)
        self.total, self.scope = tuple(dict.fromkeys(rails)), "the rails named"

    @property
    def beside(self):
        """Rails of a GPU that are no part of `total`."""
        return tuple(rail for rail in self.rails if "GPU" in rail.upper() and rail not in self.total)

    @property
    def read_rails(self):
        """Rails that a sample reads: reading costs energy too."""
        return (*self.total, *self.beside)

    def read(self):
        """Return ``{rail: reading}``."""
        raise NotImplementedError

    def between(self, before, after, seconds):
        """Return ``{rail: joules}`` from one reading to the next."""
        raise NotImplementedError


class PowerSource(Source):
    """A source whose readings are watts."""

    def between(self, before, after, seconds):
        """Return joules by the trapezoidal rule."""
        return {rail: (before[rail] + after[rail]) / 2 * seconds for rail in after}


class CounterSource(Source):
    """A source whose readings are joules so far, which may start again from 0.

    Args:
        ranges: ``{rail: joules at which its counter starts again}``; infinity where it never does.
    """

    def __init__(self, rails, total, scope, ranges):
        super().__init__(rails, total, scope)
        self._ranges = ranges

    def between(self, before, after, seconds):
        """Return joules by difference; a counter that started again meanwhile has gone through its range once."""
        taken = {rail: after[rail] - before[rail] for rail in after}
        return {rail: joules + self._ranges[rail] if joules < 0 else joules for rail, joules in taken.items()}


def read_number(path):
    """Return the whole number that a sysfs file holds.

    Raises:
        OSError: it cannot be read.
        DataError: it holds something else.
    """
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    try:
        return int(text)
    except ValueError as error:
        raise DataError(f"{path} must hold a whole number. Received: {text[:40]!r}.") from error
