import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.frames import central_frames
from tfgait.runtime.encoder import Encoder
from tfgait.runtime.runner import Port, Runner


class FirstAndMean(Runner):
    """Embedding (B, 1, 3): first value, mean and number of the frames it was given."""

    def __init__(self, modality="silhouettes", shape=(2, 2, 1), frames=None, output="embedding"):
        self.path = "fake"
        self.inputs = {modality: Port(modality, (None, frames, *shape), "float32")}
        self.outputs = {output: Port(output, (None, 1, 3), "float32")}
        self.sizes = []

    def invoke(self, values):
        (value,) = values.values()
        self.sizes.append(value.shape[:2])
        flat = value.reshape(len(value), -1)
        facts = [flat[:, 0], flat.mean(axis=1), np.full(len(flat), value.shape[1])]
        return {next(iter(self.outputs)): np.stack(facts, axis=-1)[:, None]}


def sequence(length, start=0, shape=(2, 2, 1), dtype=np.uint8):
    frames = np.arange(start, start + length, dtype=dtype)
    return np.broadcast_to(frames[:, None, None, None], (length, *shape))


def test_central_frames():
    assert central_frames(5, 3).tolist() == [1, 2, 3]
    assert central_frames(6, 3).tolist() == [1, 2, 3]
    assert central_frames(3, 3).tolist() == [0, 1, 2]
    assert central_frames(2, 5).tolist() == [0, 1, 0, 1, 0]
    with pytest.raises(ConfigError, match="frames=0"):
        central_frames(5, 0)
    with pytest.raises(DataError, match="length=0"):
        central_frames(0, 3)


def test_central_frames_stand_for_a_sequence_and_order_is_kept():
    found = Encoder(FirstAndMean()).encode([sequence(40), sequence(30, 7), sequence(10, 100)])
    np.testing.assert_allclose(found[:, 0, 0], [5, 7, 100])
    np.testing.assert_allclose(found[:, 0, 2], 30)


def test_all_frames_go_in_batches_of_equal_length_in_the_old_order():
    runner = FirstAndMean()
    lengths = [5, 9, 5, 9, 5, 7]
    found = Encoder(runner, frames=None).encode(sequence(n, 10 * i) for i, n in enumerate(lengths))
    np.testing.assert_allclose(found[:, 0, 0], [0, 10, 20, 30, 40, 50])
    np.testing.assert_allclose(found[:, 0, 2], lengths)
    assert sorted(runner.sizes) == [(1, 7), (2, 9), (3, 5)]


def test_batches_stay_within_the_bound():
    runner, done = FirstAndMean(), []
    Encoder(runner, frames=10, frames_at_once=25).encode([sequence(10)] * 5, progress=done.append)
    assert runner.sizes == [(2, 10), (2, 10), (1, 10)]
    assert done == [2, 4, 5]


def test_stored_flow_becomes_pixels():
    runner = FirstAndMean("flow", (1, 1, 2))
    found = Encoder(runner).encode([np.full((25, 1, 1, 2), 150, np.int16)])
    np.testing.assert_allclose(found[0, 0], [1.5, 1.5, 25])


def test_fixed_file_takes_its_own_frames_alone():
    assert Encoder(FirstAndMean(frames=12)).frames == 12
    with pytest.raises(ConfigError, match="must be 12.*frames=all"):
        Encoder(FirstAndMean(frames=12), frames=None)
    with pytest.raises(ConfigError, match="frames=30"):
        Encoder(FirstAndMean(frames=12), frames=30)


def test_what_is_no_encoder_is_refused():
    with pytest.raises(DataError, match="Received: pixels to embedding"):
        Encoder(FirstAndMean("pixels"))
    with pytest.raises(DataError, match="silhouettes to logits"):
        Encoder(FirstAndMean(output="logits"))


def test_a_batch_that_does_not_divide_gives_every_sequence_once():
    """Published, a gallery was filled up with samples that were there already."""
    runner = FirstAndMean()
    found = Encoder(runner, batch=2).encode([sequence(40, start) for start in range(5)])
    assert [batch for batch, _ in runner.sizes] == [2, 2, 1]
    np.testing.assert_allclose(found[:, 0, 0], [5, 6, 7, 8, 9])


def test_wrong_sequences_are_named():
    encoder = Encoder(FirstAndMean())
    with pytest.raises(DataError, match="Received: none"):
        encoder.encode([])
    with pytest.raises(DataError, match="length=0"):
        encoder.encode([np.zeros((0, 2, 2, 1), np.uint8)])
    with pytest.raises(DataError, match="one shape"):
        encoder.encode([sequence(30), sequence(30, shape=(3, 2, 1))])
    with pytest.raises(DataError, match=r"shape=\(1, 30, 3, 2, 1\)"):
        encoder.encode([sequence(30, shape=(3, 2, 1))])


@pytest.mark.parametrize(
    ("change", "message"),
    [(lambda s: s.astype("float32") / 255, "must be uint8"), (lambda s: s // 255, "mask of 0 and 1")],
)
def test_values_that_are_not_as_stored_are_refused(change, message):
    runner = FirstAndMean(shape=(64, 44, 1))
    walk = np.full((4, 64, 44, 1), 255, np.uint8)
    assert Encoder(runner).encode([walk]).shape == (1, 1, 3)
    with pytest.raises(DataError, match=message):
        Encoder(runner).encode([change(walk)])
