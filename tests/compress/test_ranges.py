import json

import pytest

from tfgait.compress.fake_quantised import FakeQuantised
from tfgait.compress.ranges import with_ranges
from tfgait.core.errors import DataError
from tfgait.nets import build
from tfgait.train.checkpoints import Checkpoints


@pytest.fixture
def trained():
    quantised = FakeQuantised(build("cnn2d_tiny"))
    quantised.ranges = {name: (-float(i), 1.5) for i, name in enumerate(quantised.ranges)}
    return quantised


def test_a_checkpoint_is_the_plain_network_and_its_ranges(trained, tmp_path):
    from tfgait.nets import load

    checkpoints = Checkpoints(tmp_path)
    checkpoints.publish(trained)
    checkpoints.save_network("last", trained)
    for file in (tmp_path / "model.keras", tmp_path / "checkpoints" / "last.keras"):
        assert load(file).get_config() == trained.plain.get_config()
    again = with_ranges(load(tmp_path / "model.keras"), tmp_path / "ranges.json")
    assert again.ranges == trained.ranges
    Checkpoints(tmp_path / "plain").publish(trained.plain)
    assert not (tmp_path / "plain" / "ranges.json").exists()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda r: [], "two numbers"),
        (lambda r: {**r, "code": [1]}, "two numbers"),
        (lambda r: {**r, "code": ["a", "b"]}, "two numbers"),
        (lambda r: {**r, "code": [True, 2]}, "two numbers"),
        (lambda r: {**r, "code": [float("nan"), 2]}, "code: "),
        (lambda r: {**r, "code": [2, -2]}, "code: "),
        (lambda r: {n: v for n, v in r.items() if n != "conv1"}, "conv1"),
        (lambda r: {**r, "conv9": [-1, 1]}, "conv9"),
    ],
)
def test_damaged_ranges_are_named(trained, tmp_path, damage, message):
    path = tmp_path / "ranges.json"
    path.write_text(json.dumps(damage({name: list(ends) for name, ends in trained.ranges.items()})))
    with pytest.raises(DataError, match=f"(?s)ranges.json.*{message}"):
        with_ranges(trained.plain, path)


def test_a_truncated_file_is_named(trained, tmp_path):
    path = tmp_path / "ranges.json"
    path.write_text('{"flow": [-1')
    with pytest.raises(DataError, match="ranges.json"):
        with_ranges(trained.plain, path)
