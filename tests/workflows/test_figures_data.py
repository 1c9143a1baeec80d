import tempfile

import numpy as np
import pytest

from tfgait.core.errors import ConfigError
from tfgait.datasets.store import Store, write_store
from tfgait.workflows import figures_data as module
from tfgait.workflows.figures_data import DataFiguresOptions, figures_data


@pytest.fixture
def store(tmp_path):
    frames = np.random.default_rng(0).integers(0, 256, (12, 64, 44, 1), dtype=np.uint8)
    sequences = [(frames, f"{row % 3}", "nm-01", "090", f"row-{row}") for row in range(9)]
    write_store(tmp_path / "silhouettes.h5", "silhouettes", sequences)
    return Store(tmp_path / "silhouettes.h5")


@pytest.mark.parametrize("mode", ["unordered", "ordered", "central"])
def test_the_record_says_what_was_measured(store, mode):
    seen = []
    options = DataFiguresOptions(p=2, k=3, frames=5, mode=mode, repeats=4)
    record = figures_data(options, store, progress=lambda *p: seen.append(p))
    assert record["shape"] == [6, 5, 64, 44, 1]
    assert record["bytes"] == 6 * 5 * 64 * 44
    assert record["modality"] == "silhouettes"
    assert record["ratio"] > 0
    assert {"batch_ms", "fresh_ms", "augmented_ms", "memcpy_ms", "first_ms"} <= set(record)
    assert seen == [(n, 4, "batches") for n in (1, 2, 3, 4)]


def test_the_store_it_makes_is_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(module, "SUBJECTS", 2)
    monkeypatch.setattr(module, "SEQUENCES", 2)
    assert figures_data(DataFiguresOptions(p=2, k=2, repeats=1))["bytes"] == 4 * 30 * 64 * 44
    assert list(tmp_path.iterdir()) == []


def test_bad_options(store):
    with pytest.raises(ConfigError, match="repeats must be"):
        figures_data(DataFiguresOptions(repeats=0), store)
    with pytest.raises(ConfigError, match="p must be at most"):
        figures_data(DataFiguresOptions(p=9), store)
