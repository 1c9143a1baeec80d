"""A network and its head as one model: what optimisers update and callbacks see."""

import keras


class Learner(keras.Model):
    """A network and, where the objective needs one, its head.

    Args:
        network: a Keras model, {modality: tensor} -> {"embedding": (B,P,D)}.
        head: a Keras model, (B,P,D) -> (B,1,classes) logits; None for objectives on the embedding alone.
    """

    def __init__(self, network, head=None):
        super().__init__(name="learner")
        self.network = network
        self.head = head
        self.built = True

    def call(self, inputs, training=False):
        return self.classify(self.network(inputs, training=training), training)

    def classify(self, outputs, training=False):
        """Add `logits` to the outputs of the network, where there is a head."""
        if self.head is None:
            return outputs
        return {**outputs, "logits": self.head(outputs["embedding"], training=training)}
