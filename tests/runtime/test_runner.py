import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.runtime import open_runner
from tfgait.runtime.runner import Port, Runner


class Sums(Runner):
    """Sums every sample; remembers the batch sizes it was given."""

    def __init__(self, batch=None, dtype="float32", **quantised):
        self.path = "sums"
        self.inputs = {"silhouettes": Port("silhouettes", (batch, None, 2, 2, 1), dtype, **quantised)}
        self.outputs = {"embedding": Port("embedding", (batch, 1, 1), "float32")}
        self.seen = []

    def invoke(self, values):
        value = values["silhouettes"]
        self.seen.append(value)
        return {"embedding": value.reshape(len(value), 1, -1).sum(axis=-1, keepdims=True)}


def batch(size, frames=3):
    return {"silhouettes": np.arange(size * frames * 4, dtype=np.float32).reshape(size, frames, 2, 2, 1)}


@pytest.mark.parametrize("fixed", [None, 1, 2, 4, 9])
def test_any_batch_runs_in_a_file_of_any_fixed_batch(fixed):
    runner, given = Sums(fixed), batch(5)
    found = runner.run(given)["embedding"]
    np.testing.assert_array_equal(found[:, 0, 0], given["silhouettes"].sum(axis=(1, 2, 3, 4)))
    assert {len(value) for value in runner.seen} == {fixed or 5}


def test_quantised_port_rounds_and_saturates():
    port = Port("x", (1,), "int8", scale=0.5, zero_point=-3)
    stored = port.store(np.array([-1000.0, 0.0, 0.2, 0.3, 10.0, 1000.0]))
    assert stored.dtype == np.int8
    assert stored.tolist() == [-128, -3, -3, -2, 17, 127]
    np.testing.assert_allclose(port.real(stored), [-62.5, 0, 0, 0.5, 10, 65])


def test_quantised_input_reaches_the_file_in_its_own_type():
    runner = Sums(1, "uint8", scale=1.0, zero_point=0)
    runner.run(batch(1))
    assert runner.seen[0].dtype == np.uint8


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"flow": np.zeros((1, 3, 2, 2, 1))}, "takes silhouettes. Received: flow"),
        ({}, "Received: nothing"),
        ({"silhouettes": np.zeros((1, 3, 2, 3, 1))}, r"\(any, any, 2, 2, 1\).*shape=\(1, 3, 2, 3, 1\)"),
        ({"silhouettes": np.zeros((3, 2, 2, 1))}, r"shape=\(3, 2, 2, 1\)"),
        ({"silhouettes": np.zeros((0, 3, 2, 2, 1))}, "not be empty"),
        ({"silhouettes": np.full((1, 3, 2, 2, 1), "a")}, "must be numbers"),
    ],
)
def test_wrong_batch_is_named(wrong, told):
    with pytest.raises(DataError, match=told):
        Sums().run(wrong)


def test_open_runner_names_the_nearest_suffix(tmp_path):
    with pytest.raises(ConfigError, match="Did you mean '.tflite'"):
        open_runner(tmp_path / "model.tflit")
    with pytest.raises(DataError, match="does not exist"):
        open_runner(tmp_path / "model.tflite")
