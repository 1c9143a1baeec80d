"""A network as one function of fixed shapes: what every converter takes."""

import inspect
from dataclasses import dataclass

import keras
import tensorflow as tf

from tfgait.core.errors import ConfigError
from tfgait.core.modality import modality
from tfgait.graph.equalising import equalised
from tfgait.graph.folding import fold_batchnorm
from tfgait.graph.lowering import lower
from tfgait.graph.rebuild import reconfigured

SIGNATURE = "serving_default"

CALIBRATED = 8  # sequences at a time


@dataclass(frozen=True)
class Serving:
    """A network ready to be converted.

    Args:
        network: the Keras model, without the input `length` and every BatchNorm that folds, lowered where asked.
        module: tracks its variables and holds `function`, a `tf.function` of one argument named by the modality.
        signature: `tf.TensorSpec` of that argument.
        plain: the network before folding and lowering.
        folded: names of the BatchNorm layers that were folded.
        lowered: names of the layers that were lowered.
    """

    network: keras.Model
    module: tf.Module
    signature: tf.TensorSpec
    plain: keras.Model
    folded: tuple = ()
    lowered: tuple = ()

    @property
    def signatures(self):
        """``{name: concrete function}`` of its one function."""
        return {SIGNATURE: self.module.function.get_concrete_function()}

    def representative(self, batches):
        """Return batches ``{modality: (B, T, H, W, C) float32}`` as the converter is given them: as they are."""
        return batches


def serving(network, batch=1, frames=0, lowered=False, int8=False, calibration=None):
    """Return the `Serving` of a network.

    Args:
        network: as `tfgait.nets` builds or loads it, of one modality.
        batch: its size; 0 leaves it free.
        frames: as of `fixed`.
        lowered: whether 3D layers are written as 2D ones.
        int8: whether that is for int8, as of `tfgait.graph.lowering.lower`.
        calibration: `Calibration` by which channels are brought to one range; None: they stay as they are.

    Raises:
        ConfigError: frames other than the network is fixed to.
    """
    whole = fixed(network, frames)
    name, shape = input_of(whole)
    ready = folded = balanced(fold_batchnorm(whole), calibration)
    if lowered:
        ready = lower(folded, int8)
    signature = tf.TensorSpec((batch or None, *shape), tf.float32, name=name)
    module = tf.Module()
    module.variables_of_network = [variable.value for variable in ready.variables]
    module.function = _function(ready, name, signature)
    return Serving(ready, module, signature, whole, **changes(whole.layers, folded.layers, ready.layers))


def balanced(network, calibration):
    """Return an equal network whose channels a `Calibration` brings to one range; the same one where that is None."""
    if not calibration:
        return network
    name, (frames, *_) = input_of(network)
    kind = modality(name)
    return equalised(network, calibration.batches(kind, frames or kind.frames, CALIBRATED))


def changes(whole, folded, ready):
    """Return the names of the layers that were ``folded`` and ``lowered``, of the layers before and after each."""
    left, kinds = {layer.name for layer in folded}, {layer.name: type(layer) for layer in ready}
    return {
        "folded": tuple(layer.name for layer in whole if layer.name not in left),
        "lowered": tuple(layer.name for layer in folded if type(layer) is not kinds[layer.name]),
    }


def fixed(network, frames=0):
    """Return the network with a fixed number of frames and without the input `length`, same weights.

    Args:
        network: of one modality.
        frames: of a sequence; 0: what the network is fixed to, else the modality's own number; None leaves it free.

    Raises:
        ConfigError: frames other than the network is fixed to, or free ones where it is.
    """
    name, (now, *_) = input_of(network)
    if frames == 0:
        frames = now or modality(name).frames
    if now not in (None, frames):
        received = "free frames" if frames is None else f"frames={frames}"
        raise ConfigError(f"frames must be {now}, to which the network is fixed. Received: {received}.")
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
