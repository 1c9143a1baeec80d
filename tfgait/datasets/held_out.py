"""Which rows of a store validate while the others train, kept in the store's own record.

``source["held_out"]`` is the hexadecimal of `numpy.packbits` over all rows in their order, 1 for a row that validates;
it is absent where none does.
"""

import numpy as np

from tfgait.core.errors import DataError


def held_out_text(mask):
    """Return the hexadecimal digits for a mask of rows (N,) bool."""
    return np.packbits(np.asarray(mask, bool)).tobytes().hex()


def held_out_rows(store):
    """Return which rows of a `Store` validate, (N,) bool; of a part that `take` gave, its own rows.

    Raises:
        DataError: what the store records is not one bit a row.
    """
    source = store.attributes["source"]
    text = source.get("held_out", "") if isinstance(source, dict) else ""
    rows = np.arange(len(store)) if store._rows is None else store._rows
    if not text:
        return np.zeros(len(store), bool)
    try:
        bits = np.unpackbits(np.frombuffer(bytes.fromhex(text), np.uint8)).astype(bool)
        return bits[rows]
    except (ValueError, TypeError, IndexError) as error:
        raise DataError(f"{store.path} must record in held_out one bit a row, as hexadecimal digits.") from error
