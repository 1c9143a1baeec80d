"""TF-TRT, run by the Python of its own environment: ``python -m tfgait.deploy.tf_trt REQUEST``, a JSON object of
``{"folder", "out", "precision", "example", "workspace", "calibration"}``.

That environment has TensorFlow 2.15 to 2.17 and nothing of tfgait's: `venv_requirements/tf-trt.txt`. The SavedModel is
first loaded there and compared with what Keras made of one batch. The last line of standard output is JSON:
``{"tensorflow", "max_abs_error", "largest", "converted", "reason", "cosine", "converted_error"}``; `reason` says why
nothing was converted, the last two how far the converted model is from Keras on the same example.
"""

import json
import sys

import numpy as np

# As `tfgait.deploy.serving` names it, whose imports this environment does not have.
SIGNATURE = "serving_default"


def main(folder, out, precision, example, workspace=0, calibration=None):
    """Load, compare and, where a GPU and TensorRT are, convert a SavedModel; return the record.

    Args:
        folder: the SavedModel.
        out: folder to write the converted one to.
        precision: fp32, fp16 or int8.
        example: an .npz file of one batch and what Keras makes of it, ``{modality: (B, T, H, W, C), "embedding":
            (B, P, D)}``.
        workspace: MiB, 0 for TensorFlow's own choice.
        calibration: for int8, an .npz file of batches of training data, ``{modality: (N, B, T, H, W, C)}``.
    """
    import tensorflow as tf

    with np.load(example, allow_pickle=False) as given:
        name = next(key for key in given.files if key != "embedding")
        batch, reference = given[name], given["embedding"]
    found = _embedding(tf, folder, name, batch)
    record = {
        "tensorflow": tf.__version__,
        "max_abs_error": float(np.abs(found - reference).max()),
        "largest": float(np.abs(reference).max()),
        "converted": False,
        "reason": "",
    }
    if not tf.config.list_physical_devices("GPU"):
        return {**record, "reason": "no GPU is seen here"}
    try:
        from tensorflow.python.compiler.tensorrt import trt_convert
    except ImportError as error:
        return {**record, "reason": f"this TensorFlow has no TF-TRT: {error}"}
    settings = {"precision_mode": precision.upper(), "use_calibration": calibration is not None}
    if workspace:
        settings["max_workspace_size_bytes"] = workspace << 20
    try:
        converter = trt_convert.TrtGraphConverterV2(input_saved_model_dir=folder, **settings)
        converter.convert(**_calibration(tf, calibration, name))
        converter.build(input_fn=lambda: [[tf.constant(batch)]])
        converter.save(out)
    except RuntimeError as error:
        return {**record, "reason": f"TF-TRT cannot work here: {error}"}
    made = _embedding(tf, out, name, batch)
    return {**record, "converted": True, "cosine": _cosine(reference, made), "converted_error": _error(reference, made)}


def _embedding(tf, folder, name, batch):
    loaded = tf.saved_model.load(folder)
    return loaded.signatures[SIGNATURE](**{name: tf.constant(batch)})["embedding"].numpy()


def _calibration(tf, path, name):
    """Return the argument of `convert` that feeds int8 its ranges; none for other precisions."""
    if path is None:
        return {}
    with np.load(path, allow_pickle=False) as found:
        batches = found[name]
    return {"calibration_input_fn": lambda: ([tf.constant(batch)] for batch in batches)}


def _cosine(a, b):
    """Return the lowest cosine of any sequence, as `tfgait.deploy.parity` computes it."""
    a, b = (np.asarray(x, np.float64).reshape(len(x), -1) for x in (a, b))
    return float(((a * b).sum(1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))).min())


def _error(a, b):
    return float(np.abs(a - b).max())


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
