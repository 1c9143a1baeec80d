"""What a result was made with: versions, command, seed, hashes."""

import importlib.metadata
import platform
import sys
from datetime import UTC, datetime

from tfgait import __version__

PACKAGES = (
    "numpy",
    "h5py",
    "tensorflow",
    "keras",
    "tensorflow-model-optimization",
    "scikit-learn",
    "opencv-python-headless",
    "opencv-python",
    "ai-edge-litert",
    "tflite-runtime",
    "onnx",
    "onnxruntime",
    "tensorrt",
)


def versions():
    """Return ``{package: version}`` of what is installed, Python and tfgait first; imports none of it."""
    found = {"tfgait": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def manifest(**facts):
    """Return the record that goes beside a result: versions, command line, time (UTC), machine type, and `facts`."""
    return {
        "versions": versions(),
        "command": sys.argv,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": platform.machine(),
        **facts,
    }
