"""What the files that go on a board take: the published networks, each file against the one it replaces."""

import tempfile
from pathlib import Path

from tfgait.workflows.figures_streaming import figures_streaming
from tfgait.workflows.litert_speed import file_times, write_file

NETWORKS = ("gaitset", "cnn3d")
CUT = {"percentile": 50.0, "round_to": 8}
ROUNDS = 25
# (what is measured, file, the file it is compared with, what is asked at most)
RATIOS = (
    ("ms", "gaitset fp32", "gaitset onnxruntime", 1.12),
    ("ms", "gaitset int8", "gaitset fp32", 0.29),
    ("ms", "gaitset 50 % int8", "gaitset fp32", 0.095),
    ("ms", "cnn3d int8", "cnn3d native", 0.36),
    ("bytes", "cnn3d int8", "cnn3d native", 0.26),
)


def figures_deployment(progress=None):
    """Measure files of the published GaitSet (30 frames) and 3D-CNN (25 maps), untrained, one sequence at a time.

    Args:
        progress: called with (done, total, what).

    Returns:
        For each file its bytes and ms: CPU time on one thread, median of runs in turn, LiteRT but for the one of
        onnxruntime; then ``{"<what> of <file> / <file> (at most <asked>)": ratio}``. Half of the filters of
        "gaitset 50 %" are cut, rounded to 8; "cnn3d native" keeps its 3D convolutions, which LiteRT has in float32.
        Last, what `figures_streaming` returns.
    """
    say = progress or (lambda done, total, what: None)
    with tempfile.TemporaryDirectory(prefix="tfgait-") as scratch:
        say(0, 2, "files for boards")
        paths = _files(Path(scratch))
        say(1, 2, "files for boards")
        measured = {
            "ms": file_times(paths, ROUNDS),
            "bytes": {name: path.stat().st_size for name, path in paths.items()},
        }
    say(2, 2, "files for boards")
    record = {f"{name}, {what}": round(found[name], 2) for name in paths for what, found in measured.items()}
    for what, file, other, asked in RATIOS:
        record[f"{what} of {file} / {other} (at most {asked})"] = round(measured[what][file] / measured[what][other], 3)
    return record | figures_streaming(progress)


def _files(folder):
    """Write the files and return ``{name: path}``."""
    from tfgait.compress.cut import cut
    from tfgait.compress.plan import make_plan
    from tfgait.nets import build

    gaitset, cnn3d = map(build, NETWORKS)
    half = cut(gaitset, make_plan(gaitset, **CUT))
    wanted = {
        "gaitset onnxruntime": (gaitset, ".onnx", {}),
        "gaitset fp32": (gaitset, ".tflite", {}),
        "gaitset int8": (gaitset, ".tflite", {"precision": "int8"}),
        "gaitset 50 % int8": (half, ".tflite", {"precision": "int8"}),
        "cnn3d native": (cnn3d, ".tflite", {"lowered": False}),
        "cnn3d int8": (cnn3d, ".tflite", {"precision": "int8"}),
    }
    paths = {}
    for number, (name, (network, suffix, how)) in enumerate(wanted.items()):
        paths[name] = folder / f"{number}{suffix}"
        write_file(paths[name], network, **how)
    return paths
