"""Protocols against the published evaluators, perfect and random embeddings, and counting by hand."""

import json

import numpy as np
import pytest
from walks import people, perfect, random, walks

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.registry import Registry
from tfgait.core.table import SequenceTable
from tfgait.datasets import DATASETS
from tfgait.datasets.protocol import Protocol
from tfgait.evaluation.evaluate import evaluate
from tfgait.evaluation.retrieval import retrieval

GALLERY = ("nm-01", "nm-02", "nm-03", "nm-04")
PROBES = {"nm": ("nm-05", "nm-06"), "bg": ("bg-01", "bg-02"), "cl": ("cl-01", "cl-02")}
CROSS = Protocol("cross", GALLERY, PROBES, cross_view=True)
POOL = Protocol("pool", GALLERY, PROBES, cross_view=False)
LEAVE_ONE_OUT = Protocol("leave_one_out", (), {"nm": ("nm",)}, cross_view=False)
ALL = tuple(f"nm-{i:02d}" for i in range(1, 7)) + ("bg-01", "bg-02", "cl-01", "cl-02")


def protocols():
    assert isinstance(DATASETS, Registry)
    found = [
        (f"{name}/{p.name}", p, getattr(DATASETS[name], "CONDITIONS", ALL))
        for name in DATASETS
        for p in DATASETS[name].PROTOCOLS.values()
    ]
    return [pytest.param(p, c, id=i) for i, p, c in [*found, ("tests/leave_one_out", LEAVE_ONE_OUT, ALL)]]


def table_of(arrays):
    names = [f"{i}" for i in range(len(arrays["labels"]))]
    return SequenceTable(arrays["labels"], arrays["types"], arrays["views"], names, np.full(len(names), 30))


def mean_off_diagonal(matrix):
    matrix = np.array(matrix)
    return (matrix.sum(axis=1) - matrix.diagonal()) / (len(matrix) - 1)


@pytest.mark.parametrize(("prefix", "metric"), [("euc", "parts"), ("cos", "cosine")])
def test_equal_to_opengait_on_casia_b(golden, prefix, metric):
    arrays = np.load(golden / "evaluation" / "casia_b.npz")
    embeddings = np.ascontiguousarray(arrays["embeddings"].transpose(0, 2, 1))
    found = evaluate(embeddings, table_of(arrays), CROSS, k=1, metric=metric)
    for kind in ("nm", "bg", "cl"):
        stem = f"{prefix}/single_view_gallery"
        rounded = np.round(found.matrices[kind], 2)
        np.testing.assert_allclose(rounded, arrays[f"{stem}/matrix/{kind.upper()}@R1"], atol=1e-4)
        per_view = mean_off_diagonal(rounded)
        np.testing.assert_allclose(per_view, arrays[f"{stem}/per_probe_view/{kind.upper()}@R1"], atol=1e-4)
        assert per_view.mean() == pytest.approx(float(arrays[f"{stem}/{kind.upper()}@R1"]), abs=1e-4)
        assert found.rank1[kind] == pytest.approx(per_view.mean(), abs=0.005)
        np.testing.assert_allclose([rates["rank1"] for rates in found.per_view[kind].values()], per_view, atol=0.01)
        assert found.rank1[kind] == found.knn_accuracy[kind] == found.knn_accuracy_video[kind]


def test_equal_to_the_original_gaitset_evaluator(golden):
    arrays = np.load(golden / "gaitset_original" / "evaluator_casia_b.npz")
    embeddings = arrays["features"].reshape(len(arrays["features"]), 6, 8)
    found = evaluate(embeddings, table_of(arrays), CROSS, metric="flattened")
    for i, kind in enumerate(("nm", "bg", "cl")):
        np.testing.assert_allclose(np.round(found.matrices[kind], 2), arrays["accuracy"][i, :, :, 0], atol=1e-4)
        assert found.rank1[kind] == pytest.approx(float(arrays["rank1_excluding_same_view"][i]), abs=0.005)
        rank5 = mean_off_diagonal(arrays["accuracy"][i, :, :, 4]).mean()
        assert found.rank5[kind] == pytest.approx(float(rank5), abs=0.005)


@pytest.mark.parametrize(("protocol", "conditions"), protocols())
def test_perfect_scores_100_and_random_scores_chance(protocol, conditions):
    table = walks(people(24), conditions, ("000", "054", "090"))
    found = evaluate(perfect(table), table, protocol, k=1)
    for score in (found.rank1, found.rank5, found.mAP, found.mINP, found.knn_accuracy, found.knn_accuracy_video):
        assert score == dict.fromkeys(found.probes, 100.0)
    for kind in found.probes:
        scores = [evaluate(random(table, seed=s), table, protocol, k=3, examples=0) for s in range(5)]
        chance = found.chance_per_kind[kind]
        assert chance == pytest.approx(100 / 24, rel=0.2)
        for name in ("rank1", "knn_accuracy", "knn_accuracy_video"):
            mean = np.mean([getattr(s, name)[kind] for s in scores])
            assert mean == pytest.approx(chance, abs=4 * 20 / np.sqrt(5 * found.probes[kind]))


