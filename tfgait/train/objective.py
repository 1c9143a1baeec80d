"""What is minimised: a weighted sum of losses, each on one output."""

from dataclasses import dataclass

import keras

from tfgait.core.errors import ConfigError


@dataclass(frozen=True)
class Term:
    """One loss of an objective.

    Args:
        name: what its value is called in the history.
        loss: a loss of `tfgait.losses`: ``with_stats(labels, output) -> (scalar, {name: scalar})``.
        output: the output of the learner it is given: ``"embedding"`` or ``"logits"``.
        weight: factor in the sum, above 0.
        distils: whether the loss is given the same output of a teacher instead of the labels.
    """

    name: str
    loss: object
    output: str = "embedding"
    weight: float = 1.0
    distils: bool = False

    def __post_init__(self):
        if not self.weight > 0:
            raise ConfigError(f"weight must be above 0. Received: weight={self.weight} of the term {self.name}.")


@dataclass(frozen=True)
class Objective:
    """A weighted sum of terms.

    Args:
        terms: at least one `Term`, each with a name of its own.
    """

    terms: tuple

    def __post_init__(self):
        names = [term.name for term in self.terms]
        if not names or len(set(names)) < len(names):
            raise ConfigError(f"terms must be at least one, with different names. Received: terms={names}.")

    def __call__(self, labels, outputs, taught=None):
        """Return the sum and a dict of float32 scalars: every term where there are several, and their statistics.

        Args:
            labels: (B,) whole numbers.
            outputs: of the learner.
            taught: the same outputs of the teacher, for terms that distil.
        """
        total, stats = 0.0, {}
        for term in self.terms:
            target = taught[term.output] if term.distils else labels
            value, extra = term.loss.with_stats(target, outputs[term.output])
            total = total + term.weight * value
            if len(self.terms) > 1:
                stats[term.name] = value
            stats.update(extra)
        return total, {name: keras.ops.cast(value, "float32") for name, value in stats.items()}

    @property
    def needs_head(self):
        """Whether a term is on the logits."""
        return any(term.output == "logits" for term in self.terms)
