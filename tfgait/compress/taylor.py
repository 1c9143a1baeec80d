"""What filters are worth by how much the loss would change without them, to the first order."""

import numpy as np

from tfgait.compress.importance import Criterion, finite, rows_along
from tfgait.core.errors import ConfigError, DataError


def taylor(model, groups, examples):
    """Return, for each filter, the absolute sum of gradient times weight (bias too), the mean over the examples.

    Of a convolution this sum is that of gradient times output over all its places: what the loss would change by, to
    the first order, if the filter made nothing.

    Args:
        model: a network.
        groups: its coupled groups.
        examples: iterable of (inputs, loss): inputs as the network takes them, and a function of its outputs that
            returns a scalar tensor.

    Raises:
        ConfigError: there are no examples.
        DataError: a weight or a gradient is not finite.

    Reference: Molchanov et al., "Importance Estimation for Neural Network Pruning" (2019), whose score is the square of
        this; the root keeps the unit of the loss.
    """
    import tensorflow as tf

    weights = {}
    for member in (m for g in groups for m in g.members if m.role == "out"):
        weights[member.layer, member.weight] = (model.get_layer(member.layer).weights[member.weight].value, member.axis)
    names, watched = list(weights), [value for value, _ in weights.values()]
    changes = []
    for inputs, loss in examples:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(watched)
            value = loss(model(inputs, training=False))
        gradients = tape.gradient(value, watched, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        change = dict.fromkeys((layer for layer, _ in names), 0.0)
        for (layer, index), gradient in zip(names, gradients, strict=True):
            weight, axis = weights[layer, index]
            product = finite(weight, layer) * np.asarray(gradient, np.float64)
            change[layer] = change[layer] + rows_along(product, axis).sum(1)
        changes.append(change)
    if not changes:
        raise ConfigError("examples must be at least one pair of inputs and loss. Received: none.")
    scores = {layer: np.mean([np.abs(change[layer]) for change in changes], axis=0) for layer in changes[0]}
    for layer, score in scores.items():
        if not np.isfinite(score).all():
            raise DataError(f"the gradients of layer {layer!r} are not all finite: this network cannot be scored.")
    return scores


TAYLOR = Criterion(taylor, "change of the loss without it, to the first order, on training data", needs=("examples",))
