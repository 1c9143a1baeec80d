"""Which layers of a network tensorflow-model-optimization takes, found on the Keras network before anything runs."""

import numpy as np

from tfgait.compress.tfmot.settings import METHODS
from tfgait.core.errors import ConfigError
from tfgait.graph.trace import trace

SPARSE = {("keras", "Conv2D"), ("keras", "Conv3D"), ("keras", "Dense"), ("tfgait", "SeparateDense")}
# Its masks of two in four are written for matrices and for kernels of 2D convolutions.
TWO_BY_FOUR = {("keras", "Conv2D"), ("keras", "Dense")}
INTEGER_KERNELS = {("keras", "Conv2D"), ("keras", "DepthwiseConv2D"), ("keras", "Dense")}
INTEGER_OTHERS = {
    ("keras", name)
    for name in ("Add", "AveragePooling2D", "Concatenate", "Dropout", "Flatten", "LeakyReLU", "MaxPooling2D", "ReLU",
                 "Reshape")
}  # fmt: skip
# A share of zeros, or as many different values, that no training leaves by chance.
SOME_ZEROS, FEW_VALUES = 0.05, 256


def choose_layers(network, method):
    """Return (names of the layers that are taken, ``{layer with a kernel: why it is left alone}``).

    Args:
        network: a functional Keras network.
        method: key of `METHODS`.

    Raises:
        ConfigError: no layer can be taken, one cannot become 8-bit at all, or what the method keeps is not there.
    """
    makes, keeps = METHODS[method].makes, METHODS[method].keeps
    takes = TWO_BY_FOUR if method == "2_by_4" else INTEGER_KERNELS | INTEGER_OTHERS if makes == "integers" else SPARSE
    taken, left, kernels = [], {}, []
    for step in trace(network).steps:
        name, (_, kind) = step.operation.name, step.kind
        if step.kind in takes:
            taken.append(name)
        if kind == "Conv3D" and makes == "integers":
            raise ConfigError(
                f"method={method} cannot train {name}: tensorflow-model-optimization has no 8-bit Conv3D. "
                f"Received: a {network.name}. `tfgait qat` trains it."
            )
        if kernel_of(step.operation) is None:
            continue
        if method == "2_by_4" and step.kind in takes and kernel_of(step.operation).shape[-2] < 3:
            taken.remove(name)
            left[name] = "2_by_4 chooses among four input channels, and it has less than three"
        elif step.kind in takes:
            kernels.append(step.operation)
        else:
            stays = "it stands still" if keeps else "it trains as it is"
            left[name] = f"{method} of tensorflow-model-optimization does not know {kind}; {stays}"
    if not kernels:
        raise ConfigError(f"method={method} finds no layer it could take. Received: a {network.name}.")
    _check_kept(method, kernels)
    return list(dict.fromkeys(taken)), left


def kernel_of(layer):
    """Return the kernel of a layer as an array, or None where it has none."""
    kernel = getattr(layer, "kernel", None)
    return None if kernel is None else np.asarray(kernel)


def layer_rows(before, after, taken):
    """Return a row for each layer with a kernel: weights, zeros before and after, different values, whether taken."""
    rows = []
    for layer in after.layers:
        kernel = kernel_of(layer)
        if kernel is None:
            continue
        rows.append(
            {
                "layer": layer.name,
                "weights": kernel.size,
                "sparsity_before": round(float((kernel_of(before.get_layer(layer.name)) == 0).mean()), 4),
                "sparsity_after": round(float((kernel == 0).mean()), 4),
                "values": len(np.unique(kernel)),
                "taken": layer.name in taken,
            }
        )
    return rows


def _check_kept(method, layers):
    kernels = [kernel_of(layer) for layer in layers]
    there = {
        "zeros": any((k == 0).mean() >= SOME_ZEROS for k in kernels),
        "clusters": any(len(np.unique(k)) <= min(FEW_VALUES, k.size // 2) for k in kernels),
    }
    for what, first in (("zeros", "constant"), ("clusters", "cluster")):
        if what in METHODS[method].keeps and not there[what]:
            raise ConfigError(
                f"method={method} keeps the {what} of a network that has some. Received: a network without; "
                f"`tfgait sparsify --method {first}` makes them."
            )
