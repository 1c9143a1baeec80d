"""Cross entropy of a classifier that every part votes in."""

from dataclasses import dataclass

from keras import ops

from tfgait.core.errors import ConfigError


@dataclass(frozen=True)
class SoftmaxCrossEntropy:
    """Cross entropy of scaled logits, mean over sequences and parts.

    The smoothed target gives ``smoothing / classes`` to every class and the rest to the true one.

    Args:
        smoothing: share of the target spread over all classes, in [0, 1).
        scale: factor on the logits, above 0; 16 suits cosine logits, 1 those of a plain dense layer.

    Call arguments:
        labels: (B,) whole numbers in 0..classes-1.
        logits: (B, P, classes), before any softmax.

    Raises:
        ConfigError: an argument out of its range.

    Reference: OpenGait's cross entropy (smoothing 0.1, scale 16); lstc-gait's is smoothing 0, scale 1.
    """

    smoothing: float = 0.1
    scale: float = 16.0

    def __post_init__(self):
        if not 0 <= self.smoothing < 1:
            raise ConfigError(f"smoothing must lie in [0, 1). Received: smoothing={self.smoothing}.")
        if not self.scale > 0:
            raise ConfigError(f"scale must be above 0. Received: scale={self.scale}.")

    def __call__(self, labels, logits):
        return self.with_stats(labels, logits)[0]

    def with_stats(self, labels, logits):
        """Return the loss and {"accuracy": share of (sequence, part) whose largest logit is the label's}."""
        labels = ops.reshape(ops.cast(labels, "int32"), (-1, 1))
        logits = ops.cast(logits, "float32")
        share = ops.log_softmax(logits * self.scale, axis=-1)
        true = ops.one_hot(labels, logits.shape[-1], dtype="float32")
        loss = -(1 - self.smoothing) * ops.sum(true * share, axis=-1) - self.smoothing * ops.mean(share, axis=-1)
        hit = ops.cast(ops.argmax(logits, axis=-1), "int32") == labels
        return ops.mean(loss), {"accuracy": ops.mean(ops.cast(hit, "float32"))}
