"""What the sidecar of a file that TensorRT made says: what is true of its source too, and what was done to it."""

from dataclasses import asdict

from tfgait.core.files import file_hash, file_size
from tfgait.core.manifest import manifest

# What the sidecar of an ONNX file or a SavedModel says that is true of what is made of it too.
SHARED = (
    *("modality", "unit", "stored_scale", "frames", "inputs", "outputs", "metric", "network"),
    *("quantisation_aware", "source", "calibration"),
)


def converted_record(source, path, made, parity, **facts):
    """Return the record of a converted file or folder.

    Args:
        source: record of what it was made of.
        path: what it will be called.
        made: where it lies now.
        parity: its `Parity` to Keras.
        facts: more to say of it; `calibration` among them replaces that of the source.
    """
    return {
        **{key: source[key] for key in SHARED if key in source},
        "file": path.name,
        "bytes": file_size(made),
        "sha256": file_hash(made),
        "made_of_sha256": source["sha256"],
        "parity": asdict(parity),
        **facts,
        **manifest(),
    }
