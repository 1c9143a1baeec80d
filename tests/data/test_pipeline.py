from types import SimpleNamespace

import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.modality import modality
from tfgait.core.table import SequenceTable
from tfgait.data.pipeline import batches, dataset, gather, subject_labels, to_device_units
from tfgait.data.samplers import BalancedSampler, PKSampler, SequentialSampler
from tfgait.data.transforms import AUGMENTATIONS


def fake_store(name="silhouettes", lengths=(31, 40, 7, 60, 30, 33, 45, 50, 12, 36)):
    """What the pipeline reads of a store; the first two bytes of every frame tell its row and number."""
    kind = modality(name)
    length = np.array(lengths)
    offset = np.cumsum(length) - length
    frames = np.random.default_rng(0).integers(0, 100, (length.sum(), *kind.shape)).astype(kind.dtype)
    for row, (start, count) in enumerate(zip(offset, length, strict=True)):
        frames[start : start + count, 0, 0, 0] = row
        frames[start : start + count, 0, 1, 0] = np.arange(count)
    frames.flags.writeable = False
    rows = [(f"{row % 5:03d}", "nm-01", "090", f"row-{row}", count, "") for row, count in enumerate(lengths)]
    table = SequenceTable.from_rows(rows)
    return SimpleNamespace(modality=kind, length=length, offset=offset, frames=frames, table=table)


@pytest.fixture
def store():
    return fake_store()


def tags(batch):
    return batch[:, :, 0, 0, 0], batch[:, :, 0, 1, 0]


def test_gather_equals_a_loop(store):
    rows, index = np.array([3, 0, 3]), np.array([[59, 0], [30, 1], [2, 2]])
    expected = [[store.frames[store.offset[r] + i] for i in row] for r, row in zip(rows, index, strict=True)]
    np.testing.assert_array_equal(gather(store, rows, index), expected)
    out = np.zeros((3, 2, 64, 44, 1), np.uint8)
    assert gather(store, rows, index, out) is out
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("mode", ["unordered", "ordered", "central"])
def test_every_frame_comes_from_its_own_sequence(store, mode):
    sampler = PKSampler(store.table.subject, 3, 4)
    given = list(batches(store, sampler, mode=mode))
    assert len(given) == len(sampler)
    for (inputs, labels), plan in zip(given, sampler.batches(0), strict=True):
        row, number = tags(inputs["silhouettes"])
        assert inputs["silhouettes"].shape == (12, 30, 64, 44, 1)
        assert inputs["silhouettes"].dtype == np.uint8
        assert (row == plan[:, None]).all()
        assert (number < store.length[plan, None]).all()
        assert labels.dtype == np.int32
        assert labels.tolist() == (plan % 5).tolist()


def test_resumes_at_any_step_of_any_epoch(store):
    options = {"seed": 4, "transform": AUGMENTATIONS["silhouettes"]}
    sampler = PKSampler(store.table.subject, 2, 2)
    whole = list(batches(store, sampler, epoch=3, **options))
    assert len(whole) > 2
    for step in range(len(whole) + 1):
        rest = list(batches(store, sampler, epoch=3, step=step, **options))
        assert len(rest) == len(whole) - step
        for (first, _), (second, _) in zip(whole[step:], rest, strict=True):
            np.testing.assert_array_equal(first["silhouettes"], second["silhouettes"])
    other = next(batches(store, sampler, epoch=3, seed=5))[0]["silhouettes"]
    assert (other != next(batches(store, sampler, epoch=3, seed=6))[0]["silhouettes"]).any()


def test_a_transform_does_not_change_which_frames_are_drawn(store):
    sampler = SequentialSampler(10, 5)
    plain = list(batches(store, sampler))
    changed = list(batches(store, sampler, transform=lambda batch, rng: batch + rng.integers(1, 2, dtype=np.uint8)))
    for (first, _), (second, _) in zip(plain, changed, strict=True):
        np.testing.assert_array_equal(first["silhouettes"] + 1, second["silhouettes"])


def test_every_step_of_every_epoch_draws_anew():
    store, sampler, drawn = fake_store(lengths=(60,) * 4), SequentialSampler(4, 2), []

    def note(batch, rng):
        drawn.append(rng.random())
        return batch

    given = [inputs for epoch in (0, 1) for inputs, _ in batches(store, sampler, epoch, transform=note)]
    assert len({tags(inputs["silhouettes"])[1].tobytes() for inputs in given}) == 4
    assert len(set(drawn)) == 4


