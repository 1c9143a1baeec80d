"""What only training needs on top of an embedding."""

import keras

from tfgait.core.errors import ConfigError


@keras.saving.register_keras_serializable("tfgait")
class SoftmaxHead(keras.Model):
    """One dense layer from the flattened embedding to a logit a class.

    It is saved as `head.keras` beside the network and never exported. Logits are float32 under every precision.

    Args:
        parts: P of the embedding.
        channels: D of the embedding.
        classes: subjects to tell apart, at least 2.

    Input shape:
        (B, P, D).

    Output shape:
        (B, 1, classes): the parts of `tfgait.losses.SoftmaxCrossEntropy`, here one.

    Reference: the layer "probs" of Embedded-Gait, and GaitSet's optional cross-entropy head.
    """

    def __init__(self, parts, channels, classes, **kwargs):
        for name, value, least in (("parts", parts, 1), ("channels", channels, 1), ("classes", classes, 2)):
            if int(value) != value or value < least:
                raise ConfigError(f"{name} must be a whole number of at least {least}. Received: {name}={value}.")
        embedding = keras.Input((parts, channels), name="embedding")
        flat = keras.layers.Flatten(name="flatten")(embedding)
        probs = keras.layers.Dense(classes, kernel_initializer="he_uniform", dtype="float32", name="probs")(flat)
        logits = keras.layers.Reshape((1, classes), dtype="float32", name="logits")(probs)
        super().__init__(embedding, logits, **kwargs)
        self.parts, self.channels, self.classes = parts, channels, classes

    def get_config(self):
        return {"parts": self.parts, "channels": self.channels, "classes": self.classes}
