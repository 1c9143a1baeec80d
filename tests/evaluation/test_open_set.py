import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.table import SequenceTable
from tfgait.evaluation.open_set import Threshold, choose_threshold, open_set_distances


@pytest.mark.parametrize("false_accept", [0, 0.01, 0.1, 0.29, 0.5])
def test_largest_distance_that_lets_no_more_strangers_in(false_accept):
    rng = np.random.default_rng(0)
    genuine, impostor = rng.normal(3, 1, 50), rng.normal(5, 1, 100)
    found = choose_threshold(genuine, impostor, false_accept)
    # Slowly: every distance that was seen is tried, and what lies just below it.
    tried = [t for d in impostor for t in (d, np.nextafter(d, 0))]
    best = max(t for t in tried if (impostor <= t).mean() <= false_accept)
    assert found.distance == best
    assert found.false_accept == (impostor <= best).mean() == false_accept
    assert found.genuine_accept == (genuine <= best).mean()
    assert (found.impostors, found.genuines) == (100, 50)


def test_equal_strangers_are_refused_together():
    found = choose_threshold([1.0, 2.0], [2.0, 2.0, 2.0, 3.0], 0.5)
    assert found.distance < 2
    assert (found.false_accept, found.genuine_accept) == (0, 0.5)


def test_a_share_of_nearly_all_leaves_one_stranger_out():
    assert choose_threshold([1.0], [2.0, 3.0], 1 - 1e-12).false_accept == 0.5


@pytest.mark.parametrize("wrong", [-0.1, 1, 2])
def test_share_out_of_its_range(wrong):
    with pytest.raises(ConfigError, match=rf"false_accept must lie in \[0, 1\).*={wrong}"):
        choose_threshold([1.0], [2.0], wrong)


@pytest.mark.parametrize(("genuine", "impostor", "what"), [([], [1], "genuine"), ([1], [np.nan], "impostor")])
def test_nothing_to_choose_from(genuine, impostor, what):
    with pytest.raises(DataError, match=f"{what} must be distances"):
        choose_threshold(genuine, impostor)


@pytest.mark.parametrize("wrong", [float("nan"), "near", None, float("inf")])
def test_threshold_must_be_a_number(wrong):
    with pytest.raises(ConfigError, match="threshold must be a finite distance"):
        Threshold(wrong)


def test_every_sequence_is_a_probe_of_its_own_and_a_stranger():
    rng = np.random.default_rng(1)
    embeddings = rng.normal(size=(9, 3, 4)).astype(np.float32)
    subjects = list("aaabbbccd")
    names = ["a1#0", "a1#5", "a2", "b1", "b2", "b3", "c1#0", "c1#9", "d1"]
    table = SequenceTable.from_rows([(s, "nm-01", "", n, 1, "") for s, n in zip(subjects, names, strict=True)])
    genuine, impostor = open_set_distances(embeddings, table, memory=100)
    wanted_genuine, wanted_impostor = [], []
    for i in range(9):
        far = [np.linalg.norm(embeddings[i] - embeddings[j], axis=1).mean() for j in range(9)]
        wanted_impostor.append(min(far[j] for j in range(9) if subjects[j] != subjects[i]))
        own = [far[j] for j in range(9) if subjects[j] == subjects[i] and names[j][:2] != names[i][:2]]
        wanted_genuine += [min(own)] if own else []
    np.testing.assert_allclose(genuine, wanted_genuine, rtol=1e-5)
    np.testing.assert_allclose(impostor, wanted_impostor, rtol=1e-5)
    assert (len(genuine), len(impostor)) == (6, 9)  # c has one video, d one sequence


def test_one_person_alone_has_no_strangers():
    table = SequenceTable.from_rows([("a", "nm-01", "", n, 1, "") for n in "xy"])
    with pytest.raises(DataError, match="at least two people"):
        open_set_distances(np.ones((2, 1, 3), np.float32), table)
