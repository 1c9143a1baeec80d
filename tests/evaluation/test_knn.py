"""k-NN against scikit-learn, full sorts and counting by hand."""

import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.evaluation import knn as module
from tfgait.evaluation.distance import distances
from tfgait.evaluation.knn import majority, nearest, predict, smallest, vote

RNG = np.random.default_rng(2)
GALLERY = RNG.standard_normal((60, 4, 6)).astype(np.float32)
PROBE = RNG.standard_normal((40, 4, 6)).astype(np.float32)
LABELS = RNG.choice(["b", "a", "d", "c", "e"], 60)


@pytest.mark.parametrize("k", [1, 2, 4, 7, 60])
def test_predict_equals_scikit_learn(k):
    neighbors = pytest.importorskip("sklearn.neighbors")
    flat = neighbors.KNeighborsClassifier(k).fit(GALLERY.reshape(60, -1), LABELS)
    assert (predict(PROBE, GALLERY, LABELS, k, "flattened") == flat.predict(PROBE.reshape(40, -1))).all()
    given = neighbors.KNeighborsClassifier(k, metric="precomputed").fit(distances(GALLERY, GALLERY), LABELS)
    assert (predict(PROBE, GALLERY, LABELS, k) == given.predict(distances(PROBE, GALLERY))).all()


@pytest.mark.parametrize("k", [1, 3, 10, 17])
@pytest.mark.parametrize("chunk", [40, 1 << 20])
def test_smallest_is_a_stable_sort_even_where_all_tie(k, chunk, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", chunk)
    tied = np.random.default_rng(3).integers(0, 3, (50, 17)).astype(np.float32)
    assert (smallest(tied, k) == np.argsort(tied, axis=1, kind="stable")[:, :k]).all()


def test_nearest_is_the_same_in_blocks():
    index, distance = nearest(PROBE, GALLERY, 5)
    split, _ = nearest(PROBE, GALLERY, 5, memory=4 * 60 * 7)
    full = distances(PROBE, GALLERY)
    assert (index == np.argsort(full, axis=1, kind="stable")[:, :5]).all()
    assert (index == split).all()
    np.testing.assert_array_equal(distance, np.sort(full, axis=1)[:, :5])


def test_vote_takes_the_smallest_of_tied_labels(monkeypatch):
    labels = np.array([["b", "a", "a", "b"], ["c", "b", "b", "a"], ["d", "c", "b", "a"]])
    assert vote(labels).tolist() == ["a", "b", "a"]
    monkeypatch.setattr(module, "CHUNK", 1)
    assert vote(labels).tolist() == ["a", "b", "a"]


def test_majority_takes_the_first_met_of_tied_labels():
    video = ["v2", "v1", "v2", "v1", "v1", "v2"]
    label = ["z", "a", "a", "b", "b", "x"]
    first, found = majority(video, label)
    assert first.tolist() == [0, 1]
    assert found.tolist() == ["z", "b"]


def test_bad_k_is_named():
    for k in (0, 61, -1, 2.0, True):
        with pytest.raises(ConfigError, match="k must be a whole number from 1 to 60.*Received: k="):
            nearest(PROBE, GALLERY, k)
    with pytest.raises(DataError, match=r"labels must be one a gallery item, \(60,\)"):
        predict(PROBE, GALLERY, LABELS[:5])
