"""Sparsity in a process of its own: the run it leaves, what it refuses, and that nothing of the library stays here."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from tfgait.compress.tfmot.settings import Settings
from tfgait.core.errors import ConfigError, UserError
from tfgait.core.files import read_json, write_json
from tfgait.datasets.store_writer import StoreWriter
from tfgait.nets import build, load
from tfgait.train.heads import SoftmaxHead
from tfgait.workflows import sparsify_process
from tfgait.workflows.models import latest_run, set_latest
from tfgait.workflows.sparsify import SparsifyOptions, sparsify
from tfgait.workflows.sparsify_report import time_notes
from tfgait.workflows.train_options import TrainOptions

LIBRARY = ("tensorflow_model_optimization", "tf_keras")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with data of ten people and a run of gaitset_tiny, which is the latest."""
    home = tmp_path_factory.mktemp("home")
    generator = np.random.default_rng(0)
    with StoreWriter(home / "data" / "x" / "silhouettes.h5", "silhouettes", (16, 12, 1)) as writer:
        for subject in range(10):
            person = generator.uniform(0, 255, (16, 12, 1))
            for take in range(1, 4):
                frames = np.clip(person + generator.normal(0, 20, (8, 16, 12, 1)), 0, 255).astype(np.uint8)
                name = f"{subject:03d}-nm-{take:02d}"
                writer.add(frames, subject=f"{subject:03d}", condition=f"nm-{take:02d}", view="090", name=name)
    run = home / "runs" / "mine"
    run.mkdir(parents=True)
    build("gaitset_tiny").save(run / "model.keras")
    config = {"batch_p": 2, "batch_k": 2, "frames": 4, "epochs": 4, "steps_per_epoch": 4, "loss": "both"}
    write_json(run / "manifest.json", {"status": "finished", "net": "gaitset", "config": config})
    set_latest(run)
    return home


@pytest.fixture(autouse=True)
def at_home(home, monkeypatch):
    monkeypatch.setenv("TFGAIT_HOME", str(home))


def options(home, **change):
    return SparsifyOptions(**{"datadir": str(home / "data" / "x"), "model": "mine", "rounds": 1, **change})


def test_the_whole_way(home):
    result = sparsify(options(home, target_sparsity=0.75, calibration=4))
    run = home / "runs" / "mine-constant"
    assert result.run == str(run) and latest_run() == run.resolve()
    network = load(run / "model.keras")
    zeros = [float((np.asarray(w) == 0).mean()) for w in network.weights]
    assert type(network).__name__ == "GaitSet" and zeros == pytest.approx([0.75] * len(zeros), abs=0.01)
    assert result.max_abs_error < 1e-5 and result.steps == 4 and result.sparsity == pytest.approx(0.75, abs=0.005)
    head = keras.saving.load_model(run / "head.keras", compile=False, safe_mode=True)
    assert (
        isinstance(head, SoftmaxHead)
        and head.classes == len(read_json(run / "manifest.json")["classes"])
        and "new" in result.notes[0]
    )
    assert 0 <= result.val["rank1"] <= 100 and 0 <= result.val_before["rank1"] <= 100
    rows = {row["file"]: row for row in result.files}
    assert rows["fp32"]["bytes_after"] == (run / "model_fp32.tflite").stat().st_size
    assert rows["fp32"]["zip_after"] < 0.9 * rows["fp32"]["zip_before"]
    assert rows["int8"]["time"] == rows["int8"]["ms_after"] / rows["int8"]["ms_before"]
    manifest = read_json(run / "manifest.json")
    assert manifest["parent"] == "mine" and manifest["sparsify"]["method"] == "constant"
    assert (run / "layers.csv").read_text().startswith("layer,weights,") and (run / "files.csv").is_file()
    assert not [name for name in sys.modules if name.split(".")[0] in LIBRARY]


