import numpy as np
import pytest

from tfgait.preprocess.walks import Sighting
from tfgait.workflows import figures_live as module
from tfgait.workflows.film_walks import Replay, film_walk
from tfgait.workflows.naming import Naming


@pytest.fixture(scope="module")
def filmed():
    return film_walk(60, (9200, "nm-01", "090"))


def test_what_is_found_lies_over_what_was_rendered(filmed):
    assert len(filmed.seen) == len(filmed.exact) == 85
    both = [(s, e) for s, e in zip(filmed.seen, filmed.exact, strict=True) if s and e]
    assert len(both) == len(filmed.overlaps) >= 30 and min(filmed.overlaps) > 0.75
    for seen, exact in both:
        np.testing.assert_allclose(seen.box, exact.box, atol=6)
        apart = (seen.silhouette > 127) != (exact.silhouette > 127)
        assert apart.sum() < 0.5 * (exact.silhouette > 127).sum()


def test_a_replay_is_followed_like_a_video():
    pushed = []

    class Stream:
        ready = True
        push = staticmethod(lambda frame: pushed.append(int(frame[0, 0, 0])))
        reset = staticmethod(lambda: pushed.append("reset"))

    def sighting(track, value):
        return Sighting(track, (0, 0, 1, 1), np.full((64, 44, 1), value, np.uint8))

    naming = Naming(Stream(), gallery=None, follower=Replay())
    for frame in (None, sighting(1, 10), None, sighting(1, 11), sighting(2, 20)):
        naming.see(frame)
    assert pushed == [10, 11, "reset", 20] and [t.frames for t in naming.tracks] == [2, 1]


def test_a_record_of_masks_names_and_times(monkeypatch):
    monkeypatch.setattr(module, "VIEWS", ("090",))
    monkeypatch.setattr(module, "ENROLLED", ("nm-02",))
    monkeypatch.setattr(module, "PROBES", ("nm-05",))
    monkeypatch.setattr(module, "TRAINED", range(1000, 1002))
    found = module.figures_live(people=2, frames=60)
    assert found["films"] == 4 and found["iou, 5th percentile"] < found["iou"] < 1 and 0 <= found["missed, %"] < 10
    assert {k: v for k, v in found.items() if k.startswith("rank1")} == {
        "rank1 nm": 100, "rank1 nm, exact masks": 100, "rank1 nm, streamed": 100
    }  # fmt: skip
    shared = sum(found[f"ms, {name}"] for name in ("decode", "find the person", "align", "draw", "write"))
    for name in ("", ", streamed"):
        answer = (found[f"ms, answer{name}"] + found["ms, look up"]) / 10
        total = shared + found[f"ms, frame{name}"] + answer
        assert found[f"ms a frame{name}"] == pytest.approx(total, abs=0.02)
        assert found[f"frames a second{name}"] == pytest.approx(1000 / total, rel=0.02)
