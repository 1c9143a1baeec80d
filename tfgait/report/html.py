"""One HTML file that holds everything: tables, pictures, commands, limits; it asks for nothing outside itself."""

import base64
from dataclasses import dataclass, field
from html import escape

from tfgait.core.errors import DataError
from tfgait.core.files import write_text
from tfgait.report.canvas import DPI
from tfgait.report.style import STYLE
from tfgait.report.tables import best_rows, cell, columns_of, numeric

PNG = b"\x89PNG\r\n\x1a\n"
# A browser that honours it could not load a resource from elsewhere, nor run a script, even if a name smuggled one in.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class Picture:
    """A PNG.

    Args:
        png: its bytes.
        caption: what it shows, below it.
        alt: what it says, in words, for readers who do not see it.
        command: that reproduces it; empty for none.
    """

    png: bytes
    caption: str
    alt: str
    command: str = ""


@dataclass(frozen=True)
class Table:
    """A table.

    Args:
        rows: list of dicts.
        caption: above it; empty for none.
        columns: keys in order; empty for all.
        best: ``{column: "max" or "min"}``; the best cells are marked.
        command: that reproduces it; empty for none.
    """

    rows: list
    caption: str = ""
    columns: tuple = ()
    best: dict = field(default_factory=dict)
    command: str = ""


@dataclass(frozen=True)
class Section:
    """A heading, paragraphs, then tables and pictures in the order given.

    Args:
        title: the heading.
        text: one paragraph each.
        parts: `Table` and `Picture` records.
    """

    title: str
    text: tuple = ()
    parts: tuple = ()


def html_report(title, about, sections, limits, facts=None):
    """Return the report as HTML text. Every word given is escaped.

    Args:
        title: of the page.
        about: a line that says what the data is.
        sections: list of `Section`.
        limits: sentences on what the results do not show.
        facts: ``{name: value}`` for the foot: versions, hashes, seed.

    Raises:
        DataError: a picture that is no PNG or has no words for readers who do not see it.
    """
    body = [f"<h1>{escape(title)}</h1>", f'<p class="about">{escape(about)}</p>']
    for section in sections:
        body.append(f"<section><h2>{escape(section.title)}</h2>")
        body += [f"<p>{escape(text)}</p>" for text in section.text]
        body += [_table(part) if isinstance(part, Table) else _picture(part) for part in section.parts]
        body.append("</section>")
    points = "".join(f"<li>{escape(limit)}</li>" for limit in limits)
    body.append(f'<aside class="limits"><h2>Limits</h2><ul>{points}</ul></aside>')
    if facts:
        pairs = "".join(f"<dt>{escape(str(k))}</dt><dd>{escape(str(v))}</dd>" for k, v in facts.items())
        body.append(f"<footer><dl>{pairs}</dl></footer>")
    content = "\n".join(body)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body>\n{content}\n</body></html>\n"
    )


def write_html(path, title, about, sections, limits, facts=None):
    """Write `html_report` to a file, whole or not at all."""
    write_text(path, html_report(title, about, sections, limits, facts))


def _table(table):
    columns = table.columns or columns_of(table.rows)
    right = {c for c in columns if numeric(table.rows, c)}
    marked = {c: best_rows(table.rows, c, direction) for c, direction in table.best.items()}
    head = "".join(f'<th scope="col"{_class(c in right and "number")}>{escape(str(c))}</th>' for c in columns)
    lines = []
    for i, row in enumerate(table.rows):
        cells = []
        for c in columns:
            kind = "number" if c in right else "text"
            best = i in marked.get(c, ())
            text = escape(cell(row.get(c)))
            cells.append(f"<td{_class(kind, best and 'best')}>{text}</td>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    caption = f"<caption>{escape(table.caption)}</caption>" if table.caption else ""
    return (
        f'<div class="scroll" tabindex="0"><table>{caption}<thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>{_command(table.command)}"
    )


def _picture(picture):
    if not picture.png.startswith(PNG):
        raise DataError(f"a picture must be PNG bytes. Received: {picture.png[:8]!r} for {picture.caption!r}.")
    if not picture.alt.strip():
        raise DataError(f"a picture must say in words what it shows (alt). Received: none for {picture.caption!r}.")
    data = base64.b64encode(picture.png).decode()
    # Width in a PNG's head; pixels are drawn at DPI, a screen's at 96.
    width = int.from_bytes(picture.png[16:20], "big") * 96 // DPI
    image = f'<img src="data:image/png;base64,{data}" style="--width: {width}px" alt="{escape(picture.alt)}">'
    caption = f"<figcaption>{escape(picture.caption)}</figcaption>"
    return f'<figure><div class="scroll" tabindex="0">{image}</div>{caption}</figure>{_command(picture.command)}'


def _command(command):
    return f"<pre>{escape(command)}</pre>" if command else ""


def _class(*names):
    names = [n for n in names if n]
    return f' class="{" ".join(names)}"' if names else ""