def test_chance_is_the_mean_over_random_orders():
    """Unequal galleries: subject 001 has four sequences, the others one or two."""
    table = walks(people(4), ("nm-01", "nm-05"))
    more = walks(["001"], ("nm-02", "nm-03", "nm-04"))
    two = walks(["002"], ("nm-02",))
    table = SequenceTable.from_rows(
        [(*r, 30, "") for t in (table, more, two) for r in zip(t.subject, t.condition, t.view, t.name, strict=True)]
    )
    protocol = Protocol("p", GALLERY, {"nm": ("nm-05",)}, cross_view=False)
    chance = evaluate(random(table), table, protocol).chance
    assert chance == pytest.approx(100 * np.mean([4, 2, 1, 1]) / 8)
    drawn = np.mean([evaluate(random(table, seed=s), table, protocol, examples=0).rank1["nm"] for s in range(400)])
    assert drawn == pytest.approx(chance, abs=4)


def test_pool_equals_retrieval_and_knn_by_hand():
    table = walks(people(6), ALL, ("000", "090"))
    embeddings = perfect(table) + 1.2 * random(table)
    found = evaluate(embeddings, table, POOL, k=5)
    gallery = np.flatnonzero(np.isin(table.condition, GALLERY))
    for kind, conditions in PROBES.items():
        probe = np.flatnonzero(np.isin(table.condition, conditions))
        distance = np.array(
            [[np.linalg.norm(embeddings[p] - embeddings[g], axis=1).mean() for g in gallery] for p in probe]
        )
        by_hand = retrieval(distance, table.subject[probe][:, None] == table.subject[gallery])
        for name in ("rank1", "rank5", "rank10", "mAP", "mINP"):
            assert getattr(found, name)[kind] == pytest.approx(by_hand[name])
        voted = []
        for row in distance:
            labels = table.subject[gallery[np.argsort(row)[:5]]].tolist()
            voted.append(min(sorted(set(labels)), key=lambda s, labels=labels: -labels.count(s)))
        assert found.knn_accuracy[kind] == pytest.approx(100 * np.mean(np.array(voted) == table.subject[probe]))
        names = found.confusion[kind]["subjects"]
        pairs = [(names.index(t), names.index(v)) for t, v in zip(table.subject[probe], voted, strict=True)]
        counts = [[pairs.count((t, v)) for v in range(len(names))] for t in range(len(names))]
        assert found.confusion[kind]["counts"] == counts
    assert not found.cross_view
    assert found.matrices == {}


def test_memory_bound_changes_nothing():
    table = walks(people(5), ALL, ("000", "036", "090"))
    embeddings = perfect(table) + random(table)
    assert evaluate(embeddings, table, CROSS, k=3) == evaluate(embeddings, table, CROSS, k=3, memory=4 * 60 * 7)


def test_videos_outvote_their_windows():
    """Two of three windows of every probe video are right: 67 % of the windows, 100 % of the videos."""
    table = walks(people(5), ("nm-01", "nm-05"), windows=3)
    embeddings = perfect(table)
    wrong = (table.condition == "nm-05") & np.char.endswith(table.name, "#010")
    embeddings[wrong] = np.roll(embeddings, 6, axis=0)[wrong]
    protocol = Protocol("p", ("nm-01",), {"nm": ("nm-05",)}, cross_view=False)
    found = evaluate(embeddings, table, protocol, k=3)
    assert found.rank1["nm"] == found.knn_accuracy["nm"] == pytest.approx(200 / 3)
    assert found.knn_accuracy_video["nm"] == 100


def test_videos_keep_their_views():
    """Only windows seen from 000 are wrong, so videos of the other views must stay at 100 %."""
    table = walks(people(5), ("nm-01", "nm-05"), ("000", "045", "090"), windows=3)
    embeddings = perfect(table)
    wrong = (table.condition == "nm-05") & (table.view == "000")
    embeddings[wrong] = np.roll(embeddings, 18, axis=0)[wrong]
    kept = ~((table.view == "000") & (table.subject > "003"))
    found = evaluate(embeddings[kept], table.take(kept), Protocol("p", ("nm-01",), {"nm": ("nm-05",)}, cross_view=True))
    for rate in ("rank1", "knn_accuracy", "knn_accuracy_video"):
        per_view = {view: rates[rate] for view, rates in found.per_view["nm"].items()}
        assert per_view == {"000": 0, "045": pytest.approx(80), "090": pytest.approx(80)}
    assert found.knn_accuracy_video["nm"] == found.rank1["nm"] == pytest.approx(160 / 3)


