"""A network cut where its frames meet: one part for every frame as it comes, one for when an answer is asked for."""

from dataclasses import dataclass

import keras

from tfgait.core.errors import ConfigError
from tfgait.graph.rebuild import reconfigured
from tfgait.graph.trace import trace

POOLING = ("tfgait", "SetPooling")
UNFOLDING = ("tfgait", "UnfoldTime")
# What may touch a sequence whose time is not folded into the batch: none of it lets one frame see another.
FRAMEWISE = {("keras", "Rescaling"), ("tfgait", "FoldTime"), UNFOLDING, POOLING}


@dataclass(frozen=True)
class Stages:
    """A network in two, joined by maxima over time.

    Args:
        frame: Keras model, ``{modality: (B, 1, H, W, C)}`` to ``{name of a pooling layer: (B, ...)}``, the maps of
            single frames.
        set: Keras model, ``{name of a pooling layer: (B, ...)}``, the maxima of these maps over the frames of a
            sequence, to ``{"embedding": (B, P, D)}``.
    """

    frame: keras.Model
    set: keras.Model


def stages(network):
    """Return the `Stages` of a network whose frames meet in maxima over time alone, such as GaitSet.

    A maximum can be kept up as frames come, so that a new frame costs the frame stage once, whatever was seen before.
    Widths, pruning and the number of maxima do not matter. The stages hold copies of the weights.

    Args:
        network: a functional network of one modality, built for any or for fixed frames.

    Raises:
        ConfigError: its frames meet elsewhere, by name: then a sliding window over the whole network is what works.
    """
    check_stages(network)
    single = reconfigured(network, frames=1, variable_length=False)
    graph = trace(single)
    pools = {step.operation.name: step for step in graph.steps if step.kind == POOLING}
    folded = {id(step.outputs[0]): step.inputs[0] for step in graph.steps if step.kind == UNFOLDING}
    maps = {name: folded[id(step.inputs[0])] for name, step in pools.items()}
    given = {name: _input_like(*step.outputs, name) for name, step in pools.items()}
    known = {id(*step.outputs): given[name] for name, step in pools.items()}
    for step in graph.steps:
        if all(id(tensor) in known for tensor in step.inputs):
            args, kwargs = step.arguments.fill_in(known)
            found = keras.tree.flatten(step.operation(*args, **kwargs))
            known.update({id(old): new for old, new in zip(step.outputs, found, strict=True)})
    outputs = {name: known[id(tensor)] for name, tensor in single.output.items()}
    return Stages(
        keras.Model(single.input, maps, name=f"{network.name}_frame"),
        keras.Model(given, outputs, name=f"{network.name}_set"),
    )


def check_stages(network):
    """Raise `ConfigError` unless every frame goes its own way up to maxima, behind which there are only these."""
    graph = trace(network)
    timed, unfolded, behind = {id(tensor) for tensor in graph.inputs}, set(), set()
    for step in graph.steps:
        ids, found, name = {id(tensor) for tensor in step.inputs}, {id(t) for t in step.outputs}, step.operation.name
        if ids & timed and step.kind not in FRAMEWISE:
            raise _refused(network, f"{name} ({step.kind[1]}) sees several frames at once")
        if ids & behind and not ids <= behind:
            raise _refused(network, f"{name} ({step.kind[1]}) joins a maximum over time with single frames")
        if step.kind == POOLING and id(step.inputs[0]) not in unfolded:
            raise _refused(network, f"{name} does not read UnfoldTime")
        if step.kind == POOLING or ids <= behind:
            behind |= found
        elif step.kind == UNFOLDING:
            unfolded |= found
            timed |= found
        elif step.kind == ("keras", "Rescaling") and ids & timed:
            timed |= found
    if not behind:
        raise _refused(network, "there is none (SetPooling)")
    if not {id(tensor) for tensor in graph.outputs} <= behind:
        raise _refused(network, "the output reads single frames")
    if "frames" not in network.get_config():
        raise _refused(network, "the number of frames is no argument (frames)")


def _input_like(tensor, name):
    return keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=name)


def _refused(network, reason):
    return ConfigError(
        f"a network to stream must let its frames meet in maxima over time alone. Received: {network.name}, where "
        f"{reason}. A sliding window over a file of the whole network works for every network."
    )
