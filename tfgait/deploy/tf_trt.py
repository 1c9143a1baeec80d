"""TF-TRT, run by the Python of its own environment: ``python -m tfgait.deploy.tf_trt SAVEDMODEL OUT PRECISION``.

That environment has TensorFlow 2.15 to 2.17 and no Keras 3: `venv_requirements/tf-trt.txt`. The SavedModel is first
loaded there and compared with what its maker recorded beside it. The last line of standard output is JSON:
``{"tensorflow", "max_abs_error", "largest", "converted", "reason"}``; `reason` says why nothing was converted.
"""

import json
import sys
from pathlib import Path

import numpy as np

# As `tfgait.deploy.savedmodel` writes it, whose imports this environment does not have.
EXAMPLE = "assets.extra/example.npz"


def main(folder, out, precision):
    """Load, compare and, where a GPU and TensorRT are, convert a SavedModel; return the record."""
    import tensorflow as tf

    with np.load(Path(folder) / EXAMPLE, allow_pickle=False) as example:
        name = next(key for key in example.files if key != "embedding")
        batch, reference = example[name], example["embedding"]
    call = tf.saved_model.load(folder).signatures["serving_default"]
    found = call(**{name: tf.constant(batch)})["embedding"].numpy()
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
    parameters = trt_convert.DEFAULT_TRT_CONVERSION_PARAMS._replace(precision_mode=precision.upper())
    try:
        converter = trt_convert.TrtGraphConverterV2(input_saved_model_dir=folder, conversion_params=parameters)
        converter.convert()
        converter.build(input_fn=lambda: [[tf.constant(batch)]])
        converter.save(out)
    except RuntimeError as error:
        return {**record, "reason": f"TF-TRT cannot work here: {error}"}
    return {**record, "converted": True}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
