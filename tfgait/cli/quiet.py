"""Import TensorFlow without the lines it writes about itself."""

import importlib.util
import os
import sys
import tempfile


def quiet_tensorflow():
    """Import TensorFlow, where it is installed, and let it look for devices; what it prints is shown if that fails.

    Its C++ logging writes to file descriptor 2 before any of its settings are read.
    """
    if importlib.util.find_spec("tensorflow") is None:
        return
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            import tensorflow

            tensorflow.config.list_physical_devices()
        except BaseException:  # whatever ends the import, Ctrl-C too, what was said may explain it
            said.seek(0)
            os.write(kept, said.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
