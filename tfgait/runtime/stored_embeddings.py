"""Embeddings in half or a quarter of their bytes: float16, or int8 with a scale for each part."""

import numpy as np

from tfgait.core.errors import DataError

STORED = ("float16", "int8")
STEPS = 127


def store(embeddings, dtype):
    """Return embeddings (N, P, D) as ``{"values": (N, P, D)}`` of a dtype; with int8 also ``"scale"`` (N, P) float32.

    Raises:
        DataError: a value is too large for float16, or for the float32 that int8 is scaled by.
    """
    with np.errstate(over="ignore"):
        embeddings = np.asarray(embeddings, np.float32)
    if not np.isfinite(embeddings).all():
        raise DataError("embeddings must be finite in float32. Received: NaN, infinity, or a number beyond 3.4e38.")
    if dtype == "int8":
        scale = np.abs(embeddings).max(axis=2) / np.float32(STEPS)
        # A part of zeros stays zeros.
        steps = np.rint(embeddings / np.where(scale > 0, scale, 1)[..., None])
        return {"values": np.clip(steps, -STEPS, STEPS).astype(np.int8), "scale": scale}
    with np.errstate(over="ignore"):
        values = embeddings.astype(np.float16)
    if not np.isfinite(values).all():
        raise DataError(f"embeddings in float16 must lie within 65,504. Received: {np.abs(embeddings).max():g}.")
    return {"values": values}


def real(stored, start, stop):
    """Return the embeddings of rows `start` to `stop` as float32."""
    values = stored["values"][start:stop].astype(np.float32)
    if "scale" in stored:
        values *= stored["scale"][start:stop, :, None]
    return values


def joined(stored, more):
    """Return two of them as one."""
    return {key: np.concatenate([stored[key], more[key]]) for key in stored}


def kept(stored, rows):
    """Return what is left of them where the mask `rows` (N,) is true."""
    return {key: value[rows] for key, value in stored.items()}


def check_stored(stored, dtype, rows):
    """Raise `DataError` unless arrays are what `store` gives for that many rows: of the dtype, fitting, finite."""
    values, scale = stored["values"], stored.get("scale")
    if values.dtype != dtype or len(values) != rows or not values.size or (scale is None) != (dtype != "int8"):
        raise DataError(f"values must be {dtype} of {rows} rows. Received: {values.dtype}, shape {values.shape}.")
    if scale is not None and (scale.dtype != np.float32 or scale.shape != values.shape[:2]):
        raise DataError(f"scale must be float32 {values.shape[:2]}. Received: {scale.dtype}, shape {scale.shape}.")
    if not np.isfinite(values if scale is None else scale).all():
        raise DataError("embeddings must be finite. Received: NaN or infinity.")
