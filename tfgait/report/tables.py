"""Tables from records: Markdown for people, CSV for programs."""

import csv
import io
import math
import numbers

from tfgait.core.errors import ConfigError
from tfgait.core.files import write_text

MISSING = "–"
# A spreadsheet runs text that starts so as a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def columns_of(rows):
    """Return the keys of all rows in the order they are met."""
    return list(dict.fromkeys(key for row in rows for key in row))


def cell(value):
    """Return a value as people read it: thousands apart, two decimals, three digits of small numbers."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if hasattr(value, "item"):
        return cell(value.item())
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        if value == 0 or abs(value) >= 0.1:
            return f"{value:,.2f}"
        return f"{value:.3g}" if abs(value) >= 1e-3 else f"{value:.2e}"
    return str(value)


def best_rows(rows, column, direction):
    """Return the indices of the rows with the best number of a column, as printed; none where all are equal.

    Args:
        direction: ``max`` or ``min``.
    """
    if direction not in ("max", "min"):
        raise ConfigError(f"best must say max or min. Received: {column}={direction}.")
    values = {i: row[column] for i, row in enumerate(rows) if _is_number(row.get(column))}
    values = {i: value for i, value in values.items() if not math.isnan(value)}
    if not values:
        return set()
    wanted = cell((max if direction == "max" else min)(values.values()))
    found = {i for i, value in values.items() if cell(value) == wanted}
    return found if len(found) < len(values) else set()


def markdown(rows, columns=None, best=None):
    """Return a Markdown table of dicts.

    Args:
        rows: list of dicts.
        columns: keys in order; None takes all.
        best: ``{column: "max" or "min"}``, printed bold.
    """
    columns = columns or columns_of(rows)
    marked = {column: best_rows(rows, column, direction) for column, direction in (best or {}).items()}
    lines = [[_escaped(c) for c in columns], [_rule(rows, c) for c in columns]]
    for i, row in enumerate(rows):
        texts = [_escaped(cell(row.get(c))) for c in columns]
        lines.append([f"**{t}**" if i in marked.get(c, ()) else t for c, t in zip(columns, texts, strict=True)])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def csv_text(rows, columns=None):
    """Return CSV of dicts with unrounded numbers; text that a spreadsheet would run gets a leading apostrophe."""
    columns = columns or columns_of(rows)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(_harmless, columns))
    for row in rows:
        writer.writerow(["" if row.get(c) is None else _harmless(row[c]) for c in columns])
    return out.getvalue()


def write_csv(path, rows, columns=None):
    """Write `csv_text` to a file, whole or not at all."""
    write_text(path, csv_text(rows, columns))


def numeric(rows, column):
    """Return whether a column holds numbers (and gaps) alone, and so belongs to the right."""
    values = [row.get(column) for row in rows if row.get(column) is not None]
    return bool(values) and all(map(_is_number, values))


def _is_number(value):
    # numpy's numbers register as these, its booleans do not.
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _rule(rows, column):
    return "---:" if numeric(rows, column) else "---"


def _escaped(text):
    text = str(text).replace("&", "&amp;").replace("<", "&lt;").replace("\\", "\\\\")
    return " ".join(text.replace("|", "\\|").split())


def _harmless(value):
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA) else value
