"""Files for boards are measured against each other in one run."""

import pytest

from tfgait.nets import build
from tfgait.workflows import figures_deployment as module


def test_ratios_are_those_of_what_was_measured(monkeypatch):
    sizes, rounds = {}, []

    def times(paths, count):
        rounds.append(count)
        sizes.update({name: path.stat().st_size for name, path in paths.items()})
        assert {path.suffix for path in paths.values()} == {".tflite", ".onnx"}
        return {name: 1.0 + number for number, name in enumerate(paths)}

    monkeypatch.setattr(module, "NETWORKS", ("gaitset_tiny", "cnn3d_tiny"))
    monkeypatch.setattr(module, "CUT", {"percentile": 50.0, "floor": 0.25})
    monkeypatch.setattr(module, "file_times", times)
    monkeypatch.setattr(module, "figures_streaming", lambda progress: {"ms of a frame": 0.03})
    said = []
    record = module.figures_deployment(progress=lambda done, total, what: said.append(done / total))
    assert said == [0, 0.5, 1] and rounds == [module.ROUNDS]
    taken = {name: 1.0 + number for number, name in enumerate(sizes)}
    assert record["ms of a frame"] == 0.03
    assert record["gaitset int8, ms"] == taken["gaitset int8"]
    for what, file, other, asked in module.RATIOS:
        found = {"ms": taken, "bytes": sizes}[what]
        ratio = record[f"{what} of {file} / {other} (at most {asked})"]
        assert ratio == pytest.approx(found[file] / found[other], abs=5e-4)
    assert sizes["gaitset 50 % int8"] < sizes["gaitset int8"] < sizes["gaitset fp32"]
    assert sizes["cnn3d native"] > 4 * build("cnn3d_tiny").count_params() > sizes["cnn3d int8"] - 20_000


def test_every_file_runs(tmp_path):
    paths = {}
    for suffix in (".tflite", ".onnx"):
        paths[suffix] = tmp_path / f"model{suffix}"
        module.write_file(paths[suffix], build("cnn2d_tiny"))
    found = module.file_times(paths, 1)
    assert set(found) == set(paths) and min(found.values()) > 0
