"""Errors that are the user's to mend: one line, no traceback, exit code 2."""

import difflib


class UserError(Exception):
    """Something the user gave is wrong. The message says what, what was received, and what would be right."""


class ConfigError(UserError, ValueError):
    """An argument, option or recipe has a value that cannot be used."""


class DataError(UserError):
    """A file or folder is missing, empty, damaged or of another kind than it claims."""


class Unfinished(Exception):
    """Everything this machine can do is done, the rest needs another one: exit code 3.

    Args:
        message: one line that says what is left and where to run it.
        result: the record of what was done, for the JSON line.
    """

    code = 3

    def __init__(self, message, result):
        super().__init__(message)
        self.result = result


class Stopped(Unfinished):
    """Ctrl-C ended work that has a result at any time, such as watching a camera: exit code 130."""

    code = 130


def nearest(word, words):
    """Return `` Did you mean 'x'?`` for the closest of `words`, or an empty string."""
    close = difflib.get_close_matches(str(word), [str(w) for w in words], n=1, cutoff=0.5)
    return f" Did you mean {close[0]!r}?" if close else ""


def check_choice(name, value, choices):
    """Raise `ConfigError` that names the nearest right one unless `value` is among `choices`."""
    if value not in choices:
        raise ConfigError(
            f"{name} must be one of {', '.join(map(str, choices))}. Received: {name}={value}.{nearest(value, choices)}"
        )
