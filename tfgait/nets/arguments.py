"""What the arguments of networks may be."""

import numbers

from tfgait.core.errors import ConfigError, check_choice

WIDEST = 4096


def check_whole(name, value, low, high):
    """Return `value` as an int; raise `ConfigError` unless it is a whole number in [low, high]."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or not low <= value <= high:
        raise ConfigError(f"{name} must be a whole number in [{low}, {high}]. Received: {name}={value!r}.")
    return int(value)


def check_share(name, value):
    """Return `value` as a float; raise `ConfigError` unless it lies in [0, 1)."""
    if not isinstance(value, numbers.Real) or isinstance(value, bool) or not 0 <= value < 1:
        raise ConfigError(f"{name} must lie in [0, 1). Received: {name}={value!r}.")
    return float(value)


def check_flag(name, value):
    """Return `value`; raise `ConfigError` unless it is true or false."""
    if not isinstance(value, bool):
        raise ConfigError(f"{name} must be true or false. Received: {name}={value!r}.")
    return value


def check_widths(widths, published):
    """Return the width of every group: the published ones, those in `widths` in their place.

    Args:
        widths: {group: filters} or None.
        published: {group: filters} of the whole network.

    Raises:
        ConfigError: `widths` is no dict, names an unknown group, or a width outside 1..4096.
    """
    if widths is not None and not isinstance(widths, dict):
        raise ConfigError(f"widths must be a dict {{layer: filters}} or None. Received: widths={widths!r}.")
    for name, value in (widths or {}).items():
        check_choice("a key of widths", name, list(published))
        check_whole(f"widths[{name!r}]", value, 1, WIDEST)
    return {name: int((widths or {}).get(name, value)) for name, value in published.items()}


def check_left(name, size, steps):
    """Raise `ConfigError` unless unpadded steps leave something of an axis.

    Args:
        name: of the argument, for the message.
        size: of the axis at first.
        steps: (kernel, stride) of every convolution and pooling along it, in order.
    """
    smallest = 1
    for kernel, stride in reversed(steps):
        smallest = (smallest - 1) * stride + kernel
    if size < smallest:
        raise ConfigError(f"{name} must be at least {smallest} for this network. Received: {name}={size}.")
