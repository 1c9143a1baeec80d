"""Layers that treat every value by itself."""

from tfgait.graph.channels import Channels, NotUnderstood
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
    return Channels(channels[0].axis, channels[0].ids, False)


@rule("ReLU")
def relu(step, channels, tracker):
    (x,), layer = channels, step.operation
    return Channels(x.axis, x.ids, x.zero and not (layer.threshold and layer.negative_slope))


@rule("Activation")
def activation(step, channels, tracker):
    (x,) = channels
    return Channels(x.axis, x.ids, x.zero and zero_after(step.operation.activation, x.axis, len(step.inputs[0].shape)))


@rule("Softmax")
def softmax(step, channels, tracker):
    (x,) = channels[:1]
    axes, rank = step.operation.axis, len(step.inputs[0].shape)
    axes = axes if isinstance(axes, (list, tuple)) else [axes]
    if any(axis % rank == x.axis for axis in axes):
        raise NotUnderstood("is a softmax over the channels")
    return Channels(x.axis, x.ids, False)


@rule("Rescaling")
def rescaling(step, channels, tracker):
    (x,), layer = channels, step.operation
    if not all(isinstance(value, (int, float)) for value in (layer.scale, layer.offset)):
        raise NotUnderstood("rescales each channel by a number of its own")
    return Channels(x.axis, x.ids, x.zero and layer.offset == 0)
