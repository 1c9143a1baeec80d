"""Distances and relations between all pairs of a batch."""

from keras import ops


def part_distances(embedding, metric="euclidean"):
    """Return the distances between all pairs, part by part, with finite gradients everywhere.

    Args:
        embedding: (B, P, D).
        metric: ``"euclidean"``, or ``"cosine"``: one minus the cosine.

    Returns:
        (P, B, B) float32. Euclidean distances of a sequence to itself are exactly 0, and the gradient of a distance
        that is 0 is 0.
    """
    x = ops.transpose(ops.cast(embedding, "float32"), (1, 0, 2))
    if metric == "cosine":
        x = x / safe_sqrt(ops.sum(x * x, axis=2, keepdims=True), floor=1e-24)
        return 1 - ops.matmul(x, ops.transpose(x, (0, 2, 1)))
    # |x|² + |y|² - 2xy loses what the norms have in common; distances do not change when the centre moves to 0.
    x = x - ops.stop_gradient(ops.mean(x, axis=1, keepdims=True))
    square = ops.sum(x * x, axis=2)
    squared = square[:, :, None] + square[:, None, :] - 2 * ops.matmul(x, ops.transpose(x, (0, 2, 1)))
    return safe_sqrt(squared * (1 - ops.eye(ops.shape(x)[1], dtype="float32")))


def safe_sqrt(x, floor=0.0):
    """Return the root of `x`, never below the root of `floor`, whose gradient is 0 wherever `x` <= `floor`."""
    positive = x > floor
    # Inside too: some backends turn the infinite slope at 0 into NaN even where it is multiplied by 0.
    return ops.where(positive, ops.sqrt(ops.where(positive, x, 1.0)), floor**0.5)


def same_label(labels):
    """Return (B, B), true where two sequences are of one subject, the diagonal included. labels: (B,) whole numbers."""
    labels = ops.reshape(ops.convert_to_tensor(labels), (-1,))
    return labels[:, None] == labels[None, :]


def mean_or_zero(total, count):
    """Return total / count, and 0 (with gradient 0) where nothing was counted."""
    return total / ops.maximum(count, 1.0)
