import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.table import SequenceTable
from tfgait.data.samplers import BalancedSampler, PKSampler, SequentialSampler
from tfgait.datasets.tum_gaid import FIRST_SESSION

UNEVEN = np.repeat(["a", "b", "c", "d", "e", "f"], [40, 3, 1, 16, 17, 30])


@pytest.mark.parametrize(("p", "k"), [(2, 4), (3, 16), (6, 5), (1, 1), (4, 50)])
def test_pk_batches_have_p_subjects_of_k_and_cover_all(p, k):
    labels = np.random.default_rng(0).permutation(UNEVEN)
    sampler = PKSampler(labels, p, k, seed=3)
    batches = sampler.batches(0)
    assert batches.shape == (len(sampler), p * k)
    assert set(batches.ravel().tolist()) == set(range(len(labels)))
    for batch in batches:
        blocks = labels[batch].reshape(p, k)
        assert (blocks == blocks[:, :1]).all()
        assert len(set(blocks[:, 0])) == p
        for subject, rows in zip(blocks[:, 0], batch.reshape(p, k), strict=True):
            # Nothing comes twice before everything the subject has came once.
            counts = np.unique(rows, return_counts=True)[1]
            assert len(counts) == min(k, (labels == subject).sum())
            assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize(("p", "k"), [(2, 4), (3, 16), (4, 50)])
def test_pk_epochs_are_as_short_as_covering_allows(p, k):
    groups = [-(-n // k) for n in np.unique(UNEVEN, return_counts=True)[1]]
    assert len(PKSampler(UNEVEN, p, k)) == max(-(-sum(groups) // p), max(groups))
    even = np.repeat(np.arange(8), 16)
    assert np.sort(PKSampler(even, 8, 16).batches(5).ravel()).tolist() == list(range(128))


@pytest.mark.parametrize(
    "make", [lambda seed: PKSampler(UNEVEN, 3, 4, seed), lambda seed: BalancedSampler(UNEVEN, 20, seed)]
)
def test_batches_are_a_function_of_seed_and_epoch(make):
    first = make(0)
    later = first.batches(7)
    first.batches(0)
    np.testing.assert_array_equal(later, first.batches(7))
    np.testing.assert_array_equal(later, make(0).batches(7))
    assert (later != first.batches(8)).any()
    assert (later != make(1).batches(7)).any()


def test_pk_mixes_subjects_over_batches():
    labels = np.repeat(np.arange(20), 8)
    pairs = {frozenset(labels[b[::4]].tolist()) for e in range(3) for b in PKSampler(labels, 4, 4).batches(e)}
    assert len(pairs) > 25


@pytest.mark.parametrize(("p", "k", "seed"), [(7, 4, 0), (0, 4, 0), (2, 0, 0), (2, 4, -1), (2.0, 4, 0)])
def test_pk_refuses_what_cannot_be(p, k, seed):
    with pytest.raises(ConfigError, match="must be"):
        PKSampler(UNEVEN, p, k, seed)


def test_bad_labels_and_epochs():
    for bad in ([], [[1, 2]], 3):
        with pytest.raises(DataError, match="one value a row"):
            PKSampler(bad, 1, 1)
    with pytest.raises(ConfigError, match="epoch must be"):
        PKSampler(UNEVEN, 2, 2).batches(-1)
    with pytest.raises(ConfigError, match="at least the number of kinds, 6"):
        BalancedSampler(UNEVEN, 5)


@pytest.mark.parametrize("batch", [6, 20, 150])
def test_balanced_batches_share_equally_and_cover(batch):
    sampler = BalancedSampler(UNEVEN, batch)
    batches = sampler.batches(2)
    assert batches.shape == (len(sampler), batch)
    assert set(batches.ravel().tolist()) == set(range(len(UNEVEN)))
    for rows in batches:
        counts = np.unique(UNEVEN[rows], return_counts=True)[1]
        assert len(counts) == 6
        assert counts.sum() == batch
        assert set(counts) <= {batch // 6, batch // 6 + 1}


def test_balanced_gives_fifty_of_each_kind_in_150():
    kinds = np.repeat(["N", "B", "S"], [600, 200, 200])
    batches = BalancedSampler(kinds, 150).batches(0)
    assert len(batches) == 12
    assert all(np.unique(kinds[rows], return_counts=True)[1].tolist() == [50, 50, 50] for rows in batches)
    # Rare kinds come again evenly: 12 x 50 = 600 draws of 200 rows.
    assert set(np.bincount(batches.ravel(), minlength=1000)[600:]) == {3}


def test_balanced_on_the_kinds_of_tum_gaid():
    """A table of 150 people's windows: every batch of an epoch has 50 of each kind, and every window comes."""
    rows = [
        (f"{s:03d}", c, "090", f"{s:03d}-{c}#{5 * w}", 25, "")
        for s in range(1, 151)
        for c in FIRST_SESSION
        for w in range(2 + s % 3)
    ]
    kinds = SequenceTable.from_rows(rows).kind
    batches = BalancedSampler(kinds, 150).batches(1)
    for batch in batches:
        names, counts = np.unique(kinds[batch], return_counts=True)
        assert names.tolist() == ["b", "n", "s"] and counts.tolist() == [50, 50, 50]
    assert len(batches) == 6 * 450 // 50 and set(batches.ravel().tolist()) == set(range(len(rows)))


def test_balanced_remainder_goes_to_every_kind_in_turn():
    kinds = np.repeat([0, 1, 2], 300)
    counts = np.bincount(kinds[BalancedSampler(kinds, 10).batches(0)].ravel())
    assert counts.min() > 300


def test_balanced_with_one_kind_is_a_shuffle():
    batches = BalancedSampler(np.zeros(100), 25).batches(0)
    assert np.sort(batches.ravel()).tolist() == list(range(100))
    assert batches[0].tolist() != sorted(batches[0].tolist())


def test_sequential_gives_all_rows_once_in_order():
    sampler = SequentialSampler(10, 4)
    assert len(sampler) == 3
    assert [rows.tolist() for rows in sampler.batches(9)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    with pytest.raises(ConfigError, match="n must be"):
        SequentialSampler(0, 4)
