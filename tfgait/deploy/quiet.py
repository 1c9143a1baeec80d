"""Import TensorFlow without the lines it writes about itself."""

import importlib.util

from tfgait.core.quiet import quiet_stderr


def quiet_tensorflow():
    """Import TensorFlow, where it is installed, and let it look for devices; what it prints is shown if that fails.

    Its C++ logging writes to file descriptor 2 before any of its settings are read.
    """
    if importlib.util.find_spec("tensorflow") is None:
        return
    with quiet_stderr():
        import tensorflow

        tensorflow.config.list_physical_devices()
