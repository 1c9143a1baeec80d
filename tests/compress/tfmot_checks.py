"""What is tested of the tf_keras twin and of tensorflow-model-optimization, in a process of its own; prints JSON."""

import json
import sys

import keras
import numpy as np
import tensorflow as tf

from tfgait.compress.proof import random_inputs
from tfgait.compress.tfmot.layers import choose_layers, kernel_of
from tfgait.compress.tfmot.methods import unwrap, wrap
from tfgait.compress.tfmot.settings import Settings
from tfgait.compress.tfmot.training import fit
from tfgait.compress.tfmot.twin import difference, make_twin, take_back
from tfgait.core.errors import ConfigError
from tfgait.losses import LOSSES
from tfgait.nets import build

STEPS = 4
LABELS = [0, 0, 1, 1]


def twins():
    """Return {preset: difference between a network and its twin}."""
    found = {}
    for name in ("gaitset_tiny", "cnn2d_tiny", "cnn3d_tiny", "cnn2plus1d_tiny"):
        network = build(name)
        found[name] = difference(network, make_twin(network), random_inputs(network, 2, 0))
    return found


def trained(network, method, decay=0.0):
    """Return (the network after a few steps, how far it is from the twin)."""
    settings = Settings(method, 0.75, clusters=4)
    taken, _ = choose_layers(network, method)
    twin = make_twin(network)
    inputs = random_inputs(network, len(LABELS), 0)
    batch = ([tf.constant(inputs[name]) for name in twin.input_names], tf.constant(LABELS))
    model = wrap(twin, settings, taken, STEPS)
    numbers = {"optimizer": "sgd", "rate": lambda number: 0.01, "momentum": 0.0, "decay": decay, "clip_norm": 1.0}

    def objective(labels, outputs):
        return LOSSES["triplet_all"](0.2).with_stats(labels, outputs["embedding"])

    fit(model, None, objective, iter([batch] * STEPS), steps=STEPS, progress=lambda done, total: None, **numbers)
    plain = unwrap(model, settings, make_twin(network))
    result = type(network).from_config(network.get_config())
    return take_back(result, plain), difference(result, plain, inputs)


def described(network, error):
    kernels = {layer.name: kernel_of(layer) for layer in network.layers if kernel_of(layer) is not None}
    return {
        "error": error,
        "zeros": {name: float((k == 0).mean()) for name, k in kernels.items()},
        "values": {name: len(np.unique(k)) for name, k in kernels.items()},
    }


def main():
    keras.utils.set_random_seed(0)
    found = {"twins": twins()}
    network = build("gaitset_tiny")
    made = {name: trained(network, name) for name in ("constant", "2_by_4")}
    made |= {name: trained(made["constant"][0], name) for name in ("sparse_cluster", "pqat")}
    found["methods"] = {name: described(*pair) for name, pair in made.items()}
    kernel = kernel_of(made["2_by_4"][0].get_layer("frame5"))[:, :, :4]
    found["most_of_four"] = int((kernel != 0).sum(axis=2).max())
    image = keras.Input((4, 4, 1))
    found["refused"] = []
    for strange in (keras.layers.Lambda(lambda x: x * 2, name="odd")(image), keras.ops.sin(image)):
        try:
            make_twin(keras.Model(image, strange))
        except ConfigError as error:
            found["refused"].append(str(error))
    print(json.dumps(found))


if __name__ == "__main__":
    sys.exit(main())
