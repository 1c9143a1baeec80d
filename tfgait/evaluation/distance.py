"""Distances between embeddings, in blocks of bounded memory."""

import numpy as np

from tfgait.core.errors import ConfigError, DataError, check_choice

METRICS = ("parts", "flattened", "cosine")
MEMORY = 256 << 20
# One tile of products stays in the processor's cache while it is turned into distances.
TILE_ROWS, TILE_COLUMNS = 512, 8192


def distance_blocks(probe, gallery, metric="parts", memory=MEMORY):
    """Yield ``(start, block)``: the distances of probes ``start, start + 1, …`` to the whole gallery.

    Args:
        probe: embeddings (N, P, D), any floating type.
        gallery: embeddings (M, P, D).
        metric: ``parts``: mean over the P parts of the Euclidean distance (OpenGait);
            ``flattened``: Euclidean distance of the P·D values (original GaitSet);
            ``cosine``: 1 - mean over the parts of the cosine, in [0, 2]; a zero vector has cosine 0.
        memory: bytes one block may take; one row is always made. Beside it stand one part of the gallery
            (M·D·4 bytes, for ``cosine`` for a moment five times that) and 16 MiB.

    Yields:
        start: index of the block's first probe.
        block: (n, M) float32, the caller's own.

    Raises:
        ConfigError: an unknown metric.
        DataError: shapes that do not fit, no row, or values that are not finite.
    """
    check_choice("metric", metric, METRICS)
    _check(probe, gallery)
    rows = max(1, int(memory) // (4 * len(gallery)))
    # Distances do not change when everything is moved; near the origin float32 rounds them less.
    if metric == "cosine":
        with np.errstate(invalid="ignore"):  # what is not finite is named below
            centre = np.stack([_unit(gallery[:, part]).mean(axis=0) for part in range(gallery.shape[1])])
    else:
        centre = gallery.mean(axis=0, dtype=np.float64).astype(np.float32)
    for start in range(0, len(probe), rows):
        yield start, _block(probe[start : start + rows], start, gallery, metric, centre)


def distances(probe, gallery, metric="parts", memory=MEMORY):
    """Return all distances (N, M) float32 at once; see `distance_blocks`, which bounds the memory."""
    out = np.empty((len(probe), len(gallery)), np.float32)
    for start, block in distance_blocks(probe, gallery, metric, memory):
        out[start : start + len(block)] = block
    return out


def _block(probe, start, gallery, metric, centre):
    parts = probe.shape[1]
    out = np.zeros((len(probe), len(gallery)), np.float32)
    scratch = np.empty((min(TILE_ROWS, len(probe)), min(TILE_COLUMNS, len(gallery))), np.float32)
    for part in range(parts):
        q, q2 = _prepare(probe[:, part], centre[part], metric, "probe", start)
        g, g2 = _prepare(gallery[:, part], centre[part], metric, "gallery", 0)
        for top in range(0, len(q), TILE_ROWS):
            r = slice(top, min(top + TILE_ROWS, len(q)))
            for left in range(0, len(g), TILE_COLUMNS):
                c = slice(left, min(left + TILE_COLUMNS, len(g)))
                tile = scratch[: r.stop - r.start, : c.stop - c.start]
                np.matmul(q[r], g[c].T, out=tile)
                tile *= -2
                tile += q2[r, None]
                tile += g2[c]
                if metric == "parts":
                    np.maximum(tile, 0, out=tile)
                    np.sqrt(tile, out=tile)
                out[r, c] += tile
    if metric == "flattened":
        return np.sqrt(np.maximum(out, 0, out=out), out=out)
    if metric == "cosine":
        # Of vectors of length 1 it is half the squared distance.
        np.maximum(out, 0, out=out)
        parts *= 2
    out /= parts
    return out


def _prepare(vectors, centre, metric, what, first):
    """Return one part as a contiguous, centred or normalised copy, and its squared norms."""
    vectors = vectors.astype(np.float32)
    bad = ~np.isfinite(vectors).all(axis=1)
    if bad.any():
        raise DataError(f"{what} embeddings must be finite. Received: row {first + int(bad.argmax())} is not.")
    if metric == "cosine":
        units = _unit(vectors)
        nothing = ~units.any(axis=1)
        units -= centre
        vectors = units.astype(np.float32)
    else:
        vectors -= centre
    squares = np.einsum("nd,nd->n", vectors, vectors)
    if metric == "cosine":
        # What a zero vector lacks to the distance of right angles.
        squares += nothing
    return vectors, squares


def _unit(vectors):
    """Return the vectors (N, D) with length 1, in float64; zero stays zero."""
    vectors = vectors.astype(np.float64)
    vectors /= np.maximum(np.sqrt(np.einsum("nd,nd->n", vectors, vectors)), 1e-12)[:, None]
    return vectors


def _check(probe, gallery):
    for what, array in (("probe", probe), ("gallery", gallery)):
        if array.ndim != 3 or 0 in array.shape or array.dtype.kind != "f":
            raise DataError(
                f"{what} must be embeddings (N, P, D) of a floating type with at least one row. "
                f"Received: shape {array.shape}, {array.dtype}."
            )
    if probe.shape[1:] != gallery.shape[1:]:
        raise DataError(
            f"probe and gallery must share parts and width (P, D). "
            f"Received: {probe.shape[1:]} and {gallery.shape[1:]}; do they come from the same network?"
        )


def check_k(k, available, where="the gallery"):
    """Raise `ConfigError` unless `k` neighbours can be found among `available` gallery items."""
    if not isinstance(k, (int, np.integer)) or isinstance(k, bool) or not 1 <= k <= available:
        raise ConfigError(f"k must be a whole number from 1 to {available}, the items of {where}. Received: k={k}.")
