"""A small network with everything that couples channels: residual, gate, two branches, concatenation, flattening."""

import keras
from keras import layers

from tfgait.layers.time import FoldTime, UnfoldTime

WIDTHS = {"stem": 8, "inner": 6, "side": 5, "mix": 7}


@keras.saving.register_keras_serializable("tests")
class Branching(keras.Model):
    """Groups: stem + residual, inner (BatchNorm, depthwise), side + gate_out, mix; `gate_in` has no width."""

    def __init__(self, widths=None, activation="relu"):
        widths = {**WIDTHS, **(widths or {})}
        given = keras.Input((3, 8, 6, 2), name="silhouettes")
        x = FoldTime(name="fold")(given)
        x = layers.BatchNormalization(name="stem_bn")(layers.Conv2D(widths["stem"], 3, padding="same", name="stem")(x))
        stem = layers.LeakyReLU(name="stem_act")(x)
        x = layers.Conv2D(widths["inner"], 3, padding="same", activation=activation, name="inner")(stem)
        x = layers.BatchNormalization(scale=False, name="inner_bn")(x)
        x = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, name="depthwise")(x)
        x = layers.Conv2D(widths["stem"], 1, name="residual")(x)
        x = layers.Add(name="sum")([x, stem])
        side = layers.Conv2D(widths["side"], 1, activation="relu", name="side")(stem)
        gate = layers.GlobalAveragePooling2D(keepdims=True, name="squeeze")(side)
        gate = layers.Dense(4, activation="relu", name="gate_in")(gate)
        gate = layers.Dense(widths["side"], activation="sigmoid", name="gate_out")(gate)
        side = layers.Multiply(name="gated")([side, gate])
        x = layers.Concatenate(name="both")([x, side])
        x = keras.ops.relu(keras.ops.max(UnfoldTime(name="unfold")(x, given), axis=1) * 0.5)
        x = layers.PReLU(shared_axes=(1, 2), name="prelu")(layers.Conv2D(widths["mix"], 3, name="mix")(x))
        x = keras.ops.transpose(x, (0, 2, 1, 3))
        x = layers.BatchNormalization(name="flat_bn")(layers.Flatten(name="flatten")(x))
        x = layers.Dense(9, name="code")(x)
        super().__init__({"silhouettes": given}, {"embedding": layers.Reshape((1, 9), name="part")(x)})
        self._widths = tuple(widths.items())
        self._activation = activation

    def get_config(self):
        return {"widths": dict(self._widths), "activation": self._activation}


def stirred(model, seed=0):
    """Give every weight a random value, so that no bias, mean or variance is 0 or 1."""
    keras.utils.set_random_seed(seed)
    for weight in model.weights:
        low, high = (0.5, 1.5) if "variance" in weight.path else (-0.6, 0.6)
        weight.assign(keras.random.uniform(weight.shape, low, high))
    return model
