"""One tiny network of each kind, written in every format once a session."""

from types import SimpleNamespace

import numpy as np
import pytest


def walks(count, shape, seed=0):
    """Return `count` stored sequences of smooth blobs that move, each of another length."""
    rng = np.random.default_rng(seed)
    frames, height, width, channels = shape
    y, x = np.mgrid[:height, :width]
    found = []
    for _ in range(count):
        phase = np.arange(frames + rng.integers(0, 9))[:, None, None]
        body = np.sin(0.3 * phase + rng.uniform(0, 6)) * (x - width / 2) + rng.uniform(0.5, 2) * (y - height / 2)
        body = body[..., None] + np.arange(channels)
        found.append(((np.abs(body) < rng.uniform(2, 5)) * 255).astype(np.uint8))
    return found


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """A tiny GaitSet as .tflite (float and int8) and .onnx, with its stored sequences and Keras embeddings."""
    import keras

    from tfgait.deploy.artefact import export_network
    from tfgait.deploy.calibration import Calibration
    from tfgait.deploy.formats import check_format
    from tfgait.deploy.keras_runner import KerasRunner
    from tfgait.nets import build
    from tfgait.runtime.encoder import Encoder

    folder = tmp_path_factory.mktemp("written")
    keras.utils.set_random_seed(3)
    network = build("gaitset_tiny")
    sequences = walks(6, (28, 16, 12, 1))
    calibration = Calibration(sequences[:4], ["a", "b", "c", "d"], 0)
    paths = {}
    for format, precision in (("tflite", "fp32"), ("tflite", "int8"), ("onnx", "fp32")):
        form = check_format(format, precision)
        paths[format, precision] = folder / f"model{form.suffix}"
        export_network(
            network,
            paths[format, precision],
            form,
            sequences,
            calibration=calibration if form.calibrated else None,
        )
    reference = Encoder(KerasRunner(network)).encode(sequences)
    return SimpleNamespace(network=network, paths=paths, sequences=sequences, reference=reference)
