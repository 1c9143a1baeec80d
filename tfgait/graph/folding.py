"""BatchNorm folded into the layer before it: one layer with a bias, the same result in inference."""

import keras
from keras import ops

from tfgait.graph.costs import KERNEL_OUT
from tfgait.graph.trace import trace


def fold_batchnorm(network):
    """Return a functional model equal to `network` in inference, with every BatchNorm folded that can be.

    It can be where it alone reads a convolution (depthwise too) or dense layer without activation, each called once.

    Args:
        network: a functional Keras model.

    Returns:
        A model with the same names of inputs, outputs and the layers that stay; `network` itself where there is nothing
        to fold.

    Raises:
        ConfigError: it is no functional model.

    Reference: Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
        Inference", CVPR 2018, section 3.2.
    """
    pairs = norms(trace(network))
    if not pairs:
        return network
    gone = {norm.name for norm in pairs.values()}

    def clone(layer):
        biased = {"use_bias": True} if layer.name in pairs else {}
        return type(layer).from_config({**layer.get_config(), **biased})

    def call(layer, *args, **kwargs):
        return args[0] if layer.name in gone else layer(*args, **kwargs)

    folded = keras.models.clone_model(network, clone_function=clone, call_function=call)
    for layer in folded.layers:
        old = network.get_layer(layer.name)
        layer.set_weights(folded_weights(old, pairs[old.name]) if old.name in pairs else old.get_weights())
    return folded


def norms(graph):
    """Return ``{name of a layer: the BatchNorm layer that can be folded into it}`` of a `Graph`."""
    readers, calls = {}, {}
    for step in graph.steps:
        calls[id(step.operation)] = calls.get(id(step.operation), 0) + 1
        for tensor in step.inputs:
            readers.setdefault(id(tensor), []).append(step)
    asked = {id(tensor) for tensor in graph.outputs}
    found = {}
    for step in graph.steps:
        layer = step.operation
        if step.kind not in KERNEL_OUT or not hasattr(layer, "use_bias") or calls[id(layer)] > 1:
            continue
        (output,) = step.outputs
        after = readers.get(id(output), [])
        if id(output) in asked or len(after) != 1 or after[0].kind != ("keras", "BatchNormalization"):
            continue
        norm, rank = after[0].operation, len(output.shape)
        last = norm.axis in (-1, rank - 1) and getattr(layer, "data_format", None) != "channels_first"
        if last and calls[id(norm)] == 1 and layer.activation is keras.activations.linear:
            found[layer.name] = norm
    return found


def folded_weights(layer, norm):
    """Return (kernel, bias) of a layer that does what `layer` and then `norm` do in inference."""
    factor = ops.rsqrt(norm.moving_variance + norm.epsilon)
    if norm.scale:
        factor = factor * norm.gamma
    shift = -norm.moving_mean * factor
    if norm.center:
        shift = shift + norm.beta
    if layer.use_bias:
        shift = shift + layer.bias * factor
    return layer.kernel * ops.reshape(factor, output_shape(layer)), shift


def output_shape(layer):
    """Return the shape of a kernel with 1 on every axis but those of the layer's outputs."""
    kernel = layer.kernel.shape
    kind = (type(layer).__module__.partition(".")[0], type(layer).__name__)
    axes = [axis % len(kernel) for axis in KERNEL_OUT[kind]]
    return tuple(size if axis in axes else 1 for axis, size in enumerate(kernel))
