"""Layers that treat every value by itself, or by others of its own channel."""

import numpy as np

from tfgait.graph.channels import NotUnderstood
from tfgait.graph.rules import rule

KEEP_ZERO = {
    *("linear", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "swish", "mish", "tanh"),
    *("softsign", "hard_tanh", "hard_silu", "hard_swish", "hard_shrink", "soft_shrink", "tanh_shrink"),
}
MOVE_ZERO = {"sigmoid", "hard_sigmoid", "softplus", "exponential", "squareplus", "log_sigmoid"}


def zero_after(activation, axis, rank):
    """Return whether an activation keeps zero at zero; `axis` of `rank` holds the channels.

    Raises:
        NotUnderstood: it mixes channels, or is not known.
    """
    name = getattr(activation, "__name__", type(activation).__name__)
    if not getattr(activation, "__module__", "keras").startswith("keras"):
        raise NotUnderstood(f"has an activation of another package, {name}")
    if name in KEEP_ZERO:
        return True
    if name in MOVE_ZERO:
        return False
    if name in ("softmax", "log_softmax") and axis != rank - 1:
        return False
    raise NotUnderstood(f"has the activation {name}, which is not known to treat channels one by one")


@rule("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout", "GaussianDropout")
@rule("GaussianNoise", "ActivityRegularization", "Identity", "LeakyReLU", "ELU")
@rule("Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Celu", "Gelu", "Silu", "HardSilu", "Tanh", "Softsign", "HardTanh")
@rule("Absolute", "Abs", "Negative", "Square", "Sqrt", "Cast", "StopGradient")
def keeps_zero(step, channels, tracker):
    return channels[0]


@rule("Sigmoid", "HardSigmoid", "Softplus", "Exp", "LogSigmoid")
def moves_zero(step, channels, tracker):
    return channels[0].holding(False)


@rule("ReLU")
def relu(step, channels, tracker):
    (x,), layer = channels, step.operation
    return x.holding(not (layer.threshold and layer.negative_slope))


@rule("Activation")
def activation(step, channels, tracker):
    (x,) = channels
    return x.holding(zero_after(step.operation.activation, x.axis, len(step.inputs[0].shape)))


@rule("Softmax", "LogSoftmax")
def softmax(step, channels, tracker):
    if len(channels) != 1:
        raise NotUnderstood("is a softmax with a mask")
    (x,) = channels
    if x.axis in _axes(step) and not tracker.is_frozen(x.ids):
        raise NotUnderstood("is a softmax over the channels")
    return x.holding(False)


@rule("UnitNormalization", "Normalize")
def unit_length(step, channels, tracker):
    """Divide by the length: where a silenced channel is zero, it adds nothing to the length of the others."""
    (x,) = channels
    if x.axis in _axes(step) and not x.zero:
        raise NotUnderstood("normalises over channels that do not go to zero")
    if getattr(step.operation, "order", 2) not in (1, 2):
        raise NotUnderstood("normalises by a length that zeros may change")
    return x


def _axes(step):
    axes, rank = step.operation.axis, len(step.inputs[0].shape)
    if axes is None:
        raise NotUnderstood("works on all axes at once")
    return {axis % rank for axis in (axes if isinstance(axes, (list, tuple)) else [axes])}


@rule("Clip")
def clip(step, channels, tracker):
    (x,), operation = channels, step.operation
    if not np.isscalar(operation.x_min) or not np.isscalar(operation.x_max):
        raise NotUnderstood("clips each channel at numbers of its own")
    return x.holding(operation.x_min <= 0 <= operation.x_max)


@rule("Rescaling")
def rescaling(step, channels, tracker):
    (x,), layer = channels, step.operation
    if not all(isinstance(value, (int, float)) for value in (layer.scale, layer.offset)):
        raise NotUnderstood("rescales each channel by a number of its own")
    return x.holding(layer.offset == 0)
