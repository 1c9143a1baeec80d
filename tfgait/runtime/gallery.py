"""People who are known: embeddings under names, kept small, searched exactly."""

from collections import Counter
from dataclasses import asdict, dataclass

import numpy as np

from tfgait.core.errors import ConfigError, DataError, UserError, check_choice, nearest
from tfgait.evaluation.distance import METRICS, check_k, distances
from tfgait.evaluation.knn import smallest
from tfgait.evaluation.open_set import Threshold
from tfgait.runtime import gallery_file
from tfgait.runtime.person import checked_name, composed
from tfgait.runtime.stored_embeddings import STORED, check_stored, joined, kept, real, store

ABOUT = ("network", "metric", "dtype", "modality")
BLOCK = 16 << 20  # bytes of the embeddings that are real numbers at a time


@dataclass(frozen=True)
class Identification:
    """Who a walk is taken for.

    Args:
        name: of the person that most of the k nearest sequences vote for, of tied ones the nearer.
        distance: to the nearest sequence of that person, in the gallery's metric.
        known: whether it lies within the threshold; None where there is none.
        nearest: (name, distance) of the k nearest sequences, nearest first.
    """

    name: str
    distance: float
    known: bool | None
    nearest: tuple


class Gallery:
    """Embeddings of one network under names; several sequences a name.

    Args:
        network: `tfgait.runtime.sidecar.network_hash` of the network.
        metric: the network's distance, one of `tfgait.evaluation.distance.METRICS`.
        dtype: ``"float16"``, or ``"int8"`` with a scale for each part, half the size: 1,000 sequences of GaitSet's
            15,872 numbers take 31.7 MB or 16.1 MB, on disk and in memory alike.
        threshold: the distance beyond which a walk is nobody's, a number or a `Threshold`; None: everybody is somebody.
        modality: what the network takes, for whoever reads the file.

    Raises:
        ConfigError: an unknown metric or dtype, or a threshold that is not finite.

    Example:
        >>> gallery = Gallery(network_hash("model_int8.tflite"), "parts")
        >>> gallery.enrol("Ada", encoder.encode(sequences))
        >>> gallery.identify(encoder.encode([walk])[0]).name
        'Ada'
    """

    def __init__(self, network, metric="parts", dtype="float16", threshold=None, modality=""):
        check_choice("metric", metric, METRICS)
        check_choice("dtype", dtype, STORED)
        self.network, self.metric, self.dtype, self.modality = network, metric, dtype, modality
        self.threshold = threshold
        self._names, self._stored = [], None

    @property
    def threshold(self):
        """The `Threshold`, or None."""
        return self._threshold

    @threshold.setter
    def threshold(self, value):
        self._threshold = value if value is None or isinstance(value, Threshold) else Threshold(float(value))

    def __len__(self):
        """Return the number of sequences."""
        return len(self._names)

    @property
    def people(self):
        """``{name: number of sequences}``, in order of enrolment."""
        return dict(Counter(self._names))

    def enrol(self, name, embeddings):
        """Add sequences of a person, who may be there already.

        Args:
            name: any printable text of 1 to 64 characters.
            embeddings: (N, P, D), of the gallery's network.

        Raises:
            ConfigError: no such name can be.
            DataError: embeddings of another shape, of no number, or that are not finite or too large for the dtype.
        """
        name, embeddings = checked_name(name), self._checked(embeddings)
        stored = store(embeddings, self.dtype)
        self._stored = stored if self._stored is None else joined(self._stored, stored)
        self._names += [name] * len(embeddings)

    def remove(self, name):
        """Forget a person; return how many sequences were his or hers.

        Raises:
            ConfigError: nobody of that name is enrolled.
        """
        name = composed(name)
        keep = np.array([n != name for n in self._names], bool)
        if keep.all():
            raise ConfigError(
                f"name must be that of somebody enrolled. Received: name={name!r}.{nearest(name, self.people)}"
            )
        self._stored = kept(self._stored, keep) if keep.any() else None
        self._names = [n for n, stays in zip(self._names, keep, strict=True) if stays]
        return int(np.count_nonzero(~keep))

    def identify(self, embedding, k=1):
        """Return the `Identification` of a walk.

        Args:
            embedding: (P, D), of the gallery's network.
            k: nearest sequences that vote, from 1 to the size of the gallery.

        Raises:
            ConfigError: k is larger than the gallery.
            DataError: nobody is enrolled, or an embedding of another shape or not finite.
        """
        if not self._names:
            raise DataError("somebody must be enrolled before a walk can be identified. Received: an empty gallery.")
        check_k(k, len(self))
        found = self.distances(np.asarray(embedding)[None])[0]
        rows = smallest(found[None], k)[0]
        ranked = tuple((self._names[row], float(found[row])) for row in rows)
        # A Counter lists equal counts in order of insertion: of tied names the nearer comes first.
        name = Counter(name for name, _ in ranked).most_common(1)[0][0]
        distance = next(d for n, d in ranked if n == name)
        known = None if self.threshold is None else bool(distance <= self.threshold.distance)
        return Identification(name, distance, known, ranked)

    def distances(self, embeddings):
        """Return the distances (N, M), float32, of embeddings (N, P, D) to all M sequences, in order of enrolment."""
        embeddings = self._checked(embeddings)
        rows = max(1, BLOCK // (4 * embeddings[0].size))
        blocks = [
            distances(embeddings, real(self._stored, start, start + rows), self.metric)
            for start in range(0, len(self), rows)
        ]
        return np.concatenate(blocks, axis=1) if blocks else np.empty((len(embeddings), 0), np.float32)

    def save(self, path):
        """Write the gallery to a `.npz` file, whole or not at all.

        Raises:
            ConfigError: another suffix.
            DataError: nobody is enrolled.
        """
        if not self._names:
            raise DataError(f"somebody must be enrolled before {path} can be written. Received: an empty gallery.")
        about = {name: getattr(self, name) for name in ABOUT}
        threshold = self.threshold and asdict(self.threshold)
        gallery_file.write(path, {**about, "threshold": threshold}, self._names, self._stored)

    @classmethod
    def load(cls, path, network=None):
        """Read a gallery.

        Args:
            path: the file.
            network: hash of the network that it must be of; None: any.

        Raises:
            DataError: no such file, a damaged one, or one of another network.
        """
        about, names, stored = gallery_file.read(path)
        if network is not None and about.get("network") != network:
            raise DataError(
                f"{path} must be of the network {network[:12]}…, whose embeddings alone can be compared with it. "
                f"Received: a gallery of {str(about.get('network'))[:12]}…; enrol its people again with this network."
            )
        try:
            threshold = about.get("threshold") and Threshold(**about["threshold"])
            gallery = cls(**{name: str(about[name]) for name in ABOUT}, threshold=threshold)
            for name in set(names):
                if checked_name(name) != name:
                    raise ConfigError(f"name must be in composed form. Received: name={name!r}.")
            check_stored(stored, gallery.dtype, len(names))
        except (KeyError, TypeError, UserError) as error:
            raise DataError(f"{path} is no gallery, or a damaged one: {str(error)[:200]}") from error
        gallery._names, gallery._stored = names, stored
        return gallery

    def _checked(self, embeddings):
        embeddings = np.asarray(embeddings)
        wanted = None if self._stored is None else self._stored["values"].shape[1:]
        fits = embeddings.ndim == 3 and embeddings.size and wanted in (None, embeddings.shape[1:])
        if not fits or embeddings.dtype.kind != "f" or not np.isfinite(embeddings).all():
            shape = "(N, P, D)" if wanted is None else f"(N, {wanted[0]}, {wanted[1]})"
            raise DataError(
                f"embeddings must be {shape}, of a floating type, finite, at least one. "
                f"Received: shape {embeddings.shape}, {embeddings.dtype}; do they come from the gallery's network?"
            )
        return embeddings
