from html.parser import HTMLParser
from pathlib import Path

import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.workflows.demo import DemoOptions, demo


class Loads(HTMLParser):
    """Collects what a page would ask for from elsewhere."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def handle_starttag(self, tag, attrs):
        self.asked += [v for k, v in attrs if k in ("src", "href") and not (v or "").startswith("data:")]
        self.asked += [tag] if tag in ("script", "link", "iframe") else []


def test_the_whole_path(tmp_path, monkeypatch):
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path))
    stages = []
    result = demo(
        DemoOptions(subjects=25, seq_per_subject=4, steps=6, tune_steps=2),
        progress=lambda done, total, what: stages.append(what),
    )
    rows = {row["model"]: row for row in result.table}
    assert list(rows) == ["chance", "gait energy image", "untrained", "trained", "pruned", "pruned, int8"]
    assert all(0 <= row[kind] <= 100 for row in result.table for kind in ("nm", "bg", "cl"))
    assert rows["gait energy image"]["nm"] > rows["chance"]["nm"] == pytest.approx(100 / 5, abs=0.1)
    assert rows["pruned"]["parameters"] < rows["trained"]["parameters"]
    assert rows["pruned, int8"]["bytes"] < 0.5 * rows["pruned"]["bytes"] < 0.5 * rows["trained"]["bytes"]
    assert all(rows[name]["ms"] > 0 for name in ("trained", "pruned", "pruned, int8"))
    page = Path(result.report).read_text()
    loads = Loads()
    loads.feed(page)
    assert loads.asked == [] and page.count("<img") >= 5
    assert {"making walks", "training"} <= set(stages)


def test_bad_options_are_refused_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path))
    with pytest.raises(ConfigError, match="subjects must be at least 25"):
        demo(DemoOptions(subjects=3))
    with pytest.raises(DataError, match="no folder"):
        demo(DemoOptions(mocap=str(tmp_path / "absent")))
    assert list(tmp_path.iterdir()) == []
