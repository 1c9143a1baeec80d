"""How model files are measured side by side."""

from dataclasses import dataclass

from tfgait.core.errors import ConfigError

LEAST_ROUNDS = 3


@dataclass(frozen=True)
class Plan:
    """How files are measured.

    Args:
        threads: of the interpreter, each number in turn; an engine has none, and is measured where 1 is among them.
        batch: sequences of one run, each number in turn; a file of a fixed batch size is run piece by piece.
        rounds: measured runs of each file and batch size, at least 3, after one that warms up.
        seconds: that all runs of a file may take; slow files have fewer rounds, never less than 3.
        energy_seconds: that a file runs for while joules are counted.

    Raises:
        ConfigError: no threads or batch, or a number out of its range.
    """

    threads: tuple = (1,)
    batch: tuple = (1,)
    rounds: int = 20
    seconds: float = 20.0
    energy_seconds: float = 3.0

    def __post_init__(self):
        for name in ("threads", "batch"):
            values = getattr(self, name)
            if not values or any(value < 1 for value in values) or len(set(values)) < len(values):
                given = ",".join(map(str, values)) or "none"
                raise ConfigError(f"{name} must be different whole numbers from 1. Received: {name}={given}.")
        if self.rounds < LEAST_ROUNDS:
            raise ConfigError(f"rounds must be at least {LEAST_ROUNDS}. Received: rounds={self.rounds}.")
        for name in ("seconds", "energy_seconds"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ConfigError(f"{name} must be a number above 0. Received: {name}={getattr(self, name)}.")

    def rounds_of(self, milliseconds):
        """Return the measured runs of a file and batch size of which one takes so long."""
        affordable = 1000 * self.seconds / len(self.batch) / max(milliseconds, 1e-3)
        return max(LEAST_ROUNDS, min(self.rounds, int(affordable)))
