"""Run a Keras network as a runner: one compiled function, never `model.predict`."""

import logging
from pathlib import Path

import tensorflow as tf

from tfgait.deploy.serving import input_of
from tfgait.runtime.runner import Port, Runner, check_threads

LOG = logging.getLogger(__name__)


class KerasRunner(Runner):
    """A network in a file or in memory, traced once; any batch of equally long sequences.

    Args:
        network: path of a file that `tfgait.nets.load` reads, or a Keras network.
        threads: TensorFlow's, for the whole process: they count where it has not run yet, and are fixed once it has.

    Raises:
        ConfigError: threads below 1.
        DataError: the file is damaged or no network of tfgait.
    """

    def __init__(self, network, threads=None):
        set_threads(threads)
        if isinstance(network, (str, Path)):
            from tfgait.nets import load

            self.path, network = Path(network), load(network)
        else:
            self.path = Path(network.name)
        name, shape = input_of(network)
        parts = tuple(network.output["embedding"].shape[1:])
        self.inputs = {name: Port(name, (None, *shape), "float32")}
        self.outputs = {"embedding": Port("embedding", (None, *parts), "float32")}
        has_length = "length" in network.input

        def embed(value):
            inputs = {name: value}
            if has_length:
                inputs["length"] = tf.repeat(tf.shape(value)[1], tf.shape(value)[0])
            return network(inputs, training=False)["embedding"]

        self._name = name
        signature = [tf.TensorSpec((None, *shape), tf.float32)]
        # Traced here: TensorFlow warns of functions that are traced in loops, and takes those of all runners for one.
        self._embed = tf.function(embed, input_signature=signature).get_concrete_function()

    def invoke(self, values):
        """Run one batch."""
        return {"embedding": self._embed(tf.constant(values[self._name])).numpy()}


def set_threads(threads):
    """Give TensorFlow so many threads for the whole process, unless it runs already; None leaves it its own.

    Raises:
        ConfigError: threads below 1.
    """
    if threads is None:
        return
    check_threads(threads)
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        LOG.debug("TensorFlow already runs with its own threads; threads=%d is left out", threads)
