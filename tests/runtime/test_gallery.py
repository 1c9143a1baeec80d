"""Enrolment and identification, against slow loops."""

import json

import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.evaluation.open_set import Threshold
from tfgait.runtime import gallery as module
from tfgait.runtime.gallery import Gallery
from tfgait.runtime.stored_embeddings import real, store

NETWORK = "ab" * 32


def people(count=5, each=3, parts=4, width=8, seed=0):
    """Return ``{name: (each, parts, width)}`` of people who are near themselves."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(count, 1, parts, width))
    return {
        f"person {n}": (centre + 0.2 * rng.normal(size=(each, parts, width))).astype(np.float32)
        for n, centre in enumerate(centres)
    }


def filled(known, **settings):
    gallery = Gallery(NETWORK, **settings)
    for name, embeddings in known.items():
        gallery.enrol(name, embeddings)
    return gallery


def slow_distance(a, b, metric):
    a, b = a.astype(np.float64), b.astype(np.float64)
    if metric == "flattened":
        return np.sqrt(((a - b) ** 2).sum())
    if metric == "cosine":
        return 1 - np.mean([x @ y / np.linalg.norm(x) / np.linalg.norm(y) for x, y in zip(a, b, strict=True)])
    return np.mean([np.linalg.norm(x - y) for x, y in zip(a, b, strict=True)])


@pytest.mark.parametrize("metric", ["parts", "flattened", "cosine"])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float16", 2e-3), ("int8", 2e-2)])
def test_distances_are_those_of_a_slow_loop(metric, dtype, tolerance, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 4 * 4 * 8 * 2)  # two sequences at a time
    known, probe = people(), people(1, 1, seed=9)["person 0"][0]
    gallery = filled(known, metric=metric, dtype=dtype)
    wanted = [slow_distance(probe, row, metric) for embeddings in known.values() for row in embeddings]
    np.testing.assert_allclose(gallery.distances(probe[None])[0], wanted, atol=tolerance)
    found = gallery.identify(probe, k=15)
    assert [name for name, _ in found.nearest] == [f"person {n // 3}" for n in np.argsort(wanted, kind="stable")]


def test_majority_wins_and_of_tied_names_the_nearer():
    at = {"near": [1.0], "twice": [1.5, 2.0], "far": [3.0, 3.5]}
    gallery = filled({n: np.array(v, np.float32).reshape(-1, 1, 1) for n, v in at.items()})
    zero = np.zeros((1, 1), np.float32)
    assert gallery.identify(zero).name == "near"
    assert gallery.identify(zero, k=2).name == "near"
    found = gallery.identify(zero, k=3)
    assert (found.name, found.distance) == ("twice", 1.5)
    assert gallery.identify(zero, k=5).name == "twice"
    assert found.nearest == (("near", 1.0), ("twice", 1.5), ("twice", 2.0))


def test_beyond_the_threshold_nobody_is_known():
    gallery = filled({"a": np.ones((1, 1, 1), np.float32)}, threshold=0.5)
    assert gallery.identify(np.full((1, 1), 1.5, np.float32)).known
    stranger = gallery.identify(np.full((1, 1), 1.75, np.float32))
    assert (stranger.known, stranger.name, stranger.distance) == (False, "a", 0.75)
    gallery.threshold = None
    assert gallery.identify(np.full((1, 1), 1e4, np.float32)).known is None


def test_more_of_a_name_is_added_and_a_name_is_forgotten():
    known = people(3, 2)
    gallery = filled(known)
    gallery.enrol("person 1", known["person 1"][:1])
    assert gallery.people == {"person 0": 2, "person 1": 3, "person 2": 2}
    assert gallery.remove("person 1") == 3
    assert gallery.people == {"person 0": 2, "person 2": 2}
    probe = known["person 1"][0]
    wanted = [slow_distance(probe, row, "parts") for n in (0, 2) for row in known[f"person {n}"]]
    np.testing.assert_allclose(gallery.distances(probe[None])[0], wanted, atol=2e-3)
    with pytest.raises(ConfigError, match="name='persn 2'. Did you mean 'person 2'"):
        gallery.remove("persn 2")


def test_a_thousand_published_embeddings_fit_the_bytes_promised(tmp_path):
    embeddings = np.random.default_rng(0).standard_normal((1000, 62, 256), np.float32)
    gallery = Gallery(NETWORK, dtype="int8")
    for first in range(0, 1000, 200):
        gallery.enrol(f"{first:064d}", embeddings[first : first + 200])
    gallery.save(tmp_path / "people.npz")
    assert (tmp_path / "people.npz").stat().st_size <= 16.5e6
    assert sum(array.nbytes for array in gallery._stored.values()) <= 16.5e6
    assert Gallery.load(tmp_path / "people.npz", NETWORK).identify(embeddings[777]).name == f"{600:064d}"
    halves = Gallery(NETWORK)
    halves.enrol("a", embeddings[:100])
    halves.save(tmp_path / "halves.npz")
    assert (tmp_path / "halves.npz").stat().st_size <= 3.2e6


def test_int8_rounds_to_half_a_step_of_its_part():
    embeddings = np.random.default_rng(0).normal(size=(4, 3, 16)).astype(np.float32) * [[1], [100], [0]]
    stored = store(embeddings, "int8")
    error = np.abs(real(stored, 0, 4) - embeddings).max(axis=2)
    assert (error <= np.abs(embeddings).max(axis=2) / 127 / 2 * 1.001).all()
    assert error[:, 0].max() > 0


def test_values_beyond_float32_are_named_not_stored_as_nan():
    gallery = Gallery("0" * 64, dtype="int8")
    with pytest.raises(DataError, match="finite in float32"):
        gallery.enrol("ada", np.full((1, 2, 3), 1e39))
    assert len(gallery) == 0


def test_values_beyond_float16_are_named():
    with pytest.raises(DataError, match="within 65,504. Received: 70000"):
        Gallery(NETWORK).enrol("a", np.full((1, 1, 1), 7e4, np.float32))
    Gallery(NETWORK, dtype="int8").enrol("a", np.full((1, 1, 1), 7e4, np.float32))


@pytest.mark.parametrize("dtype", ["float16", "int8"])
def test_file_gives_back_all_of_it(tmp_path, dtype):
    threshold = Threshold(1.25, 0.01, 0.9, 100, 50)
    gallery = filled(people(), metric="cosine", dtype=dtype, threshold=threshold, modality="flow")
    gallery.enrol("Zoë 王", people(1, 1, seed=4)["person 0"])
    gallery.save(tmp_path / "people.npz")
    found = Gallery.load(tmp_path / "people.npz", NETWORK)
    for name in ("network", "metric", "dtype", "modality", "threshold", "people"):
        assert getattr(found, name) == getattr(gallery, name)
    probe = people(1, 1, seed=9)["person 0"][0]
    assert found.identify(probe, k=3) == gallery.identify(probe, k=3)
    found.enrol("person 0", people()["person 0"])
    assert len(found) == 19


def test_another_network_is_refused(tmp_path):
    filled(people()).save(tmp_path / "people.npz")
    with pytest.raises(DataError, match="must be of the network cdcdcdcdcdcd….*gallery of abababababab"):
        Gallery.load(tmp_path / "people.npz", "cd" * 32)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\tb", "x" * 65, "\x00", "\ud800", 7, None])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(ConfigError, match="name must be printable text of 1 to 64 characters"):
        Gallery(NETWORK).enrol(name, np.ones((1, 2, 3), np.float32))


def test_a_name_written_in_two_ways_is_one_person():
    gallery = filled({"Zoe\u0308": np.ones((1, 1, 1), np.float32), " Zo\u00eb ": np.ones((1, 1, 1), np.float32)})
    assert gallery.people == {"Zo\u00eb": 2}
    assert gallery.remove("Zoe\u0308") == 2


@pytest.mark.parametrize(
    "wrong",
    [np.ones((2, 3)), np.ones((0, 4, 8)), np.ones((1, 4, 7)), np.ones((1, 4, 8), int), np.full((1, 4, 8), np.nan)],
)
def test_embeddings_that_do_not_fit(wrong):
    gallery = filled(people())
    with pytest.raises(DataError, match=r"embeddings must be \(N, 4, 8\)"):
        gallery.enrol("a", wrong)
    assert len(gallery) == 15


def test_more_neighbours_than_the_gallery_has():
    with pytest.raises(ConfigError, match="from 1 to 15.*k=16"):
        filled(people()).identify(np.ones((4, 8)), k=16)
    with pytest.raises(DataError, match="empty gallery"):
        Gallery(NETWORK).identify(np.ones((4, 8)))


def test_unknown_words_name_the_nearest():
    with pytest.raises(ConfigError, match="Did you mean 'float16'"):
        Gallery(NETWORK, dtype="float6")
    with pytest.raises(ConfigError, match="Did you mean 'cosine'"):
        Gallery(NETWORK, "cosin")


def test_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "people.npz"
    filled(people()).save(path)
    before = path.read_bytes()
    monkeypatch.setattr(np, "savez", lambda *a, **k: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        filled(people(2)).save(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["people.npz"]
    with pytest.raises(ConfigError, match="must end in .npz"):
        filled(people()).save(tmp_path / "people.txt")
    with pytest.raises(DataError, match="empty gallery"):
        Gallery(NETWORK).save(path)


def test_about_is_readable_text(tmp_path):
    filled(people(), threshold=2).save(tmp_path / "people.npz")
    about = json.loads(np.load(tmp_path / "people.npz")["about"].item())
    assert about["network"] == NETWORK
    assert about["threshold"]["distance"] == 2
