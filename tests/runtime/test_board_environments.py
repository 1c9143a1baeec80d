"""The environments of boards, made by pip from the project's own extras: models run in them, from enrolment to name.

Skipped only where no package index can be reached.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from films import filmed, write_film

from tfgait.core.home import models_dir
from tfgait.preprocess.silhouettes import align, cut
from tfgait.runtime import open_runner
from tfgait.runtime.encoder import Encoder
from tfgait.synthesis.sequence import make_sequence

pytestmark = pytest.mark.timeout(1200)  # pip may have to fetch what it installs
ROOT = Path(__file__).resolve().parents[2]
PEOPLE = {"ada": 1, "bob": 2, "cy": 3}
UNREACHABLE = ("from versions: none", "Could not fetch URL", "NewConnectionError", "name resolution")
OLD = "python3.11"  # the last that tflite-runtime has wheels for
MOST_MB = 200

SCRIPT = """
import importlib.util, sys
import numpy as np
from tfgait.runtime import open_runner
from tfgait.runtime.encoder import Encoder
from tfgait.runtime.gallery import Gallery
from tfgait.runtime.sidecar import network_hash

for heavy in ("tensorflow", "keras", "h5py", "cv2", "scipy", "sklearn"):
    assert importlib.util.find_spec(heavy) is None, heavy
model, walks, out = sys.argv[1:]
encoder, walks = Encoder(open_runner(model)), np.load(walks)
gallery = Gallery(network_hash(model), dtype="int8", modality=encoder.modality.name)
for name in walks:
    if not name.endswith("again"):
        gallery.enrol(name, encoder.encode([walks[name]]))
gallery.save(out + ".npz")
gallery = Gallery.load(out + ".npz", network_hash(model))
for name in walks:
    if name.endswith("again"):
        print(name, gallery.identify(encoder.encode([walks[name]])[0]).name)
