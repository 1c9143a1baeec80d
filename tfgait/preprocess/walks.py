"""Who walks through a video, frame by frame: aligned silhouettes, one person at a time, in tracks."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from tfgait.preprocess.background import background_of
from tfgait.preprocess.foreground import Foreground
from tfgait.preprocess.silhouettes import align, cut
from tfgait.preprocess.tracks import GAP
from tfgait.preprocess.video import open_video

PACE = 0.15  # heights of a person that the middle of the box may move from one frame to the next
GROWTH = 1.5  # the factor by which a box may grow or shrink between two sightings


@dataclass(frozen=True)
class Sighting:
    """Somebody in one frame.

    Args:
        track: number of the track, from 1.
        box: x, y, width, height in pixels of the frame.
        silhouette: (64, 44, 1) uint8, aligned, as a store keeps it.
    """

    track: int
    box: tuple
    silhouette: np.ndarray


class Follower:
    """Follows the largest person of a video.

    A track ends where the person is not seen for more than 12 frames, or where the next sighting is another's: too far
    away for a step, or of another size.

    Args:
        foreground: a `Foreground`, which may have learnt the background.
    """

    def __init__(self, foreground=None):
        self.foreground = foreground or Foreground()
        self._number, self._absent, self._box = 0, 0, None

    @property
    def track(self):
        """The number of the track that goes on, from 1; 0 where nobody is followed."""
        return self._number if self._box else 0

    def see(self, frame):
        """Return the `Sighting` in the next frame, or None; errors as of `Foreground.find`."""
        person = self.foreground.find(frame)
        self._absent += 1
        aligned = align([person.mask])[0] if person else ()
        if not len(aligned):
            self._box = self._box if self._absent <= GAP else None
            return None
        if self._box is None or self._is_another(person.box):
            self._number += 1
        self._absent, self._box = 0, person.box
        return Sighting(self._number, person.box, cut(aligned)[0, ..., None])

    def _is_another(self, box):
        before, now = (np.array([x + w / 2, y + h / 2]) for x, y, w, h in (self._box, box))
        low, high = sorted((self._box[3], box[3]))
        return np.abs(now - before).max() > PACE * self._absent * high or high > GROWTH * low


def walks_in(path):
    """Return the silhouettes of everybody who walks through a video file.

    Args:
        path: of an AVI, MP4, QuickTime or Matroska file from a camera that stands still; it is decoded twice, the first
            time for the background.

    Returns:
        list of (T, 64, 44, 1) uint8, one a track, as they come; empty where nobody is seen.

    Raises:
        DataError: as of `open_video`, or the file is cut short.
    """
    with open_video(path) as video:
        background = background_of(video)
    with open_video(path) as video:
        return walks_before(background, video)


def walks_before(background, frames):
    """Return the silhouettes of everybody who walks before a known background, as `walks_in`.

    Args:
        background: one frame, as of `background_of`.
        frames: an iterable of frames like it, read once.
    """
    follower, found = Follower(), defaultdict(list)
    follower.foreground.learn(background)
    for seen in map(follower.see, frames):
        if seen:
            found[seen.track].append(seen.silhouette)
    return [np.stack(silhouettes) for silhouettes in found.values()]
