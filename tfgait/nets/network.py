"""What every network is."""

import json

import keras


class Network(keras.Model):
    """A functional Keras model whose config is the arguments of its constructor.

    A subclass validates its arguments, builds its layers and hands both over. It sets two class attributes:
    `modalities`, the kinds of input it can be built for, the usual one first, and `metric`, the distance its
    embeddings are compared by (``"parts"``, ``"flattened"`` or ``"cosine"``); `fine_tuned` names the layers that train
    on, beside the classifier, where the others are frozen.

    Args:
        inputs: {name: keras tensor}.
        outputs: {name: keras tensor}.
        config: the arguments of the subclass, plain values that JSON holds.
        name: of the network, as in `tfgait.nets.NETWORKS`.
    """

    modalities = ()
    metric = "parts"
    fine_tuned = ()

    def __init__(self, inputs, outputs, config, name):
        super().__init__(inputs=inputs, outputs=outputs, name=name)
        # Text, since Keras wraps dicts and lists that are assigned to a model, and each reader gets its own copy.
        self._arguments = json.dumps(config)

    def get_config(self):
        return json.loads(self._arguments)

    @property
    def modality(self):
        """The kind of input it was built for, which is the key of its input."""
        return next(name for name in self.input if name != "length")
