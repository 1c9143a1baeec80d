"""The numbers of every epoch as a table on disk."""

import csv
import io

from tfgait.core.files import write_text


def write_history(path, rows):
    """Write rows, dicts of numbers, as CSV under the union of their keys; whole, so that none ever stands twice."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())
