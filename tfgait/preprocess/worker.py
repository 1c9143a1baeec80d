"""The process at the other end of `tfgait.preprocess.pool`: reads items, writes results, ends when its parent does.

Request: a pickle of (function, item), each of them a pickle itself, so that one that cannot be loaded is reported
and does not break the stream. Answer: a pickle of (kind, what), kind one of the three below.
"""

import os
import pickle
import sys
import traceback

from tfgait.core.errors import ConfigError, UserError

DONE = "done"  # what: the result, pickled
MISTAKE = "mistake"  # what: (it is a ConfigError, message)
FAULT = "fault"  # what: (last line, whole traceback)


def main():
    """Serve until the parent closes its end, which its death does too."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What the function prints must not get between the answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    requests = sys.stdin.buffer
    known, function = None, None
    while True:
        try:
            sent, item = pickle.load(requests)  # noqa: S301 - written by the parent process
        except EOFError:
            return
        try:
            if sent != known:
                known, function = sent, pickle.loads(sent)  # noqa: S301 - written by the parent process
            result = function(pickle.loads(item))  # noqa: S301 - written by the parent process
            answer = (DONE, pickle.dumps(result, pickle.HIGHEST_PROTOCOL))
        except UserError as error:
            answer = (MISTAKE, (isinstance(error, ConfigError), str(error)))
        except Exception as error:  # noqa: BLE001 - the parent raises it again, whatever it is
            answer = (FAULT, (f"{type(error).__name__}: {error}", traceback.format_exc()))
        try:
            pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()
        except BrokenPipeError:
            return
