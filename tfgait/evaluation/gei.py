"""Gait energy images, the baseline every network must beat.

Reference: Han, Bhanu, "Individual Recognition Using Gait Energy Image", PAMI 2006.
"""

import numpy as np

from tfgait.core.errors import DataError


def gait_energy_image(frames):
    """Return the mean of aligned silhouettes (T, H, W) or (T, H, W, 1), 0 to 255, as (H, W) float32 in [0, 1]."""
    frames = np.asarray(frames)
    if frames.ndim not in (3, 4) or 0 in frames.shape or frames.shape[3:] not in ((), (1,)):
        raise DataError(f"frames must be (T, H, W) or (T, H, W, 1), T at least 1. Received: shape {frames.shape}.")
    return (frames.reshape(frames.shape[:3]).mean(axis=0, dtype=np.float64) / 255).astype(np.float32)


def gei_embeddings(sequences, progress=None):
    """Return the gait energy images of sequences as embeddings (N, 1, H·W) float32.

    Args:
        sequences: a sized iterable of frame arrays, all of one H × W.
        progress: ``progress(done, total, what)`` or None.
    """
    images = []
    for done, frames in enumerate(sequences, 1):
        images.append(gait_energy_image(frames))
        if progress:
            progress(done, len(sequences), "gait energy images")
    shapes = {image.shape for image in images}
    if len(shapes) != 1:
        raise DataError(f"sequences must be at least one, all of one height and width. Received: {sorted(shapes)}.")
    return np.stack(images).reshape(len(images), 1, -1)
