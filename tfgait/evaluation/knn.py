"""k nearest neighbours by exact search, and the votes over them."""

from collections import Counter

import numpy as np

from tfgait.core.errors import DataError
from tfgait.evaluation.distance import MEMORY, check_k, distance_blocks

# argpartition makes an int64 copy: a few rows at a time keep it small beside the block itself.
CHUNK = 1 << 20


def smallest(distance, k):
    """Return the columns of the k smallest values of each row, nearest first; ties go to the lower column.

    Args:
        distance: (N, M).
        k: from 1 to M.

    Returns:
        (N, k) int64.
    """
    out = np.empty((len(distance), k), np.int64)
    rows = max(1, CHUNK // distance.shape[1])
    for start in range(0, len(distance), rows):
        out[start : start + rows] = _smallest(distance[start : start + rows], k)
    return out


def _smallest(distance, k):
    if k == 1:
        return distance.argmin(axis=1)[:, None]
    columns = np.sort(np.argpartition(distance, k - 1, axis=1)[:, :k], axis=1)
    values = np.take_along_axis(distance, columns, axis=1)
    # Equal values on both sides of the cut: the partition took any of them, the lower columns are wanted.
    unsure = np.flatnonzero(np.count_nonzero(distance <= values.max(axis=1, keepdims=True), axis=1) > k)
    columns[unsure] = np.sort(np.argsort(distance[unsure], axis=1, kind="stable")[:, :k], axis=1)
    values[unsure] = np.take_along_axis(distance[unsure], columns[unsure], axis=1)
    return np.take_along_axis(columns, np.argsort(values, axis=1, kind="stable"), axis=1)


def nearest(probe, gallery, k=1, metric="parts", memory=MEMORY):
    """Return the k nearest gallery rows of every probe and their distances, nearest first.

    Args:
        probe: embeddings (N, P, D).
        gallery: embeddings (M, P, D).
        k: from 1 to M.
        metric: see `distance_blocks`.
        memory: bytes of one block of distances.

    Returns:
        index (N, k) int64 and distance (N, k) float32.

    Raises:
        ConfigError: k is larger than the gallery.
    """
    check_k(k, len(gallery))
    index = np.empty((len(probe), k), np.int64)
    distance = np.empty((len(probe), k), np.float32)
    for start, block in distance_blocks(probe, gallery, metric, memory):
        rows = slice(start, start + len(block))
        index[rows] = smallest(block, k)
        distance[rows] = np.take_along_axis(block, index[rows], axis=1)
    return index, distance


def vote(labels):
    """Return the most frequent label of each row; of tied ones the smallest, as scikit-learn's k-NN does.

    Args:
        labels: (N, k) of any sortable type.

    Returns:
        (N,) of the same type.
    """
    names, codes = np.unique(labels, return_inverse=True)
    codes = codes.reshape(labels.shape)
    winner = np.empty(len(codes), np.int64)
    rows = max(1, CHUNK // len(names))
    for start in range(0, len(codes), rows):
        chunk = codes[start : start + rows]
        cells = chunk + np.arange(len(chunk))[:, None] * len(names)
        counts = np.bincount(cells.ravel(), minlength=len(chunk) * len(names)).reshape(len(chunk), -1)
        winner[start : start + rows] = counts.argmax(axis=1)
    return names[winner]


def predict(probe, gallery, labels, k=1, metric="parts", memory=MEMORY):
    """Return the label (N,) that the k nearest gallery items of every probe vote for.

    Equal to scikit-learn's ``KNeighborsClassifier(k)`` (uniform weights) where no two distances tie.

    Args:
        labels: (M,), of the gallery.

    Raises:
        DataError: not one label a gallery item.
        ConfigError: k is larger than the gallery.
    """
    labels = np.asarray(labels)
    if labels.shape != (len(gallery),):
        raise DataError(f"labels must be one a gallery item, ({len(gallery)},). Received: {labels.shape}.")
    return vote(labels[nearest(probe, gallery, k, metric, memory)[0]])


def majority(video, predicted):
    """Return what most sub-sequences of each video were taken for; of tied labels the one met first.

    Args:
        video: (N,), the video of every sub-sequence.
        predicted: (N,), its predicted label.

    Returns:
        first: (V,) index of each video's first sub-sequence, videos in order of appearance.
        label: (V,).
    """
    members = {}
    for row, name in enumerate(np.asarray(video).tolist()):
        members.setdefault(name, []).append(row)
    predicted = np.asarray(predicted)
    # A Counter lists equal counts in order of insertion.
    label = [Counter(predicted[rows].tolist()).most_common(1)[0][0] for rows in members.values()]
    return np.array([rows[0] for rows in members.values()], np.int64), np.array(label, predicted.dtype)
