"""Writes models in the layout of Embedded-Gait with its version of Keras, each with what it computes.

Run as ``python legacy_models.py FOLDER`` in a process of its own, since tf_keras changes TensorFlow's Keras for good.
Channels-first models can be built on a CPU but not run, so a channels-last twin with the same weights computes for
them. The windows and embeddings are in ``expected.npz``: ``<name>/window``, ``<name>/embedding``, ``<name>/logits``.
"""

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras
from tf_keras import layers

L2 = tf_keras.regularizers.l2(5e-5)
FLOW, BINS = (25, 60, 60, 2), (1, 2, 4, 8, 16)


class MatMul(layers.Layer):
    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units

    def build(self, shape):
        self.kernel = self.add_weight("kernel", shape=(shape[0], shape[2], self.units))

    def call(self, x):
        return tf.matmul(x, self.kernel)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def randomised(model, seed=0):
    random = np.random.default_rng(seed)
    values = [
        random.normal(0, 0.1 if w.ndim == 1 else (2 / np.prod(w.shape[:-1])) ** 0.5, w.shape)
        for w in model.get_weights()
    ]
    model.set_weights(values)
    return model


def cnn2d(
    form="channels_first", size=60, channels=50, widths=(5, 6, 7, 8), embedding=12, classes=0, last=True, branch=True
):
    """The 2D-CNN. Its form "twin" is channels last, but lays its maps out channels first before it flattens them."""
    first, twin = form == "channels_first", form == "twin"
    form = {"data_format": "channels_last" if twin else form}
    shape = (channels, size, size) if first else (size, size, channels)
    stack = []
    for filters, kernel in zip(widths, (7, 5, 3, 2), strict=True):
        stack.append(layers.Conv2D(filters, kernel, activation="relu", kernel_regularizer=L2, **form))
        stack.append(layers.MaxPooling2D(2, **form))
    stack += [layers.Permute((3, 1, 2))] if twin else []
    stack += [
        layers.Flatten(name="flatten"),
        layers.Dense(2 * embedding, name="dense"),
        layers.Dropout(0.4, name="drop"),
    ]
    stack += [layers.Dense(embedding, name="code")]
    inputs = x = tf_keras.Input(shape, name="input")
    if branch:
        x = tf_keras.Sequential(stack, name="convBranch")(x)
    else:
        for layer in stack:
            x = layer(x)
    return topped(inputs, x, embedding, classes, last)


def topped(inputs, x, embedding, classes, last):
    x = layers.Dense(embedding, name="code_1")(x) if last else x
    x = layers.Dense(classes, activation="softmax", name="probs")(x) if classes else x
    return randomised(tf_keras.Model(inputs, x))


KERNELS = ((3, 5, 5), (3, 3, 3), (3, 3, 3), (3, 3, 3), (3, 2, 2), (2, 1, 1))
STRIDES = ((1, 2, 2), (1, 2, 2), (2, 2, 2), (2, 2, 2), (1, 1, 1), (1, 1, 1))


def cnn3d(widths=(3, 4, 5, 6, 7, 8), embedding=12, classes=0, last=True, channels=2):
    inputs = tf_keras.Input((*FLOW[:3], channels), name="input")
    stack = [layers.Conv3D(*given, activation="relu") for given in zip(widths, KERNELS, STRIDES, strict=True)]
    stack += [layers.Conv3D(embedding, 1, name="grayCode"), layers.Flatten()]
    return topped(inputs, tf_keras.Sequential(stack, name="convBranch")(inputs), embedding, classes, last)


def cnn2plus1d(batch=2, widths=(3, 4, 5, 6, 7, 8), embedding=12, classes=0):
    inputs = x = tf_keras.Input(FLOW, batch_size=batch, name="input")
    for filters, (taps, *size), (stride, *step) in zip(widths, KERNELS, STRIDES, strict=True):
        _, times, *shape = x.shape
        x = tf.reshape(x, (batch * times, *shape))
        x = layers.Conv2D(filters, size, step, activation="relu")(x)
        height, width = x.shape[1:3]
        x = tf.reshape(x, (batch, times, height * width, filters))
        x = layers.Conv2D(filters + 1, (taps, 1), (stride, 1), activation="relu")(x)
        x = tf.reshape(x, (batch, x.shape[1], height, width, filters + 1))
    x = tf.reshape(x, (batch, widths[-1] + 1))
    x = layers.Dropout(0.4, name="drop")(layers.Dense(embedding, name="grayCode")(x))
    return topped(inputs, x, embedding, classes, True)


