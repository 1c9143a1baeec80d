import numpy as np
import pytest

from tfgait.preprocess.walks import Sighting
from tfgait.runtime.gallery import Gallery, Identification
from tfgait.workflows.naming import LEAST, Naming, Track


class Script:
    """A follower that sees a track a frame, 0 for nobody; a track ends where another number or 0 stands."""

    def __init__(self, numbers):
        self._left, self.track = iter(numbers), 0

    def see(self, frame):
        self.track = next(self._left)
        return Sighting(self.track, (1, 2, 3, 4), np.full((64, 44, 1), self.track, np.uint8)) if self.track else None


class Last:
    """A stream of a window of five frames whose embedding tells the tracks of all frames since the last reset."""

    def __init__(self):
        self.frames, self.resets = [], 0

    def push(self, frame):
        self.frames.append(int(frame[0, 0, 0]))

    @property
    def ready(self):
        return len(self.frames) >= 5

    def embedding(self):
        assert len(set(self.frames)) == 1, "frames of several people"
        return np.full((1, 2), self.frames[0], np.float32)

    def reset(self):
        self.frames, self.resets = [], self.resets + 1


def gallery(threshold=None):
    made = Gallery("a" * 64, "parts", threshold=threshold)
    for name, value in (("Ada", 1.0), ("Ben", 2.25)):
        made.enrol(name, np.full((1, 1, 2), value, np.float32))
    return made


def named(numbers, every=4, **about):
    stream = Last()
    naming = Naming(stream, gallery(**about), every, follower=Script(numbers))
    seen = [naming.see(None) for _ in numbers]
    naming.end()
    return naming.tracks, seen, stream


def test_everybody_is_named_by_frames_of_their_own():
    (first, second), seen, stream = named([0, 0, *[1] * 20, 0, *[2] * 17])
    assert (first.first, first.last, first.frames, first.name) == (2, 21, 20, "Ada")
    assert (second.first, second.last, second.frames, second.name) == (23, 39, 17, "Ben")
    assert second.distance == pytest.approx(np.sqrt(2) * 0.25) and first.distance == 0
    assert stream.resets == 2
    assert seen[0] == seen[22] == (None, None) and seen[5][0].box == (1, 2, 3, 4) and seen[5][1] is first


def test_the_gallery_is_asked_now_and_then_once_there_are_enough_frames():
    [track], _, _ = named([1] * 30, every=4)
    assert len(track.answers) == 30 // 4 - (LEAST - 1) // 4
    [track], _, _ = named([1] * 30, every=50)
    assert len(track.answers) == 1  # at the end


def test_a_walk_that_is_too_short_names_nobody():
    (short, enough), _, _ = named([*[1] * (LEAST - 1), *[2] * LEAST], every=1)
    assert (short.name, short.answers, short.known) == ("", [], False) and np.isnan(short.distance)
    assert enough.name == "Ben"


def test_who_is_farther_than_the_threshold_is_not_known():
    (first, second), _, _ = named([*[1] * 20, *[2] * 20], threshold=0.1)
    assert first.known and not second.known and second.name == "Ben"


def test_a_track_is_who_most_answers_say():
    def said(name, distance, known=True):
        return Identification(name, distance, known, ((name, distance),))

    track = Track(1, 0, answers=[said("Ada", 3.0), said("Ben", 1.0), said("Ada", 2.0, False), said("Ada", 9.0)])
    assert (track.name, track.distance, track.known) == ("Ada", 3.0, True)
    track.answers += [said("Ben", 2.0, False), said("Ben", 2.0, False)]
    assert (track.name, track.distance, track.known) == ("Ben", 2.0, False)  # of three answers each, the nearest
    assert track.record()["answers"] == 6 and track.record()["track"] == 1


def test_a_follower_of_its_own_where_none_is_given():
    naming = Naming(Last(), gallery())
    assert naming.see(np.zeros((60, 80, 3), np.uint8)) == (None, None)
    naming.end()
    assert naming.tracks == []
