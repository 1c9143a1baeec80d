from dataclasses import replace

import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.modality import modality
from tfgait.datasets.store import Store, StoreWriter
from tfgait.deploy.calibration import Calibration, draw


@pytest.fixture
def store(tmp_path):
    with StoreWriter(tmp_path / "silhouettes.h5", modality="silhouettes", shape=(4, 4, 1)) as writer:
        for i in range(20):
            frames = np.full((12, 4, 4, 1), i, np.uint8)
            writer.add(frames, subject=f"{i:03}", condition="nm-01", view="090", name=f"w{i}")
    return Store(tmp_path / "silhouettes.h5")


def test_draws_from_the_rows_given_alone_and_the_same_again(store):
    rows = np.arange(10, 20)
    found = draw(store, rows, 4, seed=1)
    assert len(found.names) == 4
    assert {int(name[1:]) for name in found.names} <= set(rows.tolist())
    assert draw(store, rows, 4, seed=1).hash == found.hash
    assert draw(store, rows, 4, seed=2).hash != found.hash
    assert len(draw(store, rows, 64, seed=1).names) == 10


def test_hash_names_pixels_and_names(store):
    found = draw(store, np.arange(20), 3, seed=1)
    other = [sequence.copy() for sequence in found.sequences]
    other[2][0, 0, 0, 0] += 1
    assert replace(found, sequences=other).hash != found.hash
    assert replace(found, names=["x", *found.names[1:]]).hash != found.hash


def test_batches_are_central_frames_in_network_units():
    flow = [np.full((7, 2, 2, 2), 100 * i, np.int16) for i in (1, 2, 3)]
    batches = list(Calibration(flow, ["a", "b", "c"], 0).batches(modality("flow"), 5, 2))
    assert [batch["flow"].shape for batch in batches] == [(2, 5, 2, 2, 2)] * 2
    assert batches[0]["flow"].dtype == np.float32
    np.testing.assert_allclose([batch["flow"][i].mean() for batch in batches for i in (0, 1)], [1, 2, 3, 1])


def test_nothing_to_draw_is_named(store):
    with pytest.raises(DataError, match="there is none"):
        draw(store, [], 4, seed=0)
    with pytest.raises(ConfigError, match="calibration=0"):
        draw(store, [1], 0, seed=0)


def rounding_error(values, low, high):
    """Return the squared error of 256 steps of a range, value by value."""
    step, total = (high - low) / 255, 0.0
    for value in values:
        total += (value - min(max(round(value / step) * step, low), high)) ** 2
    return total


def test_the_range_of_the_input_has_the_least_error():
    rng = np.random.default_rng(0)
    flow = (rng.standard_t(4, (40, 6, 5, 4, 2)) * 100).astype(np.int16)
    flow[0, 0, 0, 0] = [4000, -3000]
    calibration = Calibration(list(flow), [str(i) for i in range(40)], 0)
    low, high = calibration.limits(modality("flow"))
    assert -30 <= low < 0 < high < 40
    values = np.unique(flow) / 100
    counts = [int((flow == round(100 * value)).sum()) for value in values]
    errors = {}
    for limit in (high * 0.9, high, high * 1.1, 40.0):
        ends = max(-30.0, -limit), min(40.0, limit)
        errors[limit] = sum(
            count * rounding_error([value], *ends) for value, count in zip(values.tolist(), counts, strict=True)
        )
    assert min(errors, key=errors.get) == high
    batches = list(calibration.batches(modality("flow"), 6, 8))
    assert max(batch["flow"].max() for batch in batches) == pytest.approx(high)
    assert min(batch["flow"].min() for batch in batches) == pytest.approx(low)
    assert all(batch["flow"].dtype == np.float32 for batch in batches)


def test_silhouettes_are_not_clipped_and_blank_ones_are_no_range():
    frames = np.zeros((3, 4, 4, 1), np.uint8)
    assert Calibration([frames], ["blank"], 0).limits(modality("silhouettes")) == (0, 0)
    frames[0, 0, 0] = 255
    assert Calibration([frames], ["walk"], 0).limits(modality("silhouettes")) == (0, 255)
