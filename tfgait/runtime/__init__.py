"""What goes on the board: numpy and one interpreter, no TensorFlow, no Keras."""

from pathlib import Path

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.registry import Registry

RUNNERS = Registry(
    "suffix of a model file",
    {
        ".tflite": "tfgait.runtime.litert:LiteRTRunner",
        ".onnx": "tfgait.runtime.onnx:OnnxRunner",
        ".engine": "tfgait.runtime.tensorrt:TensorRTRunner",
        ".keras": "tfgait.deploy.keras_runner:KerasRunner",
        ".h5": "tfgait.deploy.keras_runner:KerasRunner",
        ".hdf5": "tfgait.deploy.keras_runner:KerasRunner",
    },
)


def open_runner(path, threads=None, delegate=""):
    """Return the runner of a model file, chosen by its suffix: .tflite, .onnx, .keras, Embedded-Gait's .h5 or .hdf5.

    Args:
        path: the file.
        threads: how many the interpreter may use; None: 1, or what TensorFlow takes for a .keras file.
        delegate: what computes in the processor's place: of a .tflite file xnnpack, none or a library; of an .onnx file
            a provider of onnxruntime. Empty: the interpreter's own choice.

    Raises:
        ConfigError: a suffix no runner knows, threads below 1, a delegate that is not there, or no interpreter for it.
        DataError: no such file, or a damaged or foreign one.
    """
    path = Path(path)
    try:
        runner = RUNNERS[path.suffix]
    except ModuleNotFoundError as absent:
        raise ConfigError(
            f"a {path.suffix} file needs {absent.name}, which is not installed; a board runs .tflite or .onnx files. "
            f"Received: {path}."
        ) from absent
    if not path.is_file():
        raise DataError(f"{path} does not exist, or is not a file.")
    if delegate and not runner.takes_delegate:
        raise ConfigError(f"delegate must be left out for a {path.suffix} file. Received: delegate={delegate}.")
    given = {"threads": threads, "delegate": delegate or None}
    return runner(path, **{name: value for name, value in given.items() if value is not None})
