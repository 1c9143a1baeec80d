"""What each layer costs: parameters, and multiply-accumulates for one sample."""

import math
from dataclasses import dataclass

import keras

from tfgait.core.errors import ConfigError
from tfgait.graph.trace import trace

# Axes of the kernel that one position of the output holds; the layer multiplies by the whole kernel at each position.
KERNEL_OUT = {
    **{("keras", f"Conv{n}D"): (-1,) for n in (1, 2, 3)},
    **{("keras", f"DepthwiseConv{n}D"): (-2, -1) for n in (1, 2)},
    ("keras", "Dense"): (-1,),
    ("tfgait", "SeparateDense"): (0, 2),
}
# Layers with weights whose work is not counted among multiply-accumulates, as is usual.
FREE = {("keras", "BatchNormalization"), ("keras", "LayerNormalization"), ("keras", "PReLU")}


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
        work = _work(step, outputs[0].shape)
        earlier = found.get(layer.name)
        if earlier and work is not None and earlier.macs is not None:
            work += earlier.macs
        axes = KERNEL_OUT.get(step.kind)
        filters = layer.kernel.shape[-1] if axes else 0
        params = sum(math.prod(w.shape) for w in layer.trainable_weights)
        found[layer.name] = LayerCost(layer.name, step.kind[1], filters, params, work)
    return list(found.values())


def macs(model, frames=30):
    """Return multiply-accumulates for one sample; layers without a formula do not count (`costs` shows them)."""
    return sum(cost.macs or 0 for cost in costs(model, frames))


def _work(step, shape):
    if step.kind in FREE:
        return 0
    if step.kind not in KERNEL_OUT:
        return None
    kernel = step.operation.kernel.shape
    groups = math.prod(kernel[axis] for axis in KERNEL_OUT[step.kind])
    return math.prod(shape) // groups * math.prod(kernel)


def _concrete(tensor, frames):
    shape = [1, *tensor.shape[1:]]
    if len(shape) > 1 and shape[1] is None:
        shape[1] = frames
    if None in shape:
        raise ConfigError(f"only the batch and the frames of an input may be free. Received: {tensor.shape}.")
    return keras.KerasTensor(shape, dtype=tensor.dtype)