def test_what_the_process_finds_wrong_comes_back_and_leaves_nothing(home):
    before = sorted(p.name for p in (home / "runs").iterdir())
    with pytest.raises(ConfigError, match="begin_step must be within the training, which has 4 steps"):
        sparsify(options(home, begin_step=2000, frequency=100))
    assert sorted(p.name for p in (home / "runs").iterdir()) == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target_sparsity": 1.0}, "target_sparsity must lie in"),
        ({"method": "cluster", "clusters": 1}, "clusters"),
        ({"method": "half"}, "method must be one of"),
        ({"method": "2_by_4", "target_sparsity": 0.75}, "target_sparsity belongs to method=constant or polynomial"),
        ({"clusters": 8}, "clusters belongs to method=cluster"),
        ({"method": "qat", "begin_step": 10}, "begin_step belongs to"),
        ({"epochs": 0}, "epochs must be -1 or at least 1"),
        ({"name": "../there"}, "name must be a plain name"),
        ({"rounds": -1}, "rounds"),
        ({"method": "pcqat"}, "keeps the zeros"),
        ({"datadir": ""}, "datadir must name the data to train on"),
        ({"model": "nobody"}, "model must be"),
    ],
)
def test_bad_options_start_nothing(home, change, message, monkeypatch):
    monkeypatch.setattr("tfgait.workflows.sparsify.run_job", None)
    with pytest.raises(UserError, match=message):
        sparsify(options(home, **change))


def test_a_library_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(sparsify_process, "NEEDED", ("no_such_library",))
    with pytest.raises(ConfigError, match=r"sparsify needs no_such_library: pip install 'tfgait\[train\]'"):
        sparsify_process.check_installed()


def test_the_process_ends_with_its_parent(tmp_path):
    """The parent's end of the pipe closes however it dies; then the process goes and clears its folder away."""
    script = "import sys; from tfgait.workflows.sparsify_process import end_with_parent; end_with_parent(sys.argv[1])"
    folder = tmp_path / "job"
    folder.mkdir()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    process = subprocess.Popen([sys.executable, "-c", script, folder], stdin=subprocess.PIPE, env=environment)
    process.stdin.close()
    assert process.wait(timeout=120) == 1 and not folder.exists()


@pytest.fixture
def job(tmp_path, monkeypatch):
    """Return a function that runs a job whose process does what a text says."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sparsify_process, "WORKER", "stand_in")
    folder = tmp_path / "job"
    folder.mkdir()

    def run(text, progress=None):
        (tmp_path / "stand_in.py").write_text(text)
        return sparsify_process.run_job(folder, Settings(), TrainOptions(), "a.keras", ["conv1"], progress)

    return run


def test_ctrl_c_ends_the_process(job, tmp_path):
    def stop(done, total, what):
        assert (done, total, what) == (1, 2, "x")
        raise KeyboardInterrupt

    text = "import os, time; open('pid', 'w').write(str(os.getpid())); "
    text += """print('no progress'); print('{"progress": [1, 2, "x"]}', flush=True); time.sleep(100)"""
    with pytest.raises(KeyboardInterrupt):
        job(f"import os; os.chdir({str(tmp_path)!r}); {text}", stop)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_process_that_dies_is_our_fault_and_says_its_last_words(job):
    with pytest.raises(RuntimeError, match="died, exit code 1: (?s:.*)ZeroDivisionError"):
        job("1 / 0")


def test_the_notes_say_what_was_measured():
    rows = [{"file": "fp32", "ms_before": 10.0, "ms_after": 9.9, "time": 0.99}, {"file": "keras"}]
    assert time_notes(rows) == ["fp32: saves no time (9.90 ms against 10.00 ms)"]
    rows = [{"file": "int8", "ms_before": 10.0, "ms_after": 5.0, "time": 0.5}]
    assert time_notes(rows) == ["int8: saves 50 % of the time (5.00 ms against 10.00 ms)"]
