"""A functional Keras 3 network as a tf_keras model of the same layers, and its weights back."""

import inspect

import keras
import numpy as np
import tf_keras

from tfgait.compress.tfmot.twin_layers import COUNTERPARTS
from tfgait.core.errors import ConfigError
from tfgait.graph.trace import trace

# What a layer is called with differently: {class: {argument of Keras 3: of tf_keras}}.
RENAMED = {"LeakyReLU": {"negative_slope": "alpha"}}
# How a layer begins and what is added to a loss is no part of a twin, which takes its weights and has no loss.
LEFT_OUT = ("_initializer", "_regularizer", "_constraint", "dtype", "synchronized")


def make_twin(network):
    """Return the tf_keras twin of a functional Keras network, with the same names of layers and copied weights.

    Inputs and outputs are lists in the order of the network's own.

    Raises:
        ConfigError: a layer that tf_keras does not have, or a call with more than tensors, is named.
    """
    graph = trace(network)
    known = {
        id(t): tf_keras.Input(tuple(t.shape[1:]), batch_size=t.shape[0], dtype=t.dtype, name=t.name)
        for t in graph.inputs
    }
    inputs = list(known.values())
    layers = {}
    for step in graph.steps:
        name = step.operation.name
        if name not in layers:
            layers[name] = _layer(step)
        tensors = [known[id(t)] for t in step.inputs]
        found = layers[name](tensors if len(tensors) > 1 else tensors[0])
        if len(step.outputs) != 1:
            raise ConfigError(f"a twin needs layers of one output. Received: layer={name} of {len(step.outputs)}.")
        known[id(step.outputs[0])] = found
    twin = tf_keras.Model(inputs, [known[id(t)] for t in graph.outputs], name=network.name)
    for name, layer in layers.items():
        layer.set_weights([np.asarray(w) for w in network.get_layer(name).weights])
    return twin


def take_back(network, twin):
    """Give a network the weights of its twin, layer by layer; return the network.

    Args:
        network: the Keras network, or one of the same class and arguments.
        twin: a tf_keras model without wrappers.
    """
    for layer in network.layers:
        if layer.weights:
            layer.set_weights(twin.get_layer(layer.name).get_weights())
    return network


def difference(network, twin, inputs):
    """Return the largest difference of any output on ``{input: array}``, scaled to a largest value of 1."""
    expected = keras.tree.flatten(network(inputs))
    found = keras.tree.flatten(twin([inputs[name] for name in twin.input_names]))
    worst = 0.0
    for one, other in zip(expected, found, strict=True):
        one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
        worst = max(worst, float(np.abs(one - other).max() / max(np.abs(one).max(), 1e-30)))
    return worst


def _layer(step):
    package, kind = step.kind
    config = step.operation.get_config()
    cls = COUNTERPARTS.get(kind) if package == "tfgait" else getattr(tf_keras.layers, kind, None)
    # A Lambda's function is the property of one Keras and not of the other.
    if package not in ("keras", "tfgait") or cls is None or kind == "Lambda":
        raise ConfigError(
            f"a twin in tf_keras needs layers of Keras or tfgait. Received: layer={step.operation.name}, a {kind}."
        )
    if package == "tfgait":
        return cls(**{k: v for k, v in config.items() if k not in ("dtype", "trainable")})
    taken = inspect.signature(cls.__init__).parameters
    names = RENAMED.get(kind, {})
    config = {names.get(k, k): v for k, v in config.items() if not k.endswith(LEFT_OUT)}
    return cls(**{k: v for k, v in config.items() if k in taken and k != "kwargs"}, name=step.operation.name)
