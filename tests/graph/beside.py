"""A small network around one step under test."""

import keras
from keras import layers

STEPS = {}


class Beside(keras.Model):
    """A convolution `before` -> the step -> a reader `after`, and a convolution `beside` them; all have widths.

    Args:
        step: name in `STEPS` of a layer, or a function, of a map (B, 6, 6, C) that returns a map, rows or a vector.
        widths: ``{layer: filters}``.
    """

    def __init__(self, step, widths=None):
        widths = {"before": 4, "after": 5, "beside": 6, **(widths or {})}
        given = keras.Input((6, 6, 2), name="flow")

        def conv(x, name):
            return layers.Conv2D(widths[name], 3, padding="same", activation="relu", name=name)(x)

        taken = STEPS[step]
        # A layer of its own for every network.
        taken = type(taken).from_config(taken.get_config()) if isinstance(taken, layers.Layer) else taken
        x = taken(conv(given, "before"))
        if len(x.shape) == 4:
            x = layers.GlobalAveragePooling2D(name="after_places")(conv(x, "after"))
        else:
            x = layers.Dense(widths["after"], activation="relu", name="after")(x)
        x = layers.GlobalMaxPooling1D(name="after_rows")(x) if len(x.shape) == 3 else x
        beside = layers.GlobalAveragePooling2D(name="beside_places")(conv(given, "beside"))
        x = layers.Dense(3, name="out")(layers.Concatenate(name="both")([x, beside]))
        super().__init__({"flow": given}, {"embedding": x})
        self._step, self._widths = step, tuple(widths.items())

    def get_config(self):
        return {"step": self._step, "widths": dict(self._widths)}
