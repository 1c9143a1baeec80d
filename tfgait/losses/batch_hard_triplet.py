"""Triplet loss over the hardest triplet of every anchor."""

from dataclasses import dataclass

from keras import ops

from tfgait.core.errors import ConfigError, check_choice
from tfgait.losses.pairs import part_distances, same_label


@dataclass(frozen=True)
class BatchHardTriplet:
    """Mean over all anchors of ``relu(farthest positive - nearest negative + margin)``, then over the parts.

    An anchor is no positive of its own. One without a positive or without a negative adds 0, and is counted in the
    mean, as are anchors whose term is 0.

    Args:
        margin: how much farther a negative must be than a positive; above 0.
        metric: ``"euclidean"``, or ``"cosine"``: one minus the cosine.

    Call arguments:
        labels: (B,) whole numbers.
        embedding: (B, P, D).

    Raises:
        ConfigError: a margin of 0 or below, an unknown metric.

    Reference: Hermans et al., "In Defense of the Triplet Loss for Person Re-Identification" (2017), as in lstc-gait.
    """

    margin: float = 0.3
    metric: str = "euclidean"

    def __post_init__(self):
        if not self.margin > 0:
            raise ConfigError(f"margin must be above 0. Received: margin={self.margin}.")
        check_choice("metric", self.metric, ("euclidean", "cosine"))

    def __call__(self, labels, embedding):
        return self.with_stats(labels, embedding)[0]

    def with_stats(self, labels, embedding):
        """Return the loss and {"active": share of anchors with a term above 0}."""
        distance = part_distances(embedding, self.metric)
        same = same_label(labels)
        positive = ops.logical_and(same, ops.logical_not(ops.eye(ops.shape(same)[0], dtype="bool")))
        # Without a positive or a negative the term is far below 0.
        farthest = ops.max(ops.where(positive, distance, -1e9), axis=2)
        nearest = ops.min(ops.where(same, 1e9, distance), axis=2)
        terms = ops.relu(farthest - nearest + self.margin)
        return ops.mean(terms), {"active": ops.mean(ops.cast(terms > 0, "float32"))}
