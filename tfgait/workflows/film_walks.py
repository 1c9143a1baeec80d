"""Films of walkers as `live` sees them, beside what it would see if its masks were exact."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfgait.preprocess.background import background_of
from tfgait.preprocess.foreground import EDGE, Foreground
from tfgait.preprocess.silhouettes import align, boxes, cut
from tfgait.preprocess.video import open_video
from tfgait.preprocess.walks import Follower, Sighting
from tfgait.synthesis.film import film
from tfgait.workflows.walker_films import write_film


@dataclass(frozen=True)
class Filmed:
    """One film.

    Args:
        seen: a `Sighting` or None a frame, as found in the video.
        exact: the same of the rendered silhouettes, where the person is in the picture from head to feet.
        overlaps: intersection by union of found and rendered mask, of each frame that has both.
    """

    seen: list
    exact: list
    overlaps: list


def film_walk(frames, job):
    """Return the `Filmed` of a walk (number from 0, condition, view) of so many frames, through a video file."""
    pictures, masks = film(*job, seed=0, frames=frames)
    with tempfile.TemporaryDirectory(prefix="tfgait-") as folder:
        path = write_film(Path(folder) / "walk.mp4", pictures)
        follower = learnt(path)
        finder, found = follower.foreground, []
        # The masks are wanted too, which a follower keeps to itself.
        follower.foreground = _Telling(finder, found)
        with open_video(path) as video:
            seen = [follower.see(frame) for frame in video]
    exact = [_exact(mask) for mask in masks]
    pairs = zip(found, masks, exact, strict=True)
    return Filmed(seen, exact, [_overlap(p.mask, mask) for p, mask, there in pairs if p and there])


def learnt(path):
    """Return a `Follower` that knows the background of a video file."""
    follower = Follower(Foreground())
    with open_video(path) as video:
        follower.foreground.learn(background_of(video))
    return follower


class Replay:
    """A follower of sightings that are known already: `Naming` is given them in place of frames."""

    track = 0

    def see(self, sighting):
        """Return the sighting."""
        self.track = sighting.track if sighting else self.track
        return sighting


class _Telling:
    def __init__(self, finder, found):
        self._finder, self._found = finder, found

    def find(self, frame):
        self._found.append(self._finder.find(frame))
        return self._found[-1]


def _exact(mask):
    """Return the `Sighting` of a rendered mask, None where it is empty or reaches the edge of the picture."""
    x, y, width, height = boxes(mask[None])[0].tolist()
    inside = min(x, y) >= EDGE and x + width <= mask.shape[1] - EDGE and y + height <= mask.shape[0] - EDGE
    aligned = align([mask])[0] if height and inside else ()
    return Sighting(1, (x, y, width, height), cut(aligned)[0, ..., None]) if len(aligned) else None


def _overlap(found, mask):
    return np.count_nonzero(found & mask) / np.count_nonzero(found | mask)
