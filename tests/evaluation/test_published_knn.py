"""Embedded-Gait's tests, equal to scikit-learn's k-NN probe by probe, and without the defects of its own."""

import dataclasses

import numpy as np
import pytest
from walks import people, perfect, random, walks

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.table import SequenceTable
from tfgait.datasets import casia_b, tum_gaid
from tfgait.evaluation.comparison import compare
from tfgait.evaluation.evaluate import evaluate
from tfgait.evaluation.protocol import pair

VIEWS = ("000", "054", "090", "126")
TUM = walks(people(16), tum_gaid.CONDITIONS, windows=3)
CASIA = walks(people(12), casia_b.CONDITIONS, VIEWS, windows=2)
OTHER = casia_b.PROTOCOLS["other_views"]


def vague(table, strength=0.6, seed=6):
    """Return codes (N, 1, 12) that tell something of the subject: right and wrong answers, and votes that tie."""
    return strength * perfect(table, 1, 12) + random(table, 1, 12, seed)


def by_scikit_learn(embeddings, table, gallery, probes, k):
    """Return the subjects that scikit-learn names for these probes, on codes of length 1."""
    neighbors = pytest.importorskip("sklearn.neighbors")
    codes = embeddings[:, 0].astype(np.float64)
    codes /= np.linalg.norm(codes, axis=1, keepdims=True)
    return neighbors.KNeighborsClassifier(k).fit(codes[gallery], table.subject[gallery]).predict(codes[probes])


def video_accuracy(table, probes, named):
    """Return the share in percent of videos whose windows are mostly named right; of a draw the first met counts."""
    right = {}
    for video in dict.fromkeys(table.video[probes].tolist()):
        windows = [str(n) for n, v in zip(named, table.video[probes], strict=True) if v == video]
        most = max(windows.count(w) for w in windows)
        chosen = next(w for w in windows if windows.count(w) == most)
        right[video] = chosen == video[:3]
    return 100 * np.mean(list(right.values()))


def rows_of(table, conditions):
    return np.flatnonzero(np.isin(table.condition, conditions))


def voted(embeddings, table, protocol, k):
    """Return ``{kind: (rows of the probes, subjects voted for (N, cells))}`` and the cells."""
    pairing = pair(table, protocol)
    names, subject = np.unique(table.subject, return_inverse=True)
    apart = np.stack([np.unique(getattr(table, a), return_inverse=True)[1] for a in pairing.apart], axis=1)
    gallery, found = embeddings[pairing.gallery], {}
    for kind, probes in pairing.probes.items():
        compared = compare(embeddings[probes], gallery, probes, pairing, subject, apart, k, "cosine", 1 << 20)
        found[kind] = probes, names[compared.voted]
    return found, pairing.cells


@pytest.mark.parametrize("k", [1, 2, 7])
@pytest.mark.parametrize("name", [*tum_gaid.PROTOCOLS, "single_view"])
def test_one_pool_equals_scikit_learn(name, k):
    table, protocols = (CASIA, casia_b.PROTOCOLS) if name == "single_view" else (TUM, tum_gaid.PROTOCOLS)
    embeddings, protocol = vague(table), protocols[name]
    scores = evaluate(embeddings, table, protocol, k, "cosine")
    for kind, (probes, votes) in voted(embeddings, table, protocol, k)[0].items():
        assert (probes == rows_of(table, protocol.probes[kind])).all()
        wanted = by_scikit_learn(embeddings, table, rows_of(table, protocol.gallery), probes, k)
        assert (votes[:, 0] == wanted).all()
        assert scores.knn_accuracy[kind] == pytest.approx(100 * np.mean(wanted == table.subject[probes]))
        assert scores.knn_accuracy_video[kind] == pytest.approx(video_accuracy(table, probes, wanted))
        assert 10 < scores.knn_accuracy[kind] < 90


@pytest.mark.parametrize("k", [1, 7])
def test_other_views_equal_scikit_learn_view_by_view(k):
    embeddings = vague(CASIA)
    scores = evaluate(embeddings, CASIA, OTHER, k, "cosine")
    for kind, (probes, votes) in voted(embeddings, CASIA, OTHER, k)[0].items():
        right = []
        for view in VIEWS:
            own = probes[CASIA.view[probes] == view]
            gallery = rows_of(CASIA, OTHER.gallery)
            wanted = by_scikit_learn(embeddings, CASIA, gallery[CASIA.view[gallery] != view], own, k)
            assert (votes[CASIA.view[probes] == view, 0] == wanted).all()
            right += (wanted == CASIA.subject[own]).tolist()
            rates = scores.per_view[kind][view]
            assert rates["knn_accuracy"] == pytest.approx(100 * np.mean(wanted == CASIA.subject[own]))
            assert rates["knn_accuracy_video"] == pytest.approx(video_accuracy(CASIA, own, wanted))
        assert scores.knn_accuracy[kind] == pytest.approx(100 * np.mean(right))
    assert scores.gallery == 12 * 4 * 4 * 2 and scores.gallery_cell == 12 * 4 * 3 * 2


