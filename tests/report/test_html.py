"""The report: parsed again; nothing from outside, nothing that runs, nothing lost."""

import base64
from html.parser import HTMLParser

import pytest

from tfgait.core.errors import DataError
from tfgait.report.html import Picture, Section, Table, html_report, write_html

EVIL = '<script>alert("1")</script>\'"&'
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + (1500).to_bytes(4, "big") + b"rest"
ROWS = [{"model": EVIL, "nm": 71.2, EVIL: 1}, {"model": "b", "nm": 30.0, EVIL: None}]


class Reader(HTMLParser):
    """Collects tags, attributes and text."""

    VOID = ("meta", "img")

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.open = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def report(**changes):
    given = {
        "title": EVIL,
        "about": EVIL,
        "sections": [
            Section(
                EVIL, (EVIL,), (Table(ROWS, EVIL, best={"nm": "max"}, command=EVIL), Picture(PNG, EVIL, EVIL, EVIL))
            )
        ],
        "limits": [EVIL],
        "facts": {EVIL: EVIL},
    }
    return html_report(**{**given, **changes})


def test_every_word_is_escaped_and_none_is_lost():
    reader = Reader(report())
    assert reader.open == []
    assert not {"script", "iframe", "link", "object"} & {tag for tag, _ in reader.tags}
    # Title, heading, about, section, paragraph, two captions, two commands, column, cell, limit, two of the fact.
    assert "".join(reader.texts).count(EVIL) == 14
    assert not [a for _, attrs in reader.tags for a in attrs if a.startswith("on")]


def test_asks_for_nothing_outside_itself():
    text = report()
    reader = Reader(text)
    (picture,) = reader.all("img")
    head, _, data = picture["src"].partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(data) == PNG
    assert picture["alt"] == EVIL
    assert picture["style"] == "--width: 960px"
    assert "http" not in text.replace("http-equiv", "")
    assert "url(" not in text
    policy = [m["content"] for m in reader.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert policy == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]


def test_best_cell_is_marked_and_numbers_stand_right():
    cells = [a.get("class") for a in Reader(report()).all("td")]
    assert cells == ["text", "number best", "number", "text", "number", "number"]


def test_reads_on_a_phone_in_the_dark_and_on_paper():
    text = report()
    assert 'name="viewport" content="width=device-width' in text
    for rule in ("prefers-color-scheme: dark", "@media print", "max-width: 34rem"):
        assert rule in text


def test_pictures_need_bytes_and_words():
    with pytest.raises(DataError, match="must be PNG bytes. Received: b'GIF89a'"):
        report(sections=[Section("s", (), (Picture(b"GIF89a", "c", "a"),))])
    with pytest.raises(DataError, match="must say in words"):
        report(sections=[Section("s", (), (Picture(PNG, "c", " "),))])


def test_file_is_the_text(tmp_path):
    write_html(tmp_path / "deep" / "r.html", "t", "a", [], ["l"])
    assert (tmp_path / "deep" / "r.html").read_text(encoding="utf-8") == html_report("t", "a", [], ["l"])
