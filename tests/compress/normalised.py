"""A small network with BatchNormalization after some filters: with and without a scale, once, twice, flattened."""

import keras
from keras import layers


class Twice(layers.Layer):
    """A layer that no rule knows."""

    def call(self, x):
        return 2 * x


@keras.saving.register_keras_serializable("tests")
class Normalised(keras.Model):
    """Groups: stem + residual (stem_bn, sum_bn), plain (plain_bn, without scale), last (flat_bn).

    `unknown` puts a layer that no rule knows after plain.
    """

    def __init__(self, widths=None, unknown=False):
        widths = {"stem": 6, "plain": 4, "last": 5, **(widths or {})}
        given = keras.Input((6, 5, 2), name="silhouettes")
        stem = layers.BatchNormalization(name="stem_bn")(layers.Conv2D(widths["stem"], 3, name="stem")(given))
        x = layers.Conv2D(widths["plain"], 1, activation="relu", name="plain")(stem)
        x = Twice(name="twice")(x) if unknown else x
        x = layers.BatchNormalization(scale=False, center=False, name="plain_bn")(x)
        x = layers.Add(name="sum")([layers.Conv2D(widths["stem"], 1, name="residual")(x), stem])
        x = layers.BatchNormalization(name="sum_bn")(x)
        x = layers.Conv2D(widths["last"], 2, name="last")(x)
        x = layers.BatchNormalization(name="flat_bn")(layers.Flatten(name="flatten")(x))
        x = layers.Dense(3, name="code")(x)
        super().__init__({"silhouettes": given}, {"embedding": layers.Reshape((1, 3), name="part")(x)})
        self._widths, self._unknown = tuple(widths.items()), unknown

    def get_config(self):
        return {"widths": dict(self._widths), "unknown": self._unknown}


def stirred(seed=0):
    """Return the network with random weights, so that no scale or variance is 1 and none is alike."""
    keras.utils.set_random_seed(seed)
    model = Normalised()
    for weight in model.weights:
        low, high = (0.5, 1.5) if "variance" in weight.path else (-0.6, 0.6)
        weight.assign(keras.random.uniform(weight.shape, low, high))
    return model