@pytest.mark.parametrize("k", [1, 7])
def test_each_other_camera_by_itself_equals_scikit_learn(k):
    embeddings, protocol = vague(CASIA), casia_b.CASIA_B
    scores = evaluate(embeddings, CASIA, protocol, k, "cosine")
    found, cells = voted(embeddings, CASIA, protocol, k)
    for kind, (probes, votes) in found.items():
        windows, videos = [], []
        for view in VIEWS:
            own = CASIA.view[probes] == view
            of_others = []
            for column, (camera, _) in enumerate(cells):
                gallery = rows_of(CASIA, protocol.gallery)
                gallery = gallery[CASIA.view[gallery] == camera]
                wanted = by_scikit_learn(embeddings, CASIA, gallery, probes[own], k)
                assert (votes[own, column] == wanted).all()
                if camera != view:
                    accuracy = 100 * np.mean(wanted == CASIA.subject[probes[own]])
                    of_others.append((accuracy, video_accuracy(CASIA, probes[own], wanted)))
            windows.append(np.mean(of_others, axis=0)[0])
            videos.append(np.mean(of_others, axis=0)[1])
            assert scores.per_view[kind][view]["knn_accuracy_video"] == pytest.approx(videos[-1])
        assert scores.knn_accuracy[kind] == pytest.approx(np.mean(windows))
        assert scores.knn_accuracy_video[kind] == pytest.approx(np.mean(videos))


def test_votes_that_tie_go_to_the_smallest_label():
    """Two neighbours of two people, at different distances, for every probe: the nearer one is the larger label."""
    table = walks(("001", "002"), ("n-01", "n-05"))
    place = {("001", "n-01"): 1.0, ("002", "n-01"): 0.2, ("001", "n-05"): 0.0, ("002", "n-05"): 0.1}
    angles = np.array([place[pair] for pair in zip(table.subject.tolist(), table.condition.tolist(), strict=True)])
    embeddings = np.stack([np.cos(angles), np.sin(angles)], axis=1)[:, None].astype(np.float32)
    protocol = dataclasses.replace(tum_gaid.PROTOCOLS["tum_gaid"], probes={"n": ("n-05",)})
    (probes, votes) = voted(embeddings, table, protocol, 2)[0]["n"]
    assert votes[:, 0].tolist() == by_scikit_learn(embeddings, table, [0, 2], probes, 2).tolist() == ["001", "001"]


def test_the_distance_is_the_euclidean_one_and_not_the_sum_of_differences():
    """Published, L1 was always taken. Subject 002 is nearer by L1, 001 by L2, and neither by both."""
    table = walks(("001", "002"), ("n-01", "n-05"))
    embeddings = np.zeros((4, 1, 4), np.float32)
    embeddings[table.condition == "n-01"] = [[[1, 1, 1, 1]], [[3, 0, 0, 0]]]
    protocol = dataclasses.replace(tum_gaid.PROTOCOLS["tum_gaid"], probes={"n": ("n-05",)})
    found = evaluate(embeddings, table, protocol, metric="flattened", examples=2)
    assert {e.found for e in found.examples} == {"001"} and found.rank1["n"] == 50
    assert {e.distance for e in found.examples} == {2.0}


@pytest.mark.parametrize(("name", "leaks"), [("other_views", False), ("casia_b", False), ("single_view", True)])
def test_the_view_of_the_probe_does_not_leak(name, leaks):
    """Codes that know who is seen from where, and nothing across views: only the same view can help."""
    table = walks(people(30), casia_b.CONDITIONS, VIEWS)
    names = np.unique(np.char.add(table.subject, table.view), return_inverse=True)[1]
    embeddings = np.random.default_rng(3).standard_normal((120, 1, 16)).astype(np.float32)[names]
    found = evaluate(embeddings, table, casia_b.PROTOCOLS[name], metric="cosine")
    for kind in ("nm", "bg", "cl"):
        assert found.rank1[kind] == 100 if leaks else found.rank1[kind] < 10
    assert all(table.view[e.probe] != table.view[e.nearest] for e in found.examples) is not leaks


