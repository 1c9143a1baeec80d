"""What tensorflow-model-optimization is asked to do, checked before anything heavy is imported."""

import math
from dataclasses import dataclass

from tfgait.core.errors import ConfigError, check_choice

# Embedded-Gait's numbers, where the training is long enough for them.
BEGIN_STEP, FREQUENCY = 2000, 100


@dataclass(frozen=True)
class Method:
    """One thing that the library does.

    Args:
        makes: zeros, clusters or integers.
        keeps: what of the network must be there already and stays: zeros, clusters.
    """

    makes: str
    keeps: tuple = ()


METHODS = {
    "constant": Method("zeros"),
    "polynomial": Method("zeros"),
    "2_by_4": Method("zeros"),
    "cluster": Method("clusters"),
    "sparse_cluster": Method("clusters", ("zeros",)),
    "qat": Method("integers"),
    "pqat": Method("integers", ("zeros",)),
    "cqat": Method("integers", ("clusters",)),
    "pcqat": Method("integers", ("zeros", "clusters")),
}


@dataclass(frozen=True)
class Settings:
    """A method and its numbers.

    Args:
        method: key of `METHODS`.
        target_sparsity: share of the weights of each layer that become 0, in [0, 1); 2_by_4 always takes half.
        begin_step: first step, counted from 1, after whose predecessor weights may go; -1: 2000, or a quarter of a
            training that is shorter than four times that.
        frequency: steps between two looks at which weights go; 0: 100, or a twentieth of a shorter training.
        clusters: different values that the weights of a layer keep, from 2.

    Raises:
        ConfigError: an unknown method, or a number out of its range.

    Reference: the options --pruning, --target_sparsity, --begin_step and --frequency of Embedded-Gait; the schedule of
        "polynomial" is that of Zhu and Gupta, "To prune, or not to prune" (2017).
    """

    method: str = "constant"
    target_sparsity: float = 0.9
    begin_step: int = -1
    frequency: int = 0
    clusters: int = 16

    def __post_init__(self):
        check_choice("method", self.method, list(METHODS))
        if not math.isfinite(self.target_sparsity) or not 0 <= self.target_sparsity < 1:
            raise ConfigError(f"target_sparsity must lie in [0, 1). Received: target_sparsity={self.target_sparsity}.")
        for name, least, most in (("begin_step", -1, 10**9), ("frequency", 0, 10**9), ("clusters", 2, 4096)):
            if not least <= getattr(self, name) <= most:
                raise ConfigError(f"{name} must lie in [{least}, {most}]. Received: {name}={getattr(self, name)}.")

    def span(self, steps):
        """Return (first step, last step, frequency) at which weights may go in a training of so many steps.

        Raises:
            ConfigError: the first one lies beyond the training.
        """
        begin = self.begin_step if self.begin_step >= 0 else min(BEGIN_STEP, max(1, steps // 4))
        frequency = self.frequency or min(FREQUENCY, max(1, steps // 20))
        # Steps count from 1; a schedule that begins at 0 first acts after `frequency` of them.
        if max(begin, 1) > steps or (begin == 0 and frequency > steps):
            raise ConfigError(
                f"begin_step must be within the training, which has {steps} steps. Received: begin_step={begin}, "
                f"frequency={frequency}. More epochs or steps_per_epoch make it longer."
            )
        return begin, begin + (steps - begin) // frequency * frequency, frequency
