"""Distances against a slow loop in float64."""

import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.evaluation import distance as module
from tfgait.evaluation.distance import METRICS, distance_blocks, distances

RNG = np.random.default_rng(1)
PROBE = RNG.standard_normal((7, 5, 9)).astype(np.float32)
GALLERY = RNG.standard_normal((11, 5, 9)).astype(np.float32)


def slow(probe, gallery, metric):
    out = np.zeros((len(probe), len(gallery)))
    for i, p in enumerate(probe.astype(np.float64)):
        for j, g in enumerate(gallery.astype(np.float64)):
            if metric == "parts":
                out[i, j] = np.mean([np.linalg.norm(a - b) for a, b in zip(p, g, strict=True)])
            elif metric == "flattened":
                out[i, j] = np.linalg.norm(p.ravel() - g.ravel())
            else:
                pairs = zip(p, g, strict=True)
                out[i, j] = 1 - np.mean([a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in pairs])
    return out


@pytest.mark.parametrize("metric", METRICS)
def test_equal_to_a_slow_loop(metric):
    np.testing.assert_allclose(distances(PROBE, GALLERY, metric), slow(PROBE, GALLERY, metric), atol=2e-6)


@pytest.mark.parametrize("metric", METRICS)
def test_blocks_and_tiles_change_nothing(metric, monkeypatch):
    whole = distances(PROBE, GALLERY, metric)
    monkeypatch.setattr(module, "TILE_ROWS", 2)
    monkeypatch.setattr(module, "TILE_COLUMNS", 3)
    blocks = list(distance_blocks(PROBE, GALLERY, metric, memory=3 * 4 * len(GALLERY) + 1))
    assert [(start, len(block)) for start, block in blocks] == [(0, 3), (3, 3), (6, 1)]
    np.testing.assert_allclose(np.concatenate([b for _, b in blocks]), whole, atol=1e-6)


def test_one_row_is_made_whatever_the_bound():
    assert [len(b) for _, b in distance_blocks(PROBE, GALLERY, memory=1)] == [1] * len(PROBE)


def test_far_from_the_origin_distances_stay_exact():
    """|x|² + |y|² - 2xy alone would lose all digits here: norms 1e4, distances 1."""
    far = np.float32(4000)
    found = distances(PROBE + far, GALLERY + far)
    np.testing.assert_allclose(found, slow(PROBE + far, GALLERY + far, "parts"), rtol=1e-3)


def test_cosines_of_codes_that_point_almost_the_same_way_stay_apart():
    """Untrained networks give such codes. 1 - cosine in float32 would lose most digits of distances of 1e-7."""
    probe, gallery = (1 + np.float32(3e-4) * x for x in (PROBE, GALLERY))
    np.testing.assert_allclose(distances(probe, gallery, "cosine"), slow(probe, gallery, "cosine"), rtol=1e-2)


def test_equal_vectors_are_never_nan_and_nearly_zero():
    for metric in METRICS:
        found = distances(PROBE, np.concatenate([PROBE, GALLERY]), metric)
        assert np.isfinite(found).all()
        assert (found[:, : len(PROBE)].argmin(axis=1) == np.arange(len(PROBE))).all()
        assert found.diagonal().max() < 2e-3


def test_zero_vectors_have_cosine_zero():
    np.testing.assert_allclose(distances(np.zeros_like(PROBE), GALLERY, "cosine"), 1, atol=1e-6)
    np.testing.assert_allclose(distances(PROBE, np.zeros_like(GALLERY), "cosine"), 1, atol=1e-6)
    np.testing.assert_allclose(distances(np.zeros_like(PROBE), np.zeros_like(GALLERY), "cosine"), 1)


def test_half_precision_and_strided_embeddings_are_taken():
    strided = np.moveaxis(np.ascontiguousarray(np.moveaxis(PROBE, 2, 1)), 1, 2)
    np.testing.assert_allclose(distances(strided, GALLERY), distances(PROBE, GALLERY), atol=1e-6)
    half = distances(PROBE.astype(np.float16), GALLERY)
    np.testing.assert_allclose(half, distances(PROBE, GALLERY), atol=5e-3)


def test_bad_input_is_named():
    with pytest.raises(ConfigError, match="metric must be one of .*Did you mean 'cosine'"):
        distances(PROBE, GALLERY, "cosin")
    with pytest.raises(DataError, match=r"share parts and width.*\(5, 9\) and \(5, 8\)"):
        distances(PROBE, GALLERY[:, :, :8])
    for bad in (PROBE[:, 0], PROBE[:0], PROBE.astype(np.int32)):
        with pytest.raises(DataError, match="probe must be embeddings"):
            distances(bad, GALLERY)
    broken = GALLERY.copy()
    broken[4, 2, 1] = np.nan
    with pytest.raises(DataError, match="gallery embeddings must be finite. Received: row 4"):
        distances(PROBE, broken)
    with pytest.raises(DataError, match="probe embeddings must be finite. Received: row 4"):
        distances(broken, GALLERY, memory=1)
