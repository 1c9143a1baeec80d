"""Which files a benchmark measures, what it scores and writes; the measuring itself is tested in runtime."""

import csv
import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_run import make_run

from tfgait.core.errors import ConfigError, DataError, UserError
from tfgait.core.files import file_hash
from tfgait.runtime.benchmark import Benchmarked
from tfgait.workflows import benchmark as module
from tfgait.workflows.benchmark import BenchmarkOptions, benchmark
from tfgait.workflows.benchmark_artefacts import artefacts_of
from tfgait.workflows.export import ExportOptions, export

QUICK = {"threads": (1,), "batch": (1,), "rounds": 3, "meter": "none"}
MIB = 1 << 20


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with a run of a tiny GaitSet, which knows its data, and a float and an int8 file of it beside it."""
    home = tmp_path_factory.mktemp("home")
    make_run(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TFGAIT_HOME", str(home))
        for precision in ("fp32", "int8"):
            export(ExportOptions(precision=precision))
    return home


@pytest.fixture(autouse=True)
def at_home(home, monkeypatch):
    monkeypatch.setenv("TFGAIT_HOME", str(home))
    return home / "runs" / "tiny"


def row_of(path, threads=1, batch=1, **changes):
    ms = {".keras": 40.0, ".onnx": 20.0, ".tflite": 10.0}[Path(path).suffix] * batch / threads
    row = {"artefact": path, "threads": threads, "batch": batch, "modality": "silhouettes", "pieces": 1, "rounds": 3}
    row |= {"bytes": Path(path).stat().st_size, "memory_bytes": 20 * MIB, "peak_bytes": 50 * MIB}
    row |= {"baseline_bytes": 30 * MIB, "start_ms": 400.0, "p50_ms": ms, "p95_ms": 2 * ms, "cpu_ms": ms / 2}
    return row | {"fps": 30_000 * batch / ms, "joules": None} | changes


@pytest.fixture
def measured(monkeypatch):
    """The files asked for, in place of measuring them; `measured.changes` go into every row."""

    class Measured(list):
        changes = {}

    asked = Measured()

    def benchmark_files(paths, plan, meter=None, progress=None):
        asked[:] = [Path(path).name for path in paths]
        combinations = [(path, t, b) for path in paths for t in plan.threads for b in plan.batch]
        return Benchmarked([row_of(*combination, **asked.changes) for combination in combinations])

    monkeypatch.setattr(module, "benchmark_files", benchmark_files)
    return asked


def test_a_run_is_measured_and_scored_with_all_files_made_of_it(at_home, measured):
    result = benchmark(BenchmarkOptions(**QUICK, export=("tflite:fp32", "onnx:fp32")))
    assert measured == ["model.keras", "model.onnx", "model.tflite", "model_int8.tflite"]
    assert [row["artefact"] for row in result.rows] == measured and result.model == "tiny"
    assert all(set(row["rank1"]) == {"nm"} for row in result.rows)
    assert result.rows[0]["rank1"] == result.rows[1]["rank1"] == result.rows[2]["rank1"]
    assert result.rows[3]["file"] == str(at_home / "model_int8.tflite")
    assert {Path(path) for path in result.files.values()} == {
        at_home / "benchmark" / f"benchmark.{kind}" for kind in ("md", "csv", "json", "png")
    }
    assert result.meter == {"why": "no meter was asked for"}
    before = (at_home / "model.onnx").stat().st_mtime_ns
    benchmark(BenchmarkOptions(**QUICK, rank1=False))
    assert (at_home / "model.onnx").stat().st_mtime_ns == before
    assert not (at_home / "benchmark" / "benchmark.png").exists()


def test_scores_are_those_of_test_knn_on_the_people_left_out(at_home, measured):
    from tfgait.workflows.evaluate import EvaluateOptions, evaluate

    result = benchmark(BenchmarkOptions(**QUICK, export=()))
    expected = evaluate(EvaluateOptions(str(at_home / "model.keras"), knn=1, out=str(at_home / "other")))
    assert result.rows[0]["rank1"] == expected.rank1 and expected.subjects == 2
    scored = at_home / "benchmark" / "scores" / "model_int8.tflite" / "scores.json"
    assert json.loads(scored.read_text())["subjects"] == 2


def test_exports_of_a_shipped_preset_are_scored_as_its_own(at_home, measured):
    """They lie in runs/exports, where nothing says what data and people they belong to."""
    models, exports = at_home.parents[1] / "models" / "shipped", at_home.parent / "exports" / "shipped"
    for folder, names in ((models, ["model.keras"]), (exports, ["model_int8.tflite", "model_int8.tflite.json"])):
        folder.mkdir(parents=True)
        for name in names:
            shutil.copyfile(at_home / name, folder / name)
    (models / "card.yaml").write_text((at_home / "manifest.json").read_text())
    result = benchmark(BenchmarkOptions(model=("shipped",), **QUICK, export=()))
    assert measured == ["model.keras", "model_int8.tflite"] and result.rows[1]["rank1"]
    written = at_home.parent / "benchmarks" / "shipped"
    assert Path(result.files["json"]).parent == written
    scores = json.loads((written / "scores" / "model_int8.tflite" / "scores.json").read_text())
    assert scores["data"].endswith("walks/silhouettes.h5")


def test_without_tensorflow_the_lines_that_export_are_told(at_home, measured, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "tensorflow" else found(name))
    result = benchmark(BenchmarkOptions(**QUICK, export=("tflite:dynamic",), rank1=False))
    assert "model_dynamic.tflite" not in measured
    told = f"elsewhere: tfgait export --model {at_home / 'model.keras'} --format tflite --precision dynamic"
    assert any(note.endswith(told) for note in result.notes)


def test_a_saved_model_is_a_file_of_the_run_too(at_home):
    folder = at_home / "model.savedmodel"
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(b"graph")
    record = {"bytes": 5, "sha256": file_hash(folder), "source": {"model_sha256": file_hash(at_home / "model.keras")}}
    (at_home / "model.savedmodel.json").write_text(json.dumps(record))
    try:
        _, found, notes = artefacts_of(BenchmarkOptions(export=()))
    finally:
        shutil.rmtree(folder)
        (at_home / "model.savedmodel.json").unlink()
    assert folder in [ref.path for ref in found] and notes == []


def test_a_file_of_another_network_is_left_out(at_home, measured):
    foreign = at_home / "model_foreign.tflite"
    foreign.write_bytes(b"x")
    damaged = at_home / "model_damaged.tflite"
    damaged.write_bytes(b"x")
    damaged.with_name("model_damaged.tflite.json").write_text(json.dumps({"bytes": 2, "sha256": file_hash(foreign)}))
    try:
        result = benchmark(BenchmarkOptions(**QUICK, export=(), rank1=False))
    finally:
        for path in at_home.glob("model_[fd][oa]*"):
            path.unlink()
    assert "model_foreign.tflite" not in measured and "model_damaged.tflite" not in measured
    told = "\n".join(result.notes)
    assert "model_foreign.tflite is left out: it was made of another network than model.keras" in told
    assert "model_damaged.tflite is left out" in told and "is not the file its sidecar describes" in told


def test_named_files_are_measured_alone_and_a_damaged_one_is_named(at_home, tmp_path):
    damaged = tmp_path / "model.tflite"
    damaged.write_bytes((at_home / "model.tflite").read_bytes()[:900])
    files = (str(at_home / "model.tflite"), str(damaged), str(at_home / "model_int8.tflite"))
    result = benchmark(BenchmarkOptions(model=files, **QUICK, seconds=1, datadir="data/walks"))
    assert [row["artefact"] for row in result.rows] == ["tiny/model.tflite", "tiny/model_int8.tflite"]
    assert result.rows[0]["p50_ms"] > 0 and result.rows[0]["rank1"]
    assert list(result.errors) == [f"{tmp_path.name}/model.tflite"]
    assert "1 of 3 files could not be measured" in result.notes
    with pytest.raises(DataError, match="none of 1 model files can be run; the first: .*model.tflite"):
        benchmark(BenchmarkOptions(model=(str(damaged),), **QUICK))


def test_a_file_that_would_take_too_long_is_not_scored(at_home, measured):
    result = benchmark(BenchmarkOptions(**QUICK, export=(), minutes=0.003))
    assert [bool(row["rank1"]) for row in result.rows] == [False, True, True, True]
    assert any("model.keras is not scored: 8 sequences may take" in note for note in result.notes)


def test_what_is_missing_for_scores_is_told(at_home, measured, monkeypatch):
    monkeypatch.setitem(sys.modules, "tfgait.workflows.evaluate", None)
    result = benchmark(BenchmarkOptions(**QUICK, export=()))
    assert not any(row["rank1"] for row in result.rows)
    assert any("model.keras is not scored: tfgait.workflows.evaluate is not installed" in note for note in result.notes)


def test_reports_say_the_same(at_home, measured, tmp_path):
    measured.changes = {"joules": 0.004, "joules_spread": 0.001, "joules_by_rail": {"VDD_IN": 0.005}}
    options = BenchmarkOptions(**QUICK | {"threads": (1, 2), "batch": (1, 8)}, export=(), out=str(tmp_path))
    result = benchmark(options)
    with open(tmp_path / "benchmark.csv", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    assert len(rows) == len(result.rows) == 16
    assert (rows[3]["threads"], rows[3]["batch"], rows[3]["joules_VDD_IN"]) == ("2", "8", "0.005")
    assert float(rows[0]["rank1_nm"]) == result.rows[0]["rank1"]["nm"]
    record = json.loads((tmp_path / "benchmark.json").read_text())
    assert record["rows"][3]["joules"] == 0.004 and record["machine"]["cores"] and record["manifest"]["versions"]
    page = (tmp_path / "benchmark.md").read_text()
    assert "| model.keras | 2 | 8 | 160.00 | 320.00 | 80.00 | 1,500.00 | 4.00 |" in page
    assert (tmp_path / "benchmark.png").read_bytes().startswith(b"\x89PNG")


def test_joules_that_the_idle_power_hides_are_told(at_home, measured):
    measured.changes = {"joules": 0.004, "joules_spread": 0.005}
    result = benchmark(BenchmarkOptions(**QUICK, export=(), rank1=False))
    told = "less than the spread of the idle power: the joules of model.keras, "
    assert any(note.startswith(told) for note in result.notes)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"threads": (0,)}, "threads must be"),
        ({"batch": ()}, "batch must be"),
        ({"meter": "rappl"}, "Did you mean 'rapl'"),
        ({"meter_ms": -1.0}, "meter_ms must be at least 0"),
        ({"people": "tset"}, "Did you mean 'test'"),
        ({"export": ("tflite",)}, "export must be format:precision"),
        ({"export": ("tflite:int9",)}, "Did you mean 'int8'"),
        ({"model": ("tiny", "model.tflite")}, "one run or preset, or files"),
        ({"model": ("tinny",)}, "Did you mean 'tiny'"),
        ({"model": ("absent.tflite",)}, "which does not exist"),
    ],
    ids=str,
)
def test_options_must_be_possible(wrong, told):
    with pytest.raises(UserError, match=told):
        benchmark(BenchmarkOptions(**wrong))


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(UserError, match="holds no model.keras"):
        benchmark(BenchmarkOptions(model=(str(tmp_path),)))


def test_a_meter_asked_for_by_name_must_be_here(monkeypatch, tmp_path):
    monkeypatch.setattr("tfgait.workflows.benchmark.open_meter", lambda *a: module_meter(a, tmp_path))
    with pytest.raises(ConfigError, match="meter=ina3221 cannot be used"):
        benchmark(BenchmarkOptions(meter="ina3221"))


def module_meter(arguments, root):
    from tfgait.runtime.energy import open_meter

    return open_meter(*arguments, root=root)


def test_importing_the_command_imports_neither_tensorflow_nor_h5py():
    code = "import sys, tfgait.workflows.benchmark; print(sorted({'tensorflow', 'keras', 'h5py'} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
