import numpy as np
import pytest

from tfgait.core.errors import ConfigError
from tfgait.preprocess.video import read_video_file
from tfgait.synthesis.film import EMPTY, film
from tfgait.workflows import prepare_sources
from tfgait.workflows.synthesize import SynthesizeOptions, synthesize


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path / "home"))


def options(out, **changes):
    few = {"subjects": 1, "first": 9201, "frames": 4, "views": ("090", "018"), "conds": ("nm-01",)}
    return SynthesizeOptions(**{**few, "format": "video", "processes": 1, "out": str(out), **changes})


def test_a_film_a_walk_and_view(tmp_path):
    result = synthesize(options(tmp_path / "films"))
    found = sorted((tmp_path / "films").rglob("*.mp4"))
    assert [str(p.relative_to(tmp_path)) for p in found] == [f"films/9201/nm-01/{v}.mp4" for v in ("018", "090")]
    assert (result.subjects, result.sequences, result.frames) == (1, 2, 2 * (EMPTY + 4))
    assert result.files == {"rgb": str(tmp_path / "films")} and not result.reused
    frames, fps = read_video_file(found[0], colour=True)
    pictures, silhouettes = film(9200, "nm-01", "018", seed=0, frames=4)
    assert frames.shape == pictures.shape and fps == 25
    lost = np.abs(frames.astype(int) - pictures)[silhouettes > 0].mean()
    assert lost < 10 < np.abs(frames[..., ::-1].astype(int) - pictures)[silhouettes > 0].mean()
    [walk, _] = prepare_sources.find(tmp_path / "films", ("rgb",)).walks
    assert (walk.subject, walk.condition, walk.view, walk.inputs) == ("9201", "nm-01", "018", {"image": found[0]})


def test_what_is_there_stays_and_what_is_missing_is_made(tmp_path):
    synthesize(options(tmp_path / "films"))
    kept, lost = sorted((tmp_path / "films").rglob("*.mp4"))
    assert synthesize(options(tmp_path / "films")).reused
    before, whole = kept.stat().st_mtime_ns, lost.read_bytes()
    lost.unlink()
    (tmp_path / "films" / "walkers.json").write_text(
        (tmp_path / "films" / "walkers.json").read_text().replace('"done": true', '"done": false')
    )
    synthesize(options(tmp_path / "films"))
    assert kept.stat().st_mtime_ns == before and lost.read_bytes() == whole


def test_films_like_tum_gaid(tmp_path):
    synthesize(options(tmp_path / "films", layout="tum_gaid", views=(), conds=("n-01",), first=1))
    assert [str(p.relative_to(tmp_path / "films")) for p in (tmp_path / "films").rglob("*.mp4")] == [
        "image/p001/n01.mp4"
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"modalities": ("flow",)}, "modalities must be rgb for videos. Received: modalities=flow"),
        ({"mocap": "/no/such/folder"}, "format must be store or png with mocap"),
        ({"format": "vidoe"}, "format must be one of store, png, video. .*Did you mean 'video'"),
    ],
)
def test_what_cannot_be_filmed(tmp_path, changes, message):
    with pytest.raises(ConfigError, match=message):
        synthesize(options(tmp_path / "films", **changes))
    assert not (tmp_path / "films").exists()
