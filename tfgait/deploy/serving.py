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
    def concrete(self):
        """The concrete function."""
        return self.module.function.get_concrete_function()


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
    ready = folded = fold_batchnorm(whole)
    if calibration:
        kind = modality(name)
        ready = folded = equalised(folded, calibration.batches(kind, shape[0] or kind.frames, CALIBRATED))
    if lowered:
        ready = lower(folded, int8)
    signature = tf.TensorSpec((batch or None, *shape), tf.float32, name=name)
    module = tf.Module()
    module.variables_of_network = [variable.value for variable in ready.variables]
    module.function = _function(ready, name, signature)
    kinds = {layer.name: type(layer) for layer in ready.layers}
    return Serving(
        ready,
        module,
        signature,
        whole,
        folded=tuple(layer.name for layer in whole.layers if layer.name not in kinds),
        lowered=tuple(layer.name for layer in folded.layers if type(layer) is not kinds[layer.name]),
    )


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
    config = network.get_config()
    wanted = {"frames": frames, "variable_length": False}
    changed = {key: value for key, value in wanted.items() if key in config and config[key] != value}
    if not changed:
        return network
    rebuilt = type(network).from_config({**config, **changed})
    rebuilt.set_weights(network.get_weights())
    return rebuilt


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
