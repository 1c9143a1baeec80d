"""A network in two stages as what a converter takes: one file, a signature for each stage."""

from dataclasses import dataclass

import keras
import tensorflow as tf

from tfgait.deploy.serving import changes, input_of
from tfgait.graph.folding import fold_batchnorm
from tfgait.graph.lowering import lower
from tfgait.graph.rebuild import reconfigured
from tfgait.graph.stages import Stages, check_stages, stages
from tfgait.runtime.litert_stages import SIGNATURES


@dataclass(frozen=True)
class StagedServing:
    """The stages of a network, ready to be converted together.

    Args:
        network: the whole network.
        stages: its `Stages`, folded and lowered.
        module: tracks the variables of both and holds their functions, of batch 1 and of one frame.
        folded: names of the BatchNorm layers that were folded.
        lowered: names of the layers that were lowered.
    """

    network: keras.Model
    stages: Stages
    module: tf.Module
    folded: tuple = ()
    lowered: tuple = ()

    @property
    def signatures(self):
        """``{"frame": concrete function, "set": concrete function}``."""
        functions = (self.module.frame, self.module.set)
        return {name: function.get_concrete_function() for name, function in zip(SIGNATURES, functions, strict=True)}

    @property
    def signature(self):
        """`tf.TensorSpec` of a sequence, of any number of frames."""
        name, (_, *shape) = input_of(self.network)
        return tf.TensorSpec((1, None, *shape), tf.float32, name=name)

    def representative(self, batches):
        """Yield (signature, inputs) of batches of one sequence: every frame by itself, and the maxima of all."""
        for batch in batches:
            ((name, (sequence,)),) = batch.items()
            frames = sequence[:, None]
            for number in range(len(frames)):
                yield SIGNATURES[0], {name: frames[number : number + 1]}
            maps = self.stages.frame({name: frames}, training=False)
            yield SIGNATURES[1], {key: keras.ops.max(value, axis=0, keepdims=True) for key, value in maps.items()}


def streaming(network):
    """Return the network of any number of frames that a file in two stages holds, same weights.

    Raises:
        ConfigError: its frames meet elsewhere than in maxima over time.
    """
    check_stages(network)
    return reconfigured(network, frames=None, variable_length=False)


def staged_serving(network, int8=False):
    """Return the `StagedServing` of a network, its BatchNorms folded and its layers lowered.

    Args:
        network: as of `tfgait.graph.stages.stages`.
        int8: whether that is for int8, as of `tfgait.graph.lowering.lower`.

    Raises:
        ConfigError: its frames meet elsewhere than in maxima over time.
    """
    parts, module = stages(network), tf.Module()
    whole = (parts.frame, parts.set)
    folded = [fold_batchnorm(part) for part in whole]
    frame, after = ready = [lower(part, int8) for part in folded]
    module.variables_of_network = [variable.value for part in ready for variable in part.variables]
    module.frame, module.set = _function(frame), _function(after)
    layers = ([layer for part in state for layer in part.layers] for state in (whole, folded, ready))
    return StagedServing(network, Stages(frame, after), module, **changes(*layers))


def _function(model):
    """Return the `tf.function` of a model, of one dict with batch 1."""
    specs = {name: tf.TensorSpec((1, *port.shape[1:]), tf.float32, name=name) for name, port in model.input.items()}
    return tf.function(lambda values: model(values, training=False), input_signature=[specs])