def test_memory_is_reused_only_where_asked(store):
    sampler = SequentialSampler(10, 4)
    kept = [inputs["silhouettes"] for inputs, _ in batches(store, sampler, mode="central")]
    assert [tags(batch)[0][0, 0] for batch in kept] == [0, 4, 8]
    shared = [inputs["silhouettes"] for inputs, _ in batches(store, sampler, reuse=True)]
    assert np.shares_memory(shared[0], shared[1])
    assert not np.shares_memory(kept[0], kept[1])
    for (first, _), second in zip(batches(store, sampler, mode="central", reuse=True), kept, strict=True):
        np.testing.assert_array_equal(first["silhouettes"], second)


def test_all_frames_with_their_number(store):
    [(inputs, _)] = batches(store, SequentialSampler(3, 3), mode="all")
    assert inputs["silhouettes"].shape == (3, 40, 64, 44, 1)
    assert inputs["length"].tolist() == [31, 40, 7]
    assert inputs["length"].dtype == np.int32
    for item, count in enumerate(inputs["length"]):
        np.testing.assert_array_equal(
            inputs["silhouettes"][item, :count], store.frames[store.offset[item] : store.offset[item] + count]
        )
        assert not inputs["silhouettes"][item, count:].any()


def test_flow_windows_come_whole():
    store = fake_store("flow", (25,) * 6)
    [(inputs, _)] = batches(store, BalancedSampler(np.zeros(6), 6), mode="central")
    assert inputs["flow"].dtype == np.int16
    row, number = tags(inputs["flow"])
    assert sorted(row[:, 0].tolist()) == list(range(6))
    assert (number == np.arange(25)).all()


def test_labels_are_given_or_sorted_subjects(store):
    assert subject_labels(store.table).tolist() == [0, 1, 2, 3, 4] * 2
    [(_, labels)] = batches(store, SequentialSampler(10, 10), labels=np.arange(10) * 3)
    assert labels.tolist() == list(range(0, 30, 3))


def test_bad_options_show_before_the_first_batch(store):
    sampler = SequentialSampler(10, 4)
    for options in ({"step": 4}, {"step": -1}, {"seed": -1}):
        with pytest.raises(ConfigError, match="seed must be"):
            batches(store, sampler, **options)
    with pytest.raises(ConfigError, match="Received: row 10"):
        batches(store, SequentialSampler(11, 4))
    with pytest.raises(DataError, match="labels must be one a row"):
        batches(store, sampler, labels=[1])
    with pytest.raises(ConfigError, match="epoch must be"):
        batches(store, PKSampler(store.table.subject, 2, 2), epoch=-1)


@pytest.mark.parametrize("mode", ["unordered", "all"])
def test_dataset_gives_the_same_batches_over_epochs(store, mode):
    sampler = PKSampler(store.table.subject, 2, 2)
    options = {"mode": mode, "seed": 2, "transform": AUGMENTATIONS["silhouettes"]}
    expected = [b for e in (1, 2) for b in batches(store, sampler, e, 1 if e == 1 else 0, **options)]
    made = dataset(store, sampler, epoch=1, step=1, epochs=2, **options)
    for _ in range(2):
        # All are kept until the end: memory that is used again would show.
        given = [inputs | {"labels": labels} for inputs, labels in made]
        assert len(given) == len(expected)
        for found, (inputs, labels) in zip(given, expected, strict=True):
            assert found["silhouettes"].dtype == "uint8"
            for key, values in (inputs | {"labels": labels}).items():
                np.testing.assert_array_equal(found[key].numpy(), values)


def test_dataset_from_the_end_of_an_epoch_and_without_end(store):
    sampler = SequentialSampler(10, 4)
    assert len(list(dataset(store, sampler, step=3))) == 0
    endless = dataset(store, sampler, step=3, epochs=None, mode="central")
    rows = [inputs["silhouettes"][0, 0, 0, 0, 0].numpy() for inputs, _ in endless.take(4)]
    assert rows == [0, 4, 8, 0]


def test_dataset_refuses_what_it_cannot(store):
    sampler = SequentialSampler(10, 4)
    for options, message in (
        ({"reuse": True}, "reuse"),
        ({"epochs": 0}, "epochs and"),
        ({"step": 9}, "step at most 3"),
    ):
        with pytest.raises(ConfigError, match=message):
            dataset(store, sampler, **options)


def test_device_units():
    flow = np.array([[-32768, 0, 123]], np.int16)
    np.testing.assert_allclose(np.asarray(to_device_units(flow, "flow")), flow.astype(np.float64) / 100, rtol=1e-6)
    bytes_ = np.array([0, 128, 255], np.uint8)
    found = np.asarray(to_device_units(bytes_, "silhouettes"))
    assert found.dtype == np.float32
    assert found.tolist() == [0, 128, 255]
