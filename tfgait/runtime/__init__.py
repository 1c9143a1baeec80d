"""What goes on the board: numpy and one interpreter, no TensorFlow, no Keras."""

from pathlib import Path

from tfgait.core.errors import DataError
from tfgait.core.registry import Registry

RUNNERS = Registry(
    "suffix of a model file",
    {
        ".tflite": "tfgait.runtime.litert:LiteRTRunner",
        ".onnx": "tfgait.runtime.onnx:OnnxRunner",
        ".engine": "tfgait.runtime.tensorrt:TensorRTRunner",
        ".savedmodel": "tfgait.deploy.savedmodel:SavedModelRunner",
        ".keras": "tfgait.deploy.keras_runner:KerasRunner",
        ".h5": "tfgait.deploy.keras_runner:KerasRunner",
        ".hdf5": "tfgait.deploy.keras_runner:KerasRunner",
    },
)


def open_runner(path, threads=None):
    """Return the runner of a model file, chosen by its suffix: .tflite, .onnx, .engine, .savedmodel, .keras, .h5.

    Args:
        path: the file.
        threads: how many the interpreter may use; None: 1, or what TensorFlow takes for a .keras file.

    Raises:
        ConfigError: a suffix no runner knows, or threads below 1.
        DataError: no such file, or a damaged or foreign one.
    """
    path = Path(path)
    runner = RUNNERS[path.suffix]
    if not path.exists() or path.is_dir() != (path.suffix == ".savedmodel"):
        raise DataError(f"{path} does not exist, or is not a file.")
    return runner(path) if threads is None else runner(path, threads=threads)
