"""What people can be called."""

import unicodedata

from tfgait.core.errors import ConfigError

LONGEST = 64  # characters of a name


def composed(name):
    """Return a name in composed form (NFC) without spaces around it: one however it was written."""
    return unicodedata.normalize("NFC", str(name)).strip()


def checked_name(name):
    """Return a name in composed form; `ConfigError` unless it is printable text of 1 to 64 characters."""
    found = composed(name) if isinstance(name, str) else ""
    if not 0 < len(found) <= LONGEST or not found.isprintable():
        raise ConfigError(
            f"name must be printable text of 1 to {LONGEST} characters in one line. Received: name={str(name)[:120]!r}."
        )
    return found
