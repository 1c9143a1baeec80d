"""Read a functional Keras model as a list of calls."""

from dataclasses import dataclass

import keras

from tfgait.core.errors import ConfigError


@dataclass(frozen=True)
class Step:
    """One call of one layer or `keras.ops` operation.

    Args:
        operation: the layer or operation; a shared layer appears in one step a call.
        arguments: what it was called with, as Keras recorded it: `.args`, `.kwargs`.
        inputs: the symbolic tensors among the arguments, in their order.
        outputs: the symbolic tensors it returned.
    """

    operation: object
    arguments: object
    inputs: tuple
    outputs: tuple

    @property
    def kind(self):
        """``(package, class)`` such as ``("keras", "Conv2D")``: the exact class, since a subclass may do otherwise."""
        cls = type(self.operation)
        return cls.__module__.partition(".")[0], cls.__name__


@dataclass(frozen=True)
class Graph:
    """A functional model, in an order in which it can be computed.

    Args:
        inputs: symbolic inputs.
        steps: the calls.
        outputs: symbolic outputs.
    """

    inputs: tuple
    steps: tuple
    outputs: tuple

    @property
    def layers(self):
        """``{name: layer}`` of the layers among the operations."""
        return {s.operation.name: s.operation for s in self.steps if isinstance(s.operation, keras.Layer)}


def trace(model):
    """Return the `Graph` of a functional model.

    Raises:
        ConfigError: it is no functional Keras model, so that it has no graph to read.
    """
    nodes_by_depth = getattr(model, "_nodes_by_depth", None)
    if not isinstance(model, keras.Model) or nodes_by_depth is None:
        raise ConfigError(
            f"model must be a functional Keras model, whose layers form a graph. Received: {type(model).__name__}."
        )
    nodes = [node for depth in sorted(nodes_by_depth, reverse=True) for node in nodes_by_depth[depth]]
    steps = tuple(
        Step(node.operation, node.arguments, tuple(node.input_tensors), tuple(node.output_tensors))
        for node in nodes
        if not node.is_input
    )
    return Graph(tuple(model.inputs), steps, tuple(model.outputs))
