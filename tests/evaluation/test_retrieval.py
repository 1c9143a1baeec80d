"""CMC, mAP and mINP against full sorts and OpenGait's figures."""

import numpy as np
import pytest

from tfgait.evaluation import retrieval as module
from tfgait.evaluation.distance import distances
from tfgait.evaluation.retrieval import positive_ranks, rank_scores, retrieval


def slow(distance, positive):
    aps, inps, firsts = [], [], []
    for d, right in zip(distance, positive, strict=True):
        hits = right[np.argsort(d, kind="stable")]
        if not hits.any():
            continue
        found, precisions = 0, []
        for place, hit in enumerate(hits, 1):
            if hit:
                found += 1
                precisions.append(found / place)
                last = place
        aps.append(np.mean(precisions))
        inps.append(found / last)
        firsts.append(int(hits.argmax()) + 1)
    return np.array(firsts), np.array(aps), np.array(inps)


@pytest.mark.parametrize("levels", [3, 1000000])
def test_equal_to_a_full_sort_with_and_without_ties(levels, monkeypatch):
    rng = np.random.default_rng(levels)
    distance = rng.integers(0, levels, (60, 45)).astype(np.float32)
    positive = rng.random((60, 45)) < 0.05
    firsts, aps, inps = slow(distance, positive)
    for chunk in (1 << 24, 60):
        monkeypatch.setattr(module, "CHUNK", chunk)
        scores = rank_scores(distance, positive)
        valid = scores["first"] > 0
        assert 0 < valid.sum() < 60
        assert (scores["first"][valid] == firsts).all()
        np.testing.assert_allclose(scores["ap"][valid], aps, rtol=1e-12)
        np.testing.assert_allclose(scores["inp"][valid], inps, rtol=1e-12)
        assert np.isnan(scores["ap"][~valid]).all()
    found = retrieval(distance, positive)
    assert found["probes"] == len(firsts)
    assert found["rank5"] == pytest.approx(100 * np.mean(firsts <= 5))
    assert found["mAP"] == pytest.approx(100 * aps.mean())


def test_ranks_of_a_row_by_hand():
    assert positive_ranks(np.array([3.0, 1, 2, 1, 5]), np.array([2, 3, 4])).tolist() == [2, 3, 5]


def test_no_right_item_anywhere_is_nan_not_zero():
    found = retrieval(np.ones((2, 3)), np.zeros((2, 3), bool))
    assert found["probes"] == 0
    assert np.isnan(found["mAP"])


@pytest.mark.parametrize(("prefix", "metric"), [("euc", "parts"), ("cos", "cosine")])
def test_equal_to_opengait_on_one_pool(golden, prefix, metric):
    arrays = np.load(golden / "evaluation" / "gait3d.npz")
    embeddings = np.ascontiguousarray(arrays["embeddings"].transpose(0, 2, 1))
    keys = ["-".join(k) for k in zip(arrays["labels"], arrays["types"], arrays["views"], strict=True)]
    probe = np.isin(keys, arrays["probe_set"])
    labels = arrays["labels"]
    found = retrieval(
        distances(embeddings[probe], embeddings[~probe], metric), labels[probe][:, None] == labels[~probe]
    )
    for ours, theirs in {
        "rank1": "Rank-1",
        "rank5": "Rank-5",
        "rank10": "Rank-10",
        "mAP": "mAP",
        "mINP": "mINP",
    }.items():
        assert found[ours] == pytest.approx(float(arrays[f"{prefix}/{theirs}"]), abs=1e-4)


@pytest.mark.parametrize(("prefix", "metric"), [("euc", "parts"), ("cos", "cosine")])
def test_equal_to_opengait_on_mixed_views(golden, prefix, metric):
    """Gallery nm-02, bg-02, cl-02 of all views without pairs of one subject and view; probes x-01 by view."""
    arrays = np.load(golden / "evaluation" / "casia_b.npz")
    embeddings = np.ascontiguousarray(arrays["embeddings"].transpose(0, 2, 1))
    labels, types, views = arrays["labels"], arrays["types"], arrays["views"]
    gallery = np.isin(types, ["nm-02", "bg-02", "cl-02"])
    for kind in ("NM", "BG", "CL"):
        rank1, precision = [], []
        for view in sorted(set(views)):
            probe = (types == f"{kind.lower()}-01") & (views == view)
            same = labels[probe][:, None] == labels[gallery]
            out = same & (views[probe][:, None] == views[gallery])
            distance = np.where(out, np.inf, distances(embeddings[probe], embeddings[gallery], metric))
            found = retrieval(distance, same & ~out)
            rank1.append(round(found["rank1"], 2))
            precision.append(round(found["mAP"], 2))
        stem = f"{prefix}/cross_view_gallery/{kind}"
        assert np.mean(rank1) == pytest.approx(float(arrays[f"{stem}-Rank@1"]), abs=1e-3)
        assert np.mean(precision) == pytest.approx(float(arrays[f"{stem}-mAP"]), abs=1e-3)
