"""What a board has to hold: the environment, the import of the runtime, a gallery, and what its storage loses."""

import importlib.metadata
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import tfgait
from tfgait.datasets.store import Store
from tfgait.datasets.walkers import PROTOCOLS
from tfgait.evaluation.evaluate import evaluate
from tfgait.runtime import open_runner
from tfgait.runtime.encoder import Encoder
from tfgait.runtime.gallery import Gallery
from tfgait.runtime.meter import measure
from tfgait.runtime.stored_embeddings import STORED, real, store
from tfgait.workflows.embeddings import embed
from tfgait.workflows.models import SHIPPED, metric_of, resolve_model
from tfgait.workflows.synthesize import SynthesizeOptions, synthesize

BOARD = ("numpy", "ai-edge-litert")
REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")
IMPORTS = """
import time
began = time.perf_counter(), time.process_time()
from tfgait.runtime import encoder, gallery, litert, open_runner
litert._interpreter_module()
print(time.perf_counter() - began[0], time.process_time() - began[1])
"""
ROUNDS = 9
PUBLISHED = (1000, 62, 256)  # sequences of GaitSet's parts of 256 numbers
SUBJECTS, FRAMES = 50, 30


def figures_board(progress=None, subjects=SUBJECTS, views=()):
    """Return the record of a board.

    - ``environment_mb``: what pip installs for the extra `board`, the package itself included.
    - ``import_seconds``, ``import_cpu_seconds``: of the runtime and the interpreter in a fresh process, medians.
    - ``{dtype}_mb``, ``{dtype}_identify_ms``: a gallery of 1,000 of GaitSet's embeddings as a file, and the CPU time of
      one identification in it.
    - ``{kind}, {dtype}``: rank-1 in percent of the shipped network's int8 file on walkers it never saw, by the
      protocol of all views but the identical one, probes as they are, gallery as stored; float32 is not stored.

    Args:
        progress: called with (done, total, what).
        subjects: walkers to score.
        views: of them; empty: all.
    """
    record = {"environment_mb": environment_bytes() / 1e6, **_imports()}
    rng = np.random.default_rng(0)
    embeddings = rng.standard_normal(PUBLISHED, np.float32)
    calls = {}
    with tempfile.TemporaryDirectory(prefix="tfgait-") as folder:
        for dtype in STORED:
            gallery = Gallery("0" * 64, dtype=dtype)
            gallery.enrol("somebody", embeddings)
            gallery.save(Path(folder) / "people.npz")
            record[f"{dtype}_mb"] = (Path(folder) / "people.npz").stat().st_size / 1e6
            calls[dtype] = lambda gallery=gallery: gallery.identify(embeddings[0])
    record |= {f"{dtype}_identify_ms": latency.cpu_ms for dtype, latency in measure(calls, ROUNDS).items()}
    return {**record, **_rank1(subjects, views, progress)}


def environment_bytes(packages=BOARD):
    """Return the bytes of this package and of installed ones, with all they require.

    Raises:
        importlib.metadata.PackageNotFoundError: one is not installed.
    """
    own = sum(file.stat().st_size for file in Path(tfgait.__file__).parent.rglob("*") if file.is_file())
    waiting, seen, total = list(packages), set(), own
    while waiting:
        package = waiting.pop().lower()
        if package in seen:
            continue
        seen.add(package)
        installed = importlib.metadata.distribution(package)
        files = [Path(installed.locate_file(file)) for file in installed.files or ()]
        total += sum(file.stat().st_size for file in files if file.is_file())
        wanted = [r for r in installed.requires or () if ";" not in r]
        waiting += [REQUIREMENT.match(requirement)[0] for requirement in wanted]
    return total


def _imports():
    times = []
    for _ in range(ROUNDS):
        done = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True)
        times.append([float(value) for value in done.stdout.split()])
    wall, cpu = map(statistics.median, zip(*times, strict=True))
    return {"import_seconds": wall, "import_cpu_seconds": cpu}


def _rank1(subjects, views, progress):
    """Return rank-1 of each kind of probe, with the gallery as it is and as it is stored."""
    made = synthesize(SynthesizeOptions(subjects=subjects, frames=FRAMES, views=tuple(views)), progress)
    walkers, model = Store(made.files["silhouettes"]), resolve_model(SHIPPED)
    encoder = Encoder(open_runner(model.path.with_name("model_int8.tflite"), 2))
    embeddings = embed(encoder, walkers, progress).embeddings
    table, protocol = walkers.table, PROTOCOLS["multi_view"]
    enrolled = np.isin(table.condition, protocol.gallery)
    record = {}
    for dtype in ("float32", *STORED):
        kept = embeddings.copy()
        if dtype in STORED:
            kept[enrolled] = real(store(embeddings[enrolled], dtype), 0, None)
        found = evaluate(kept, table, protocol, metric=metric_of(model), examples=0)
        record |= {f"{kind}, {dtype}": value for kind, value in found.rank1.items()}
    return record
