"""Triplet loss over every triplet of a batch."""

from dataclasses import dataclass

from keras import ops

from tfgait.core.errors import ConfigError
from tfgait.losses.pairs import mean_or_zero, part_distances, same_label


@dataclass(frozen=True)
class BatchAllTriplet:
    """Mean of all triplet terms above 0, for each part, then over the parts.

    A term is ``relu(d(anchor, positive) - d(anchor, negative) + margin)`` of Euclidean distances. As published, an
    anchor counts as its own positive. Subjects may have any number of sequences, one included.

    The terms are never written out. Along a sorted row of distances, the negatives nearer than ``d + margin`` are
    counted for each positive and the other way round; the sum of the terms is linear in the distances with these
    counts, and so is its gradient. B² log B work a part instead of B³, and the same result.

    Args:
        margin: how much farther a negative must be than a positive; above 0.

    Call arguments:
        labels: (B,) whole numbers.
        embedding: (B, P, D).

    Raises:
        ConfigError: a margin of 0 or below.

    Reference: Hermans et al., "In Defense of the Triplet Loss for Person Re-Identification" (2017), as used a part
        by GaitSet and OpenGait.
    """

    margin: float = 0.2

    def __post_init__(self):
        if not self.margin > 0:
            raise ConfigError(f"margin must be above 0. Received: margin={self.margin}.")

    def __call__(self, labels, embedding):
        return self.with_stats(labels, embedding)[0]

    def with_stats(self, labels, embedding):
        """Return the loss and {"active": share of triplets with a term above 0, "distance": mean of all pairs}."""
        parts = self.parts(labels, embedding)
        share = mean_or_zero(ops.mean(parts["active"]), parts["triplets"])
        return ops.mean(parts["loss"]), {"active": share, "distance": ops.mean(parts["distance"])}

    def parts(self, labels, embedding):
        """Return a dict of float32 tensors: for each part (P,) its `loss`, the number of `active` triplets, the
        `hard` largest term and the mean `distance` of all pairs; and the scalar number of `triplets` a part."""
        distance = part_distances(embedding)
        same = ops.cast(same_label(labels), "float32")
        reach = distance + self.margin * same
        active = active_partners(reach, same)
        count = ops.sum(active * same, axis=(1, 2))
        # A positive adds its reach once for each nearer negative, a negative takes it off for each farther positive.
        total = ops.sum(reach * active * (2 * same - 1), axis=(1, 2))
        farthest = ops.max(distance * same, axis=2)
        nearest = ops.min(ops.where(same > 0, float("inf"), distance), axis=2)
        return {
            "loss": mean_or_zero(total, count),
            "active": count,
            "hard": ops.max(ops.relu(farthest - nearest + self.margin), axis=1),
            "distance": ops.mean(distance, axis=(1, 2)),
            "triplets": ops.sum(ops.sum(same, axis=1) * ops.sum(1 - same, axis=1)),
        }


def active_partners(reach, same):
    """Count, for each entry of a row, the entries of the other kind it makes a term above 0 with.

    Args:
        reach: (P, B, B) distances, margin added to the positives.
        same: (B, B) 1 for positives, 0 for negatives.

    Returns:
        (P, B, B) float32: for a positive the negatives below it, for a negative the positives above it.
    """
    order = ops.argsort(reach, axis=2)
    positive = ops.take_along_axis(ops.broadcast_to(same, ops.shape(reach)), order, axis=2)
    positives_so_far = ops.cumsum(positive, axis=2)
    negatives_so_far = ops.cumsum(1 - positive, axis=2)
    positives_after = positives_so_far[:, :, -1:] - positives_so_far
    partners = ops.where(positive > 0, negatives_so_far, positives_after)
    return ops.take_along_axis(partners, ops.argsort(order, axis=2), axis=2)
