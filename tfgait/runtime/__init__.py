"""What goes on the board: numpy and one interpreter, no TensorFlow, no Keras."""

from pathlib import Path

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.quiet import quiet_stderr
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


def open_runner(path, threads=None, delegate=""):
    """Return the runner of a model file, chosen by its suffix: .tflite, .onnx, .engine, .savedmodel, .keras, .h5.

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
        # TensorFlow tells of itself when it is imported, and again when it first looks for devices.
        with quiet_stderr():
            runner = RUNNERS[path.suffix]
    except ModuleNotFoundError as absent:
        raise ConfigError(
            f"a {path.suffix} file needs {absent.name}, which is not installed; a board runs .tflite or .onnx files. "
            f"Received: {path}."
        ) from absent
    if not path.exists() or path.is_dir() != (path.suffix == ".savedmodel"):
        raise DataError(f"{path} does not exist, or is not a file.")
    if delegate and not runner.takes_delegate:
        raise ConfigError(f"delegate must be left out for a {path.suffix} file. Received: delegate={delegate}.")
    given = {"threads": threads, "delegate": delegate or None}
    with quiet_stderr():
        return runner(path, **{name: value for name, value in given.items() if value is not None})
