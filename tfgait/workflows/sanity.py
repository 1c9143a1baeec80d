"""Does this installation work: versions, devices, extras, and one training step of every network."""

import importlib.util
import time
from dataclasses import dataclass

from tfgait.core.manifest import versions

EXTRAS = {
    "train": ("tensorflow", "keras", "sklearn", "cv2", "matplotlib", "onnx", "onnxruntime", "jsonargparse", "rich"),
    "video": ("cv2", "jsonargparse", "yaml", "rich"),
    "store": ("h5py",),
    "compress": ("tensorflow_model_optimization", "tf_keras"),
    "board": ("ai_edge_litert",),
    "old board": ("tflite_runtime",),
    "TensorRT": ("tensorrt",),
    "augment": ("keras_hub",),
    "dev": ("pytest", "ruff", "importlinter"),
}


@dataclass(frozen=True)
class SanityOptions:
    """What to check: everything.

    Args:
    """


@dataclass(frozen=True)
class Sanity:
    """What was found.

    Args:
        versions: ``{package: version}``.
        devices: what TensorFlow sees: CPU, GPU.
        extras: ``{extra: missing modules}``; an empty list means complete.
        networks: one record a tiny network: preset, input and output shapes, loss before and after one training step.
        seconds: how long the check took.
    """

    versions: dict
    devices: list
    extras: dict
    networks: list
    seconds: float


def sanity(options, progress=None):
    """Return the `Sanity` of this installation; a network that cannot take a step raises its own error."""
    began = time.monotonic()
    import tensorflow as tf

    from tfgait.nets import NETWORKS

    networks = []
    for done, name in enumerate(NETWORKS):
        networks.append(_one_step(f"{name}_tiny"))
        if progress:
            progress(done + 1, len(NETWORKS), "networks")
    return Sanity(
        versions=versions(),
        devices=[device.device_type for device in tf.config.list_physical_devices()],
        extras={
            extra: [m for m in modules if importlib.util.find_spec(m) is None] for extra, modules in EXTRAS.items()
        },
        networks=networks,
        seconds=round(time.monotonic() - began, 1),
    )


def _one_step(preset):
    import keras
    import numpy as np

    from tfgait.losses.batch_all_triplet import BatchAllTriplet
    from tfgait.nets import build

    keras.utils.set_random_seed(0)
    # Without dropout, under which a step that is right need not lower the loss of the whole network.
    network = build(preset, **({} if preset.startswith("gaitset") else {"dropout": 0.0}))
    ((modality, port),) = network.input.items()
    shape = (4, *(6 if n is None else n for n in port.shape[1:]))
    largest = 255 if modality == "silhouettes" else 5
    batch = {modality: np.random.default_rng(0).uniform(0, largest, shape).astype("float32")}
    labels = np.array([0, 0, 1, 1])
    network.compile(optimizer=keras.optimizers.SGD(1e-4), loss={"embedding": BatchAllTriplet(margin=1.0)})
    before = network.train_on_batch(batch, {"embedding": labels})
    after = network.test_on_batch(batch, {"embedding": labels})
    return {
        "preset": preset,
        "input": {modality: list(shape)},
        "embedding": list(network(batch)["embedding"].shape),
        "loss_before": float(np.ravel(before)[0]),
        "loss_after": float(np.ravel(after)[0]),
    }
