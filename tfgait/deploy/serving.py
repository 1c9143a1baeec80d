"""A network as one function of fixed shapes: what every converter takes."""

import inspect
from dataclasses import dataclass

import keras
import tensorflow as tf

from tfgait.core.errors import ConfigError
from tfgait.core.modality import modality
from tfgait.graph.lowering import lower
from tfgait.graph.rebuild import reconfigured

SIGNATURE = "serving_default"


@dataclass(frozen=True)
class Serving:
    """A network ready to be converted.

    Args:
        network: the Keras model, without the input `length`, lowered where asked.
        module: tracks its variables and holds `function`, a `tf.function` of one argument named by the modality.
        signature: `tf.TensorSpec` of that argument.
    """

    network: keras.Model
    module: tf.Module
    signature: tf.TensorSpec

    @property
    def signatures(self):
        """``{name: concrete function}`` of its one function."""
        return {SIGNATURE: self.module.function.get_concrete_function()}

    def batches(self, calibration):
        """Yield the inputs of a `Calibration`, ``{modality: float32 array}``; batch 1 where that is free."""
        batch, frames, *_ = self.signature.shape
        return calibration.batches(modality(self.signature.name), frames, batch or 1)


def serving(network, batch=1, frames=0, lowered=False):
    """Return the `Serving` of a network with a fixed number of frames.

    Args:
        network: as `tfgait.nets` builds or loads it, of one modality.
        batch: its size; 0 leaves it free.
        frames: of a sequence; 0: what the network is fixed to, else the modality's own number.
        lowered: whether Conv3D is written as Conv2D.

    Raises:
        ConfigError: frames other than the network is fixed to.
    """
    network = fixed(network, frames)
    if lowered:
        network = lower(network)
    name, shape = input_of(network)
    signature = tf.TensorSpec((batch or None, *shape), tf.float32, name=name)
    module = tf.Module()
    module.variables_of_network = [variable.value for variable in network.variables]

    module.function = _function(network, name, signature)
    return Serving(network, module, signature)


def fixed(network, frames=0):
    """Return the network with a fixed number of frames and without the input `length`, same weights.

    Raises:
        ConfigError: frames other than the network is fixed to.
    """
    name, (now, *_) = input_of(network)
    frames = frames or now or modality(name).frames
    if now not in (None, frames):
        raise ConfigError(f"frames must be {now}, to which the network is fixed. Received: frames={frames}.")
    return reconfigured(network, frames=frames, variable_length=False)


def input_of(network):
    """Return (modality, (T, H, W, C)) of a network's one sequence input.

    Raises:
        ConfigError: it has none, or more than one.
    """
    inputs = network.input if isinstance(network.input, dict) else {}
    names = [name for name in inputs if name != "length"]
    if len(names) != 1:
        raise ConfigError(f"a network must take one modality here. Received: inputs={list(inputs) or network.input}.")
    return names[0], tuple(inputs[names[0]].shape[1:])


def _function(network, name, signature):
    def call(value):
        return {"embedding": network({name: value}, training=False)["embedding"]}

    # TensorFlow names the input of a file after the argument.
    call.__signature__ = inspect.Signature([inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD)])
    return tf.function(call, input_signature=[signature])
