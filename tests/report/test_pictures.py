"""Pictures: decoded again and looked at where the picture must say something."""

import subprocess
import sys

import numpy as np
import pytest

from tfgait.core.errors import DataError
from tfgait.report.canvas import strip
from tfgait.report.pictures import confusion_matrix, pruning_bars, training_curve, view_matrices
from tfgait.report.strips import neighbours, silhouette_sheet

HISTORY = [
    {"epoch": i, "loss": 1 / i, "val_loss": 1.2 / i, "val_rank1": 9.0 * i if i % 2 else None} for i in range(1, 9)
]
WALK = np.zeros((12, 64, 44, 1), np.uint8)
WALK[:, 5:60, 18:26] = 255
EXAMPLES = [
    {"right": True, "probe": ("a", WALK), "nearest": ("a", WALK), "match": ("a", WALK)},
    {"right": False, "probe": ("b", WALK[:1]), "nearest": ("c", WALK), "match": ("b, rank 3", WALK)},
]
GROUPS = [{"name": "frame1", "before": 32, "after": 20}, {"name": "frame2", "before": 64, "after": 64}]
PICTURES = {
    "curve": lambda: training_curve(HISTORY),
    "views": lambda: view_matrices(
        {"nm": [[100, None], [20, 90.5]], "bg": [[0, 1], [2, 3]]}, ("000", "090"), {"nm": 20, "bg": 1}
    ),
    "confusion": lambda: confusion_matrix(["a", "b"], [[3, 1], [0, 0]]),
    "pruning": lambda: pruning_bars(GROUPS),
    "neighbours": lambda: neighbours(EXAMPLES),
    "sheet": lambda: silhouette_sheet([(r"$\bad{x $", WALK), ("x", WALK[..., 0]), ("y", WALK)]),
}


def pixels(png):
    image = pytest.importorskip("matplotlib.image")
    import io

    return image.imread(io.BytesIO(png), format="png")


def has(image, colour, share=1e-4):
    """Return whether some pixels are that colour, within a grey level or two."""
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return (np.abs(image[..., :3] - rgb).max(axis=-1) < 0.01).mean() > share


@pytest.mark.parametrize("name", PICTURES)
def test_is_a_png_the_same_again(name):
    pytest.importorskip("matplotlib")
    first = PICTURES[name]()
    assert first == PICTURES[name]()
    image = pixels(first)
    assert min(image.shape[:2]) > 150
    assert image[..., :3].std() > 0.02
    assert b"matplotlib" not in first.lower()


def test_right_and_wrong_have_their_colours():
    both, right = pixels(neighbours(EXAMPLES)), pixels(neighbours(EXAMPLES[:1]))
    assert has(both, "#D55E00")
    assert has(both, "#009E73")
    assert has(right, "#009E73")
    assert not has(right, "#D55E00", 0)
    assert right.shape[1] < both.shape[1]


def test_curve_shows_gaps_and_scores_in_their_own_panel():
    assert pixels(training_curve(HISTORY)).shape[1] == 2 * pixels(training_curve([{"epoch": 1, "loss": 2.0}])).shape[1]


def test_nothing_compared_is_left_white():
    """A gap is no zero: [0, 1] of the first matrix has no colour, of the second the darkest."""
    gap = pixels(view_matrices({"nm": [[100, None], [20, 90]]}, ("000", "090")))
    zero = pixels(view_matrices({"nm": [[100, 0], [20, 90]]}, ("000", "090")))
    assert has(zero, "#440154", 0.02)
    assert not has(gap, "#440154", 0.02)


def test_strip_takes_even_frames_dark_on_white():
    frames = np.arange(10, dtype=np.uint8)[:, None, None] * np.ones((10, 2, 3), np.uint8)
    assert strip(frames, 4)[0, ::3].tolist() == [255, 252, 249, 246]
    assert strip(frames[:1], 4).shape == (2, 12)


def test_no_display_and_no_pyplot_is_touched():
    code = (
        "import sys; import tfgait.report.pictures, tfgait.report.strips, tfgait.report.html;"
        "assert 'matplotlib' not in sys.modules;"
        "tfgait.report.pictures.pruning_bars([{'name': 'a', 'before': 2, 'after': 1}]);"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    pytest.importorskip("matplotlib")
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_bad_records_are_named():
    with pytest.raises(DataError, match="needs a loss or a score. Received: lr"):
        training_curve([{"epoch": 1, "lr": 0.1}])
    with pytest.raises(DataError, match="needs a loss or a score. Received: no column"):
        training_curve([])
    for empty, draw in ((DataError, pruning_bars), (DataError, neighbours), (DataError, silhouette_sheet)):
        with pytest.raises(empty, match="at least one"):
            draw([])
    with pytest.raises(DataError, match="at least one kind"):
        view_matrices({}, ())
    with pytest.raises(DataError, match=r"frames must be .* Received: shape \(0, 4, 4\)"):
        strip(np.zeros((0, 4, 4)))
