"""Names the code that data was made with, so that data made by other code is not taken for the same."""

import hashlib
from pathlib import Path

import tfgait


def code_hash(*rooms):
    """Return 12 hexadecimal digits for the source of rooms of this package, such as ``"synthesis"``."""
    digest = hashlib.sha256()
    for room in rooms:
        for file in sorted((Path(tfgait.__file__).parent / room).glob("*.py")):
            digest.update(f"{room}/{file.name}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:12]
