"""The figures of a board, on few walkers; sizes against the files themselves."""

import importlib.metadata
from pathlib import Path

import numpy as np
import pytest

import tfgait
from tfgait.core.home import models_dir
from tfgait.workflows import figures_board as module


@pytest.fixture
def record(tmp_path, monkeypatch):
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path))
    (tmp_path / "models").symlink_to(models_dir())
    monkeypatch.setattr(module, "ROUNDS", 1)
    monkeypatch.setattr(module, "PUBLISHED", (10, 62, 256))
    return module.figures_board(subjects=3, views=("000", "090"))


def test_every_figure_is_measured(record):
    # 10 sequences of 15,872 numbers: two bytes each; or one, and four for each part.
    np.testing.assert_allclose(record["float16_mb"], 10 * 15872 * 2 / 1e6, atol=0.003)
    np.testing.assert_allclose(record["int8_mb"], 10 * (15872 + 4 * 62) / 1e6, atol=0.003)
    assert record["import_cpu_seconds"] > 0
    for kind in ("nm", "bg", "cl"):
        scores = [record[f"{kind}, {dtype}"] for dtype in ("float32", "float16", "int8")]
        assert max(scores) - min(scores) <= 100 / 6  # of 6 probes a view
        assert scores[0] > 50
    assert len({round(record[f"{dtype}_identify_ms"], 12) for dtype in ("float16", "int8")}) == 2


def test_environment_is_all_that_its_packages_require():
    own = sum(f.stat().st_size for f in Path(tfgait.__file__).parent.rglob("*") if f.is_file())
    assert module.environment_bytes(()) == own

    def size(package):
        return sum(p.stat().st_size for f in importlib.metadata.files(package) if (p := Path(f.locate())).is_file())

    # rich requires markdown-it-py, which requires mdurl, and pygments.
    packages = ("rich", "markdown-it-py", "mdurl", "pygments")
    assert module.environment_bytes(("rich",)) == own + sum(map(size, packages))
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        module.environment_bytes(("no-such-package",))
