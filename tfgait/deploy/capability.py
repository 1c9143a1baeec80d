"""Whether a network can have a format: its layers and its modality, read before an export starts."""

from tfgait.core.errors import ConfigError
from tfgait.core.modality import MODALITIES, modality
from tfgait.deploy.formats import LAYERS
from tfgait.graph.trace import trace


def check_network(network, form):
    """Raise `ConfigError` where a network has what a `Format` row cannot hold; the layer and the reason are named.

    Args:
        network: a functional Keras network of one modality.
        form: the row.
    """
    name = next(name for name in network.input if name != "length")
    if form.pixels and not stored_as_pixels(modality(name)):
        bytes_too = ", ".join(m.name for m in MODALITIES.values() if stored_as_pixels(m))
        raise ConfigError(
            f"precision={form.precision} takes pixels of one byte: {bytes_too}. Received: {network.name}, which takes "
            f"{name} of {modality(name).dtype}."
        )
    for step in trace(network).steps:
        for formats, precisions, kinds, reason in LAYERS:
            if form.format in formats and form.precision in precisions and _kind(step) in kinds:
                raise ConfigError(
                    f"format={form.format} with precision={form.precision} cannot hold {_kind(step)}; {reason}. "
                    f"Received: {network.name} with {step.operation.name}."
                )


def check_pixels(port, form):
    """Raise `ConfigError` unless the input `Port` of a file whose row takes bytes takes them as they are."""
    if form.pixels and (port.dtype, port.scale, port.zero_point) != ("uint8", 1.0, 0):
        raise ConfigError(
            f"precision={form.precision} takes bytes of scale 1 and zero point 0. Received: {port.dtype} of scale "
            f"{port.scale:.6g} and zero point {port.zero_point}: the network was trained with another range of inputs."
        )


def stored_as_pixels(kind):
    """Return whether a `Modality` is bytes that the network takes as they are."""
    return kind.dtype == "uint8" and kind.scale == 1


def _kind(step):
    """Return what the tables call a step: its class, or what of it they tell apart."""
    operation, name = step.operation, step.kind[1]
    if name == "Conv3D" and operation.groups > 1:
        return "Conv3D of groups"
    if name == "Gelu" and not operation.approximate:
        return "exact Gelu"
    return name
