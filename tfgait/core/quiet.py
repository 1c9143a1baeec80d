"""What libraries in C++ say about themselves, kept from the terminal."""

import contextlib
import os
import sys
import tempfile


@contextlib.contextmanager
def quiet_stderr():
    """Hold back what is written to file descriptor 2 in the block, for which C++ has no setting.

    If the block fails, what was held back is shown: it may explain why.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        except BaseException:  # whatever ends the block, Ctrl-C too
            said.seek(0)
            os.write(kept, said.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
