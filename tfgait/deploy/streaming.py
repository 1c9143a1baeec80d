"""A network in two stages as what a converter takes: one file, a signature for each stage."""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from tfgait.core.modality import modality
from tfgait.graph.rebuild import reconfigured
from tfgait.graph.stages import Stages, check_stages, stages
from tfgait.runtime.litert_stages import SIGNATURES


@dataclass(frozen=True)
class StagedServing:
    """The stages of a network, ready to be converted together.

    Args:
        network: the whole network.
        stages: `Stages` of it.
        module: tracks the variables of both and holds their functions, of batch 1 and of one frame.
    """

    network: keras.Model
    stages: Stages
    module: tf.Module

    @property
    def signatures(self):
        """``{"frame": concrete function, "set": concrete function}``."""
        functions = (self.module.frame, self.module.set)
        return {name: function.get_concrete_function() for name, function in zip(SIGNATURES, functions, strict=True)}

    def batches(self, calibration):
        """Yield (signature, inputs) of a `Calibration`: every frame by itself, and the maxima of its sequence.

        The sequences are those that the whole network would be calibrated on.
        """
        kind = modality(self.network.modality)
        for batch in calibration.batches(kind, self.network.input[kind.name].shape[1] or kind.frames, 1):
            frames = np.swapaxes(batch[kind.name], 0, 1)
            for number in range(len(frames)):
                yield SIGNATURES[0], {kind.name: frames[number : number + 1]}
            maps = self.stages.frame({kind.name: frames}, training=False)
            yield SIGNATURES[1], {name: keras.ops.max(value, axis=0, keepdims=True) for name, value in maps.items()}


def streaming(network):
    """Return the network of any number of frames that a file in two stages holds, same weights.

    Raises:
        ConfigError: its frames meet elsewhere than in maxima over time.
    """
    check_stages(network)
    return reconfigured(network, frames=None, variable_length=False)


def staged_serving(network):
    """Return the `StagedServing` of a network.

    Raises:
        ConfigError: its frames meet elsewhere than in maxima over time.
    """
    parts, module = stages(network), tf.Module()
    module.variables_of_network = [variable.value for part in (parts.frame, parts.set) for variable in part.variables]
    module.frame, module.set = _function(parts.frame), _function(parts.set)
    return StagedServing(network, parts, module)


def _function(model):
    """Return the `tf.function` of a model, of one dict with batch 1."""
    specs = {name: tf.TensorSpec((1, *port.shape[1:]), tf.float32, name=name) for name, port in model.input.items()}
    return tf.function(lambda values: model(values, training=False), input_signature=[specs])
