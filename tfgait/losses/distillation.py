"""Losses that draw a student towards a teacher: their target is the teacher's output, not a label.

They are called as every loss is, ``loss(target, x)``; no gradient reaches the target.
"""

from dataclasses import dataclass

from keras import ops

from tfgait.core.errors import ConfigError


@dataclass(frozen=True)
class SoftenedLogits:
    """Kullback-Leibler divergence of the student's class probabilities from the teacher's, both softened.

    Probabilities are ``softmax(scale · logits / temperature)``; the divergence is multiplied by the temperature
    squared, so that its gradient keeps its size, and averaged over sequences and parts.

    Args:
        temperature: how soft, above 0.
        scale: factor on the logits, above 0; the published 16 suits cosine logits, 1 those of a plain dense layer.

    Call arguments:
        target: (B, P, classes) logits of the teacher.
        logits: (B, P, classes) of the student.

    Raises:
        ConfigError: an argument out of its range.

    Reference: Hinton et al., "Distilling the Knowledge in a Neural Network" (2015), with the constants of GaitKD.
    """

    temperature: float = 4.0
    scale: float = 16.0

    def __post_init__(self):
        for name in ("temperature", "scale"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ConfigError(f"{name} must be a number above 0. Received: {name}={getattr(self, name)}.")

    def __call__(self, target, logits):
        return self.with_stats(target, logits)[0]

    def with_stats(self, target, logits):
        """Return the loss and {"agreement": share of (sequence, part) that both give to the same class}."""
        target, logits = ops.stop_gradient(ops.cast(target, "float32")), ops.cast(logits, "float32")
        sharpness = self.scale / self.temperature
        wanted, found = (ops.log_softmax(x * sharpness, axis=-1) for x in (target, logits))
        divergence = ops.sum(ops.exp(wanted) * (wanted - found), axis=-1)
        same = ops.argmax(target, axis=-1) == ops.argmax(logits, axis=-1)
        return self.temperature**2 * ops.mean(divergence), {"agreement": ops.mean(ops.cast(same, "float32"))}


@dataclass(frozen=True)
class ActivationBoundary:
    """How far the student's features are from the teacher's side of 0, by a margin.

    A feature that the teacher has above 0 is charged ``(margin - x)²`` while x is below the margin; one that it has at
    0 or below is charged ``(margin + x)²`` while x is above the margin's negative. Summed over the features, averaged
    over sequences and parts.

    Args:
        margin: above 0.

    Call arguments:
        target: (B, P, D) embedding of the teacher.
        embedding: (B, P, D) of the student.

    Raises:
        ConfigError: a margin of 0 or below.

    Reference: Heo et al., "Knowledge Transfer via Distillation of Activation Boundaries Formed by Hidden Neurons"
        (2019), on part embeddings as in GaitKD, which weighs it by 0.003.
    """

    margin: float = 1.0

    def __post_init__(self):
        if not 0 < self.margin < float("inf"):
            raise ConfigError(f"margin must be a number above 0. Received: margin={self.margin}.")

    def __call__(self, target, embedding):
        return self.with_stats(target, embedding)[0]

    def with_stats(self, target, embedding):
        """Return the loss and {"same_side": share of features on the teacher's side of 0}."""
        target, x = ops.stop_gradient(ops.cast(target, "float32")), ops.cast(embedding, "float32")
        missing = ops.relu(self.margin - ops.where(target > 0, x, -x))
        same = (target > 0) == (x > 0)
        return ops.mean(ops.sum(missing**2, axis=-1)), {"same_side": ops.mean(ops.cast(same, "float32"))}
