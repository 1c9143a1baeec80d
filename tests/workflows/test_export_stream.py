import json

import numpy as np
import pytest

from tfgait.core.errors import ConfigError
from tfgait.datasets.store import StoreWriter
from tfgait.nets import build
from tfgait.workflows.evaluate import EvaluateOptions, evaluate
from tfgait.workflows.export import ExportOptions, export


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with a run of a tiny GaitSet that knows its data, on which it was trained for int8."""
    home = tmp_path_factory.mktemp("home")
    run = home / "runs" / "tiny"
    run.mkdir(parents=True)
    build("gaitset_tiny").save(run / "model.keras")
    (run / "ranges.json").write_text("{}")
    rng = np.random.default_rng(0)
    with StoreWriter(home / "data" / "walks" / "silhouettes.h5", modality="silhouettes", shape=(16, 12, 1)) as writer:
        for subject in ("001", "002", "003"):
            for repetition in ("nm-01", "nm-05"):
                frames = (rng.random((25, 16, 12, 1)) > 0.5).astype(np.uint8) * 255
                writer.add(frames, subject=subject, condition=repetition, view="090", name=f"{subject}-{repetition}")
    (run / "manifest.json").write_text(
        json.dumps({"modality": "silhouettes", "data": "data/walks", "classes": ["001"]})
    )
    (home / "runs" / "latest").symlink_to("tiny")
    return home


@pytest.fixture(autouse=True)
def at_home(home, monkeypatch):
    monkeypatch.setenv("TFGAIT_HOME", str(home))


def test_exported_and_scored_like_any_model(home):
    result = export(ExportOptions(stream=True))
    assert result.file == str(home / "runs" / "tiny" / "model_stream.tflite")
    assert result.cosine > 0.99999
    whole = export(ExportOptions())
    scores = [
        evaluate(EvaluateOptions(model=file, people="all", knn=1, frames=frames))
        for file, frames in ((result.file, "central"), (whole.file, "central"), (result.file, "all"))
    ]
    assert scores[0].rank1 == scores[1].rank1
    assert scores[2].probes == scores[0].probes


def test_int8_stages_have_ranges_of_their_own(home):
    """Ranges from training are those of the whole network; the file beside it here would be refused."""
    result = export(ExportOptions(stream=True, precision="int8", calibration=2))
    assert result.file.endswith("model_stream_int8.tflite")
    assert len(result.calibration) == 64


def test_wrong_options_are_named_before_anything_is_loaded(monkeypatch):
    monkeypatch.setattr("tfgait.workflows.export.load_with_data", None)
    for options, told in (({"format": "onnx"}, "format=onnx"), ({"batch": 4}, "batch=4"), ({"frames": 9}, "frames=9")):
        with pytest.raises(ConfigError, match=f"stream must go with.*{told}"):
            export(ExportOptions(stream=True, **options))