@pytest.mark.parametrize(
    ("name", "gallery", "probes"),
    [
        ("tum_gaid", "n-01 n-02 n-03 n-04", "n-05 n-06 b-01 b-02 s-01 s-02"),
        ("elapsed", "n-01 n-02 n-03 n-04", "n-11 n-12 b-03 b-04 s-03 s-04"),
        ("elapsed_same_session", "n-07 n-08 n-09 n-10", "n-11 n-12 b-03 b-04 s-03 s-04"),
    ],
)
def test_the_gallery_is_of_the_session_it_says(name, gallery, probes):
    pairing = pair(TUM, tum_gaid.PROTOCOLS[name])
    assert sorted(set(TUM.condition[pairing.gallery].tolist())) == gallery.split()
    found = [sorted(set(TUM.condition[rows].tolist())) for rows in pairing.probes.values()]
    assert [c for conditions in found for c in conditions] == probes.split()
    # Every sequence once: no batch was filled up with samples that are there already.
    assert len(pairing.gallery) == len(set(pairing.gallery.tolist())) == 16 * 4 * 3
    assert ("--protocol elapsed" in " ".join(pairing.notes)) == (name == "elapsed_same_session")


@pytest.mark.parametrize("name", list(casia_b.PROTOCOLS))
def test_files_cameras_and_codes_stay_together_in_any_order(name):
    embeddings, order = vague(CASIA), np.random.default_rng(9).permutation(len(CASIA))
    first, second = (
        evaluate(e, t, casia_b.PROTOCOLS[name], 3, "cosine", examples=0).to_record()
        for e, t in ((embeddings, CASIA), (embeddings[order], CASIA.take(order)))
    )
    # A draw between windows goes to the one met first, which is another one here.
    for record in (first, second):
        record.pop("knn_accuracy_video")
        for views in record["per_view"].values():
            for rates in views.values():
                rates.pop("knn_accuracy_video")
    assert first.keys() == second.keys()
    for key in first:
        assert _near(first[key], second[key]), key


def _near(first, second):
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(_near(first[k], second[k]) for k in first)
    if isinstance(first, float):
        return first == pytest.approx(second)
    if isinstance(first, (list, tuple)):
        return len(first) == len(second) and all(map(_near, first, second))
    return first == second


@pytest.mark.parametrize("name", ["other_views", "casia_b", "single_view"])
def test_probes_of_one_camera_meet_the_gallery_of_all(name):
    embeddings, protocol = vague(CASIA), casia_b.PROTOCOLS[name]
    whole = evaluate(embeddings, CASIA, protocol, 3, "cosine")
    one = evaluate(embeddings, CASIA, protocol, 3, "cosine", probe_views=("54",))
    assert one.gallery == whole.gallery and one.probes == dict.fromkeys(("nm", "bg", "cl"), 12 * 2 * 2)
    for kind in one.probes:
        assert one.per_view[kind] == {"054": pytest.approx(whole.per_view[kind]["054"])}
        assert one.knn_accuracy[kind] == pytest.approx(whole.per_view[kind]["054"]["knn_accuracy"])
    with pytest.raises(ConfigError, match="views must name .*Did you mean '054'"):
        evaluate(embeddings, CASIA, protocol, probe_views=("055",))


def test_other_views_of_what_is_seen_from_one_side():
    table = CASIA.take(CASIA.view == "090")
    with pytest.raises(DataError, match="not in the gallery in another view"):
        evaluate(vague(table), table, OTHER)
    # Who has a gallery in one view only cannot be found from there.
    kept = CASIA.take((CASIA.subject != "001") | (CASIA.view == "090") | ~np.isin(CASIA.condition, OTHER.gallery))
    found = evaluate(vague(kept), kept, OTHER)
    assert found.probes == dict.fromkeys(("nm", "bg", "cl"), 12 * 2 * 4 * 2 - 4)
    assert "4 nm probes left out: their subject is not in the gallery in another view" in found.notes
    with pytest.raises(ConfigError, match="k must be .* 1 to 264, .*without the probe's own video and view"):
        evaluate(vague(kept), kept, OTHER, k=265)


def test_chance_counts_what_is_left_to_choose_from():
    """Two people, one of them with a gallery in two of four views: of what a probe meets, its own is a share."""
    table = walks(("001", "002"), ("nm-01", "nm-05"), VIEWS)
    few = (table.subject == "001") & (table.condition == "nm-01") & np.isin(table.view, ("000", "054"))
    table = SequenceTable(*(getattr(table, c)[~few] for c in ("subject", "condition", "view", "name", "length")))
    chance = evaluate(random(table, 1), table, OTHER).chance
    # Seen from 000 or 054: 2 of 5 are 001, 3 of 5 are 002. From 090 or 126: 1 of 4 and 3 of 4.
    assert chance == pytest.approx(100 * np.mean([2 / 5, 2 / 5, 1 / 4, 1 / 4, 3 / 5, 3 / 5, 3 / 4, 3 / 4]))
