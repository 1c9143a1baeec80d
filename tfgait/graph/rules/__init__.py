"""What each layer type does to channels: one function a type, in one table.

A rule takes the step, the `Channels` of its inputs and the `Tracker`, and returns the `Channels` of its output, or a
list of them where it has several. It raises `NotUnderstood` where it cannot follow; so does every type that is not in
the table.
A new layer needs one function here and nothing elsewhere.
"""

from tfgait.graph.channels import NotUnderstood

RULES = {}


def rule(*names, package="keras"):
    """Enter a function for these classes of a package."""

    def enter(function):
        RULES.update({(package, name): function for name in names})
        return function

    return enter


def apply(step, channels, tracker):
    """Return the `Channels` of each output of the step by its rule."""
    if step.kind not in RULES:
        raise NotUnderstood(f"is a {step.kind[1]} layer, for which there is no rule")
    if getattr(step.operation, "quantization_mode", None) or getattr(step.operation, "lora_enabled", False):
        raise NotUnderstood("holds its weights quantised or as a sum")
    found = RULES[step.kind](step, channels, tracker)
    return found if isinstance(found, list) else [found]


def expect_axis(channels, axis):
    """Raise `NotUnderstood` unless the channels lie on that axis."""
    if channels.axis != axis:
        raise NotUnderstood(f"works on axis {axis}, the channels lie on axis {channels.axis}")


def channel_axis(layer, rank):
    """Return the axis that an image layer takes for channels."""
    return 1 if getattr(layer, "data_format", None) == "channels_first" else rank - 1


from tfgait.graph.rules import (  # noqa: E402, F401  (they fill the table)
    contractions,
    elementwise,
    merging,
    pieces,
    shapes,
    weighted,
)
