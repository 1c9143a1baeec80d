"""What all pictures share: size, type, colours, and PNG as bytes."""

import io

import numpy as np

from tfgait.core.errors import DataError

# Okabe and Ito's colours: told apart by colour-blind readers too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
RIGHT, WRONG, PROBE = "#009E73", "#D55E00", "#4D5662"
INK, GRID = "#1F2933", "#D9DEE4"
STYLE = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": "#9AA5B1",
    "axes.labelcolor": INK,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "grid.color": GRID,
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
}
DPI = 150


def draw(width, height, paint):
    """Return a PNG (bytes): `paint(figure)` draws on a new matplotlib `Figure` of that size in inches.

    The same input gives the same bytes on one version of matplotlib.
    """
    import matplotlib

    # The Agg canvas alone, without pyplot: no display, no global state.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained", facecolor="white")
        FigureCanvasAgg(figure)
        paint(figure)
        out = io.BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def strip(frames, count=8):
    """Return `count` frames of a sequence, evenly spaced, side by side, dark on white.

    Args:
        frames: (T, H, W) or (T, H, W, 1) uint8 silhouettes, T at least 1.

    Returns:
        (H, count·W) uint8.
    """
    frames = np.asarray(frames)
    if frames.ndim not in (3, 4) or 0 in frames.shape or frames.shape[3:] not in ((), (1,)):
        raise DataError(f"frames must be (T, H, W) or (T, H, W, 1), T at least 1. Received: shape {frames.shape}.")
    frames = frames.reshape(frames.shape[:3])
    chosen = frames[np.linspace(0, len(frames) - 1, count).round().astype(int)]
    return 255 - np.concatenate(list(chosen), axis=1)