def test_leave_one_out_leaves_out_who_walked_once():
    table = walks(people(3), ("nm-01", "nm-02"))
    table = table.take(~((table.subject == "002") & (table.condition == "nm-02")))
    found = evaluate(perfect(table), table, LEAVE_ONE_OUT)
    assert found.probes == {"nm": 4}
    assert found.rank1 == {"nm": 100}
    assert found.notes == ("1 nm probes left out: their subject is not in the gallery",)


def test_leave_one_out_never_meets_its_own_video():
    """Windows of one video are equal; without the rule every probe would find its neighbour window."""
    table = walks(people(3), ("nm-01", "nm-02"), windows=2)
    video = np.unique(table.video, return_inverse=True)[1]
    embeddings = np.random.default_rng(8).standard_normal((6, 2, 4)).astype(np.float32)[video]
    found = evaluate(embeddings, table, LEAVE_ONE_OUT, k=1)
    assert found.gallery == 12
    assert found.gallery_cell == 10
    assert found.chance == pytest.approx(20)
    for example in found.examples:
        assert table.video[example.probe] != table.video[example.nearest]
    with pytest.raises(ConfigError, match="from 1 to 10, the items of the gallery, without the probe's own video"):
        evaluate(embeddings, table, LEAVE_ONE_OUT, k=11)


def test_examples_are_what_they_say():
    table = walks(people(6), ALL, ("000", "090"))
    embeddings = perfect(table) + 1.2 * random(table)
    found = evaluate(embeddings, table, CROSS, examples=4)
    assert {e.right for e in found.examples} == {True, False}
    for e in found.examples:
        assert table.view[e.probe] != table.view[e.nearest]
        assert e.right == (table.subject[e.probe] == table.subject[e.nearest]) == (e.rank == 1)
        assert table.subject[e.match] == e.subject == table.subject[e.probe]
        away = np.linalg.norm(embeddings[e.probe] - embeddings[e.nearest], axis=1).mean()
        assert e.distance == pytest.approx(away, abs=1e-5)


def test_record_is_plain_json():
    table = walks(people(3), ALL, ("000", "090", "180")).take(np.arange(80))
    found = evaluate(random(table), table, CROSS)
    again = json.loads(json.dumps(found.to_record()))
    assert again["rank1"] == found.rank1
    assert again["matrices"]["nm"] == found.matrices["nm"]
    assert len(json.dumps(found.summary())) < 1000


def test_what_the_data_lacks_is_noted():
    table = walks(people(4), ("nm-01", "nm-05", "cl-01"), ("090",))
    stranger = walks(["099"], ("nm-05",))
    columns = [
        np.concatenate([getattr(t, c) for t in (table, stranger)]) for c in ("subject", "condition", "view", "name")
    ]
    table = SequenceTable(*columns, np.full(len(columns[0]), 30))
    found = evaluate(perfect(table), table, CROSS)
    assert found.rank1 == {"nm": 100, "cl": 100}
    assert not found.cross_view
    notes = " / ".join(found.notes)
    assert "the data has no bg probes" in notes
    assert "1 nm probes left out" in notes
    assert "one view only (090)" in notes


def test_a_missing_view_is_a_gap_not_a_zero():
    table = walks(people(4), ALL, ("000", "054", "090"))
    table = table.take(~((table.view == "054") & np.isin(table.condition, GALLERY)))
    found = evaluate(perfect(table), table, CROSS)
    assert found.rank1["nm"] == 100
    assert [row[1] for row in found.matrices["nm"]] == [None] * 3


def test_bad_data_is_named():
    table = walks(people(4), ALL, ("000", "090"))
    embeddings = random(table)
    with pytest.raises(ConfigError, match="k must be .* 1 to 16, the items of the gallery in view 000"):
        evaluate(embeddings, table, CROSS, k=17)
    with pytest.raises(DataError, match=r"one row a sequence, N=80. Received: \(79, 3, 8\)"):
        evaluate(embeddings[1:], table, CROSS)
    with pytest.raises(DataError, match=r"gallery of protocol p \(zz\) has no sequence. The data has: bg-01"):
        evaluate(embeddings, table, Protocol("p", ("zz",), PROBES, True))
    with pytest.raises(DataError, match="finds no probe.*the data has no xx probes"):
        evaluate(embeddings, table, Protocol("p", GALLERY, {"xx": ("xx",)}, True))
    alone = table.mask(subjects=["002"])
    with pytest.raises(DataError, match="at least two subjects.*subject 002 alone"):
        evaluate(embeddings[alone], table.take(alone), CROSS)
    strangers = (table.subject <= "002") == np.isin(table.condition, GALLERY)
    with pytest.raises(DataError, match="finds no probe whose subject.*8 nm probes left out: their subject is not"):
        evaluate(embeddings[strangers], table.take(strangers), CROSS)
    broken = embeddings.copy()
    broken[3] = np.inf
    with pytest.raises(DataError, match="must be finite"):
        evaluate(broken, table, CROSS)
    with pytest.raises(DataError, match="has no sequence. The data has: no sequence at all"):
        evaluate(embeddings[:0], table.take(np.arange(0)), CROSS)
