import sys

import numpy as np
import pytest

from tfgait.core.errors import ConfigError
from tfgait.preprocess.estimators import Dis, Farneback, estimator_of

PLUGIN = """
import numpy as np
LEVEL = 3
def right(first, second):
    assert first.dtype == np.uint8 and first.ndim == 2
    return np.full((first.shape[0] // 2, first.shape[1] // 2, 2), (2.0, 0.5))
def infinite(first, second):
    return np.full((*first.shape, 2), np.inf)
def grey(first, second):
    return first
def one(first):
    return first
def small(first, second):
    if first.size > 48 * 64:
        raise MemoryError("too large")
    return np.zeros((*first.shape, 2))
"""


@pytest.fixture(autouse=True)
def plugin(tmp_path, monkeypatch):
    (tmp_path / "motion").mkdir()
    (tmp_path / "motion" / "fields.py").write_text(PLUGIN)
    (tmp_path / "motion" / "broken.py").write_text("raise RuntimeError('no GPU here')")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in [m for m in sys.modules if m.split(".")[0] == "motion"]:
        del sys.modules[name]


def test_names_and_a_callable_of_others():
    assert estimator_of("farneback") == Farneback() and estimator_of("farneback_half") == Farneback(0.5)
    assert estimator_of("dis") == Dis()
    flow = estimator_of("motion.fields:right")(*np.zeros((2, 8, 8), np.uint8))
    np.testing.assert_array_equal(flow, np.tile([2.0, 0.5], (4, 4, 1)))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("farnebach", "estimator must be one of farneback, farneback_half, dis.*Did you mean 'farneback'"),
        ("motion.fields:left", "package.module:callable on the PYTHONPATH.*AttributeError"),
        ("motion.absent:right", "Received: estimator=motion.absent:right, which gives ModuleNotFoundError"),
        ("motion.broken:right", "which gives RuntimeError: no GPU here"),
        (":right", "which gives ValueError"),
        ("motion.fields:LEVEL", "estimator must be callable. Received: estimator=motion.fields:LEVEL, a int"),
        ("motion.fields:infinite", "finite flow of shape.*from motion.fields:infinite"),
        ("motion.fields:grey", r"finite flow of shape \(h, w, 2\). Received: shape \(48, 64\)"),
        ("motion.fields:one", "estimator must take two grey frames.*TypeError"),
    ],
)
def test_estimators_that_cannot_be_used(name, message):
    with pytest.raises(ConfigError, match=message):
        estimator_of(name)


def test_what_goes_wrong_in_a_video_is_one_error():
    estimator = estimator_of("motion.fields:small")
    with pytest.raises(
        ConfigError, match="Received: estimator=motion.fields:small, which gives MemoryError: too large"
    ):
        estimator(*np.zeros((2, 100, 80), np.uint8))
