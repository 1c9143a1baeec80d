"""What each layer costs: parameters, and multiply-accumulates for one sample."""

import math
from dataclasses import dataclass

import keras

from tfgait.core.errors import ConfigError
from tfgait.graph.rules.contractions import labels
from tfgait.graph.trace import trace

# Axes of the kernel that one position of the output holds; the layer multiplies by the whole kernel at each position.
KERNEL_OUT = {
    **{("keras", f"Conv{n}D"): (-1,) for n in (1, 2, 3)},
    **{("keras", f"DepthwiseConv{n}D"): (-2, -1) for n in (1, 2)},
    ("keras", "Dense"): (-1,),
    ("tfgait", "SeparateDense"): (0, 2),
    ("tfgait", "GroupedDense"): (0, 2),
    ("tfgait", "UnfoldedConv3D"): (-1,),
}
SEPARABLE = {("keras", f"SeparableConv{n}D") for n in (1, 2)}
TRANSPOSED = {("keras", f"Conv{n}DTranspose") for n in (1, 2, 3)}
EINSUM = ("keras", "EinsumDense")
# Layers with weights whose work is not counted among multiply-accumulates, as is usual.
FREE = {("keras", f"{name}Normalization") for name in ("Batch", "Group", "Layer", "RMS")} | {("keras", "PReLU")}


@dataclass(frozen=True)
class LayerCost:
    """A layer with weights.

    Args:
        name, kind: of the layer.
        filters: the channels it makes; 0 for one that only treats them.
        params: trainable parameters.
        macs: multiply-accumulates for one sample, bias not counted; None for a layer there is no formula for.
    """

    name: str
    kind: str
    filters: int
    params: int
    macs: int | None


def costs(model, frames=30):
    """Return a `LayerCost` for each layer with weights, in the order of computation.

    Args:
        model: a functional Keras model.
        frames: length of one sample on the time axis, where the model leaves it free.
    """
    graph = trace(model)
    tensors = {id(t): _concrete(t, frames) for t in graph.inputs}
    found = {}
    for step in graph.steps:
        args, kwargs = step.arguments.fill_in(tensors)
        outputs = keras.tree.flatten(step.operation.compute_output_spec(*args, **kwargs))
        tensors.update({id(t): out for t, out in zip(step.outputs, outputs, strict=True)})
        layer = step.operation
        if not getattr(layer, "weights", None):
            continue
        work = _work(step, tensors[id(step.inputs[0])].shape, outputs[0].shape)
        earlier = found.get(layer.name)
        if earlier and work is not None and earlier.macs is not None:
            work += earlier.macs
        params = sum(math.prod(w.shape) for w in layer.trainable_weights)
        found[layer.name] = LayerCost(layer.name, step.kind[1], _filters(step), params, work)
    return list(found.values())


def macs(model, frames=30):
    """Return multiply-accumulates for one sample; layers without a formula do not count (`costs` shows them)."""
    return sum(cost.macs or 0 for cost in costs(model, frames))


def _filters(step):
    layer = step.operation
    if step.kind == EINSUM:
        source, weight, result = labels(layer.equation, len(step.inputs[0].shape))
        kept = [n for n, label in zip(layer.kernel.shape, weight, strict=True) if label in set(result) - set(source)]
        return math.prod(kept) if kept else 0
    return getattr(layer, "filters", None) or getattr(layer, "units", 0)


def _work(step, given, made):
    """Return the multiply-accumulates of a call by the shapes of its input and output; None without a formula."""
    layer = step.operation
    if step.kind in FREE:
        return 0
    if step.kind in SEPARABLE:
        kernels = layer.depthwise_kernel.shape, layer.pointwise_kernel.shape
        return math.prod(made) // layer.filters * sum(map(math.prod, kernels))
    if step.kind in TRANSPOSED:
        return math.prod(given) // layer.kernel.shape[-1] * math.prod(layer.kernel.shape)
    if step.kind == EINSUM:
        _, weight, result = labels(layer.equation, len(given))
        axes = [axis for axis, label in enumerate(weight) if label in result]
    elif step.kind in KERNEL_OUT:
        axes = KERNEL_OUT[step.kind]
    else:
        return None
    kernel = layer.kernel.shape
    return math.prod(made) // math.prod(kernel[axis] for axis in axes) * math.prod(kernel)


def _concrete(tensor, frames):
    shape = [1, *tensor.shape[1:]]
    if len(shape) > 1 and shape[1] is None:
        shape[1] = frames
    if None in shape:
        raise ConfigError(f"only the batch and the frames of an input may be free. Received: {tensor.shape}.")
    return keras.KerasTensor(shape, dtype=tensor.dtype)
