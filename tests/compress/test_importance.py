import numpy as np
import pytest

from tfgait.compress import CRITERIA
from tfgait.compress.importance import channel_scores
from tfgait.core.errors import ConfigError, DataError
from tfgait.graph.groups import groups
from tfgait.nets import build


def scores(model, name):
    found = groups(model).prunable
    return {g.name: g for g in found}, CRITERIA[name].scores(model, found, examples=None, seed=0)


@pytest.mark.parametrize("preset", ["gaitset_tiny", "cnn3d_tiny"])
def test_l1_by_a_slow_loop(preset):
    model = build(preset)
    _, raw = scores(model, "l1_raw")
    _, mean = scores(model, "l1")
    for name, values in raw.items():
        kernel = np.asarray(model.get_layer(name).kernel)
        fan_in = kernel[..., 0].size
        for j in range(kernel.shape[-1]):
            total = sum(abs(float(w)) for w in kernel[..., j].ravel())
            assert values[j] == pytest.approx(total, rel=1e-12)
            assert mean[name][j] == pytest.approx(total / fan_in, rel=1e-12)


def test_a_coupled_channel_is_worth_the_mean_of_its_filters():
    model = build("gaitset_tiny")
    found, raw = scores(model, "l1_raw")
    expected = [(a + b) / 2 for a, b in zip(raw["frame4"], raw["global2"], strict=True)]
    np.testing.assert_allclose(channel_scores(found["frame4"], raw), expected)


def test_weights_that_are_no_numbers_and_unknown_criteria_are_refused():
    model = build("gaitset_tiny")
    kernel = np.array(model.get_layer("frame3").kernel)
    kernel[0, 0, 0, 0] = np.nan
    model.get_layer("frame3").kernel.assign(kernel)
    with pytest.raises(DataError, match="'frame3' are not all finite"):
        scores(model, "l1")
    with pytest.raises(ConfigError, match="Did you mean 'l1_raw'"):
        CRITERIA["l1-raw"]
