"""Frames of a camera → names: who walks by, followed, embedded and looked up while the frames come."""

import statistics
from collections import Counter
from dataclasses import dataclass, field

from tfgait.preprocess.walks import Follower

LEAST = 15  # frames of a walk; fewer name nobody


@dataclass
class Track:
    """One person from coming to leaving.

    Args:
        number: from 1.
        first, last: numbers of the first and last frame that show the person, from 0.
        frames: that show the person.
        answers: an `Identification` for each time the gallery was asked.
    """

    number: int
    first: int
    last: int = 0
    frames: int = 0
    answers: list = field(default_factory=list)

    @property
    def name(self):
        """What most answers say, of tied names the nearest; empty where the walk was too short for an answer."""
        counts = Counter(answer.name for answer in self.answers)
        return min(counts, key=lambda name: (-counts[name], min(self._distances(name))), default="")

    @property
    def distance(self):
        """The median distance of the answers that give the name; NaN without one."""
        return statistics.median(self._distances(self.name)) if self.answers else float("nan")

    @property
    def known(self):
        """Whether most answers that give the name lie within the gallery's threshold; None where it has none."""
        told = [answer.known for answer in self.answers if answer.name == self.name]
        if None in told:
            return None
        return 2 * sum(told) > len(told)

    def record(self):
        """Return what a result holds of it."""
        facts = {name: getattr(self, name) for name in ("first", "last", "frames", "name", "distance", "known")}
        return {"track": self.number, **facts, "answers": len(self.answers)}

    def _distances(self, name):
        return [answer.distance for answer in self.answers if answer.name == name]


class Naming:
    """Names whoever walks by; `tracks` holds everybody so far.

    Args:
        stream: of the gallery's network, as `tfgait.runtime.stream.open_stream` gives it.
        gallery: `Gallery` with somebody in it.
        every: frames of a walk between two questions to the gallery.
        k: nearest sequences that vote.
        follower: a `Follower`, which may know the background.
    """

    def __init__(self, stream, gallery, every=10, k=1, follower=None):
        self.tracks = []
        self._stream, self._gallery, self._every, self._k = stream, gallery, every, k
        self._follower, self._frame, self._current = follower or Follower(), -1, None

    def see(self, frame):
        """Take the next frame; return (`Sighting`, its `Track`), or (None, None) where nobody is seen.

        Raises:
            DataError: no frame, one of another size than the first, or a stream that does not take silhouettes.
        """
        self._frame += 1
        seen = self._follower.see(frame)
        if self._current and self._follower.track != self._current.number:
            self.end()
        if seen is None:
            return None, None
        if self._current is None:
            self._current = Track(seen.track, self._frame)
            self.tracks.append(self._current)
        track = self._current
        track.frames, track.last = track.frames + 1, self._frame
        self._stream.push(seen.silhouette)
        if track.frames % self._every == 0 and self._stream.ready:
            self._ask()
        return seen, track

    def end(self):
        """End the present track: ask at last if nothing was asked, however few of the frames that count there are."""
        if self._current and not self._current.answers:
            self._ask()
        self._stream.reset()
        self._current = None

    def _ask(self):
        if self._current.frames >= LEAST:
            self._current.answers.append(self._gallery.identify(self._stream.embedding(), self._k))
