"""The figures of the search measure what they say; times are never tested."""

import pytest

from tfgait.core.errors import ConfigError
from tfgait.workflows.figures_evaluation import EvaluationFiguresOptions, figures_evaluation


def test_record_and_progress():
    pytest.importorskip("threadpoolctl")
    told = []
    options = EvaluationFiguresOptions(probes=300, gallery=400, parts=4, width=64, k=3, repeats=3)
    found = figures_evaluation(options, progress=lambda *step: told.append(step))
    assert (found.probes, found.gallery, found.parts, found.width) == (300, 400, 4, 64)
    assert found.search_seconds > 0
    assert found.ratio == pytest.approx(found.search_seconds / found.product_seconds)
    assert told == [(i, 3, "nearest neighbours") for i in (1, 2, 3)]


def test_bad_sizes_are_named():
    with pytest.raises(ConfigError, match="parts must be at least 1. Received: parts=0"):
        figures_evaluation(EvaluationFiguresOptions(parts=0))
    with pytest.raises(ConfigError, match="k must be a whole number from 1 to 400"):
        figures_evaluation(EvaluationFiguresOptions(probes=2, gallery=400, parts=1, width=2, k=500))