def gaitset(timed, widths=(4, 4, 6, 6, 8, 8, 6, 8), embedding=5, classes=0, frames=6):
    """GaitSet with five axes (every layer of the frames in TimeDistributed) or four (frames folded into the batch)."""
    a1, a2, a3, a4, a5, a6, b1, b3 = widths
    inputs = x = tf_keras.Input((frames, 64, 44, 1), name="input")
    x = x if timed else tf.reshape(x, (-1, 64, 44, 1))

    def each(layer):
        return layers.TimeDistributed(layer) if timed else layer

    def conv(x, filters, size=3, wrap=lambda layer: layer):
        x = wrap(layers.Conv2D(filters, size, padding="same", use_bias=False))(x)
        return wrap(layers.LeakyReLU())(x)

    def most(x):
        return tf.reduce_max(x if timed else tf.reshape(x, (-1, frames, *x.shape[1:])), axis=1)

    x = each(layers.MaxPooling2D(2))(conv(conv(x, a1, 5, each), a2, wrap=each))
    g = layers.MaxPooling2D(2)(conv(conv(most(x), b1), a4))
    x = each(layers.MaxPooling2D(2))(conv(conv(x, a3, wrap=each), a4, wrap=each))
    g = layers.Add()([g, most(x)])
    g = conv(conv(g, b3), a6)
    x = most(conv(conv(x, a5, wrap=each), a6, wrap=each))
    g = layers.Add()([g, x])
    strips = []
    for bins in BINS:
        for branch in (x, g):
            cut = layers.Reshape((bins, -1, a6))(branch)
            strips.append(tf.reduce_mean(cut, axis=2) + tf.reduce_max(cut, axis=2))
    x = MatMul(embedding, name="encode")(tf.transpose(tf.concat(strips, axis=1), (1, 0, 2)))
    if classes:
        flat = layers.Flatten()(tf.transpose(x, (1, 0, 2)))
        x = [x, layers.Softmax(name="probs")(layers.Dense(classes)(flat))]
    return randomised(tf_keras.Model(inputs, x))


def signature(model, window, classes):
    """Return (embedding, logits or None) of a model that computes on channels last."""
    if not classes:
        return model.predict(window, verbose=0), None
    probs = model.layers[-1]
    found = tf_keras.Model(model.input, probs.input).predict(window, verbose=0)
    kernel, bias = probs.get_weights()
    return found, found @ kernel + bias


def main(folder):
    random, expected = np.random.default_rng(1), {}

    def keep(name, window, embedding, logits=None):
        found = {"window": window, "embedding": embedding, "logits": logits}
        expected.update({f"{name}/{k}": v for k, v in found.items() if v is not None})

    flow = random.normal(0, 3, (2, *FLOW)).astype("float32")
    stacked = {"flow": flow.transpose(0, 2, 3, 1, 4).reshape(2, 60, 60, 50)}
    grey = random.integers(0, 256, (2, 25, 60, 60, 1)).astype("float32")
    stacked["grey"] = (grey[..., 0].transpose(0, 2, 3, 1)) / 255 - 0.5
    wide = random.normal(0, 3, (2, 25, 76, 76, 2)).astype("float32")
    stacked["wide"] = wide.transpose(0, 2, 3, 1, 4).reshape(2, 76, 76, 50)
    for name, window, options in (
        ("trained", "flow", {"classes": 9}),
        ("pruned", "flow", {"widths": (1, 4, 2, 3), "branch": False}),
        ("tuned", "flow", {"widths": (1, 4, 2, 3), "branch": False, "last": False, "classes": 9}),
        ("wide", "wide", {"size": 76, "classes": 9}),
        ("grey", "grey", {"channels": 25}),
    ):
        model, twin = cnn2d(**options), cnn2d("twin", **options)
        if "classes" in options:
            model.compile(tf_keras.optimizers.SGD(0.01, momentum=0.9), "sparse_categorical_crossentropy")
            model.optimizer.build(model.trainable_variables)
        model.save(folder / f"{name}.h5")
        model.save_weights(folder / f"{name}_weights.hdf5")
        given = {"flow": flow, "grey": grey, "wide": wide}[window]
        keep(name, given, *signature(twin, stacked[window], options.get("classes")))
    model = cnn2d(classes=9)
    for layer in model.get_layer("convBranch").layers:
        layer.trainable = layer.name == "code"
    model.save(folder / "frozen.hdf5")
    keep("frozen", flow, expected["trained/embedding"], expected["trained/logits"])
    model = cnn2d("channels_last", size=76, classes=9)
    model.save(folder / "last.h5")
    keep("last", wide, *signature(model, stacked["wide"], 9))
    model = cnn3d(classes=9)
    model.save(folder / "volume.h5")
    keep("volume", flow, *signature(model, flow, 9))
    model = cnn2plus1d(classes=9)
    model.save(folder / "factorised.h5")
    keep("factorised", flow, *signature(model, flow, 9))
    frames = random.integers(0, 256, (2, 6, 64, 44, 1)).astype("float32")
    for name, options in (
        ("set5", {"timed": True}),
        ("set4", {"timed": False}),
        ("set_pruned", {"timed": False, "widths": (3, 4, 6, 6, 5, 8, 4, 7)}),
        ("set_twins", {"timed": True, "widths": (4, 4, 4, 6, 8, 8, 5, 8)}),
        ("set_classes", {"timed": False, "classes": 9}),
    ):
        model = gaitset(**options)
        model.save(folder / f"{name}.h5", include_optimizer=False)
        model.save_weights(folder / f"{name}_weights.h5")
        found = model.predict(frames / 255, verbose=0)
        logits = None
        if options.get("classes"):
            logits = np.log(found[1])
            found = found[0]
        keep(name, frames, found.reshape(62, 2, -1).transpose(1, 0, 2) if found.shape[0] == 62 else found, logits)
    foreign = tf_keras.Sequential([tf_keras.Input((4,)), layers.Dense(3)])
    foreign.save(folder / "foreign.h5")
    np.savez(folder / "expected.npz", **expected)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
