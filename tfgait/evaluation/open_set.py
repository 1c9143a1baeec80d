"""Open set: the distance above which a probe is nobody in the gallery, chosen on validation data."""

import math
from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import ConfigError, DataError


@dataclass(frozen=True)
class Threshold:
    """A largest distance, and how it came about; what was not measured is None.

    Args:
        distance: a probe farther than this from everybody is nobody in the gallery.
        false_accept: share of impostor probes that lie within it.
        genuine_accept: share of genuine probes that do.
        impostors: impostor probes it was chosen on.
        genuines: genuine probes.
    """

    distance: float
    false_accept: float | None = None
    genuine_accept: float | None = None
    impostors: int | None = None
    genuines: int | None = None

    def __post_init__(self):
        measured = [value for value in vars(self).values() if value is not None]
        if self.distance is None or not all(isinstance(v, (int, float)) and math.isfinite(v) for v in measured):
            raise ConfigError(f"threshold must be a finite distance. Received: threshold={str(self.distance)[:40]}.")


def choose_threshold(genuine, impostor, false_accept=0.01):
    """Return the `Threshold` of the largest distance at which at most a share of the impostor probes is accepted.

    With n impostors that is the largest number below the distance of rank ``floor(false_accept · n) + 1``, nearest
    first: a probe is accepted up to and including the threshold, and equal distances are refused together.

    Args:
        genuine: distances (G,) of probes of enrolled people to the nearest sequence of their own.
        impostor: distances (I,) of probes of people not enrolled to the nearest sequence of anybody.
        false_accept: in [0, 1).

    Raises:
        ConfigError: `false_accept` out of its range.
        DataError: either is empty, not one-dimensional, or holds what is not finite.
    """
    if not 0 <= false_accept < 1:
        raise ConfigError(f"false_accept must lie in [0, 1). Received: false_accept={false_accept}.")
    genuine, impostor = _checked(genuine, "genuine"), np.sort(_checked(impostor, "impostor"))
    distance = float(np.nextafter(impostor[int(round(false_accept * len(impostor), 6))], -np.inf))
    return Threshold(
        distance=distance,
        false_accept=float(np.mean(impostor <= distance)),
        genuine_accept=float(np.mean(genuine <= distance)),
        impostors=len(impostor),
        genuines=len(genuine),
    )


def _checked(distances, what):
    distances = np.asarray(distances, np.float64)
    if distances.ndim != 1 or not distances.size or not np.isfinite(distances).all():
        raise DataError(
            f"{what} must be distances (N,), finite, at least one. Received: shape {distances.shape}"
            + (", not all finite." if distances.size else ".")
        )
    return distances