np.save(out + ".npy", encoder.encode(list(walks.values())))
"""


def pip(python, *arguments):
    command = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-compile", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode and any(words in done.stderr for words in UNREACHABLE):
        pytest.skip(f"no package index can be reached: {done.stderr.strip().splitlines()[-1][:200]}")
    assert done.returncode == 0, done.stderr[-3000:]


def run(python, *arguments, **environment):
    """Run an environment's Python where this checkout cannot be seen."""
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "TFGAIT_HOME")}
    return subprocess.run(
        [python, *map(str, arguments)], capture_output=True, text=True, check=False, env={**clean, **environment}
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The project as pip would install it, built outside of the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT / "tfgait", folder / "tfgait", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode and any(words in done.stderr for words in UNREACHABLE):
        pytest.skip("no package index can be reached, which the build needs")
    assert done.returncode == 0, done.stderr[-3000:]
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def environments(wheel, tmp_path_factory):
    """A function of an extra that gives the Python of an environment with that extra alone, made once."""
    made = {}

    def environment(extra):
        if extra not in made:
            old = sys.executable if sys.version_info[:2] == (3, 11) else shutil.which(OLD)
            if extra == "tflite-runtime" and old is None:
                pytest.skip(f"no {OLD}, the last that tflite-runtime was made for")
            folder = tmp_path_factory.mktemp(extra)
            base = old if extra == "tflite-runtime" else sys.executable
            subprocess.run([base, "-m", "venv", "--without-pip", folder], check=True)
            made[extra] = str(folder / "bin" / "python")
            pip(made[extra], f"{wheel}[{extra}]")
        return made[extra]

    return environment


@pytest.fixture(scope="module")
def walks(tmp_path_factory):
    """A file of walks a modality: each person twice, the second time under another condition."""
    folder, rng = tmp_path_factory.mktemp("walks"), np.random.default_rng(0)
    masks, flow = {}, {}
    # Motion where a person is: all over the picture it would lie beyond what int8 was calibrated on.
    body = np.zeros((60, 60, 1))
    body[8:54, 22:38] = 1
    for name, number in PEOPLE.items():
        way = rng.normal(0, 150, (25, 60, 60, 2))
        for again, condition in (("", "nm-01"), (" again", "nm-05")):
            seen = make_sequence(number, condition, "090", seed=0, frames=30)["silhouettes"]
            masks[name + again] = cut(align(seen)[0])[..., None]
            flow[name + again] = (body * (way + rng.normal(0, 30, way.shape))).astype(np.int16)
    np.savez(folder / "silhouettes.npz", **masks)
    np.savez(folder / "flow.npz", **flow)
    return folder


@pytest.fixture(scope="module")
def gaitset(tmp_path_factory):
    """The shipped GaitSet in float32."""
    from tfgait.deploy.artefact import export_network
    from tfgait.deploy.formats import check_format
    from tfgait.workflows.models import load_network

    path = tmp_path_factory.mktemp("gaitset") / "model.tflite"
    walk = np.random.default_rng(0).integers(0, 2, (30, 64, 44, 1)).astype(np.uint8) * np.uint8(255)
    export_network(load_network("gaitset_walkers"), path, check_format("tflite", "fp32"), [walk])
    return path


@pytest.mark.parametrize("extra", ["board", "tflite-runtime"])
def test_models_run_from_enrolment_to_name(environments, walks, gaitset, tmp_path, extra):
    python = environments(extra)
    shipped = [models_dir() / f"{net}_walkers" / "model_int8.tflite" for net in ("gaitset", "cnn2d", "cnn3d")]
    for number, model in enumerate([gaitset, *shipped]):
        encoder = Encoder(open_runner(model))
        known = walks / f"{encoder.modality.name}.npz"
        done = run(python, "-I", "-c", SCRIPT, model, known, tmp_path / str(number))
        assert done.returncode == 0, done.stderr[-3000:]
        assert done.stdout.splitlines() == [f"{name} again {name}" for name in PEOPLE]
        here, there = encoder.encode(list(np.load(known).values())), np.load(tmp_path / f"{number}.npy")
        a, b = here.reshape(len(here), -1), there.reshape(len(here), -1)
        cosine = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
        assert cosine.min() > (0.9999 if model == gaitset else 0.99)


@pytest.mark.parametrize("extra", ["board", "tflite-runtime"])
def test_environment_is_small(environments, extra):
    site = Path(environments(extra)).parents[1]
    size = sum(f.stat().st_size for f in site.rglob("*") if f.is_file() and not f.is_symlink())
    assert size < MOST_MB * 1e6
    installed = {p.name.partition("-")[0].lower() for p in site.rglob("*.dist-info")}
    assert not installed & {"tensorflow", "keras", "h5py", "opencv_python_headless", "scipy", "scikit_learn"}
    assert {"numpy", "tfgait", {"board": "ai_edge_litert"}.get(extra, "tflite_runtime")} <= installed


def test_people_are_enrolled_and_named_from_videos_without_tensorflow(environments, wheel, tmp_path):
    python = environments("board")
    pip(python, f"{wheel}[board,video]")
    for name in ("ada", "bob"):
        write_film(tmp_path / f"{name}.mp4", filmed(PEOPLE[name])[0])
    (tmp_path / "walks.h5").touch()
    model = models_dir() / "gaitset_walkers" / "model_int8.tflite"
    enroll = ["-m", "tfgait.cli", "enroll", "--model", model, "--gallery", tmp_path / "people.npz", "--source"]
    done = run(python, *enroll, tmp_path, TFGAIT_HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1])["people"] == {"ada": 1, "bob": 1}
    named = ["--source", tmp_path / "bob.mp4", "--gallery", tmp_path / "people.npz", "--model", model]
    done = run(python, "-m", "tfgait.cli", "live", *named, TFGAIT_HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr[-3000:]
    assert [track["name"] for track in json.loads(done.stdout.splitlines()[-1])["tracks"]] == ["bob"]
    for arguments, extra in (((*enroll, tmp_path / "walks.h5"), "store"), (("-m", "tfgait.cli", "train"), "train")):
        done = run(python, *arguments, TFGAIT_HOME=str(tmp_path))
        assert done.returncode == 2
        assert f"pip install tfgait[{extra}]" in done.stderr.strip().splitlines()[-1]
