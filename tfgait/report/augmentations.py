"""A picture of what transforms do: a walk before and after each."""

import numpy as np

from tfgait.core.errors import DataError
from tfgait.report.canvas import draw

SHOWN = (0.25, 0.75)  # of a walk
LINEAR = 0.5  # the scale of flow is linear below, so that slow motion shows too


def before_and_after(rows, unit):
    """Return the picture (PNG bytes): a row a transform; frames before and after, flow as x and y.

    Args:
        rows: list of (title, before, after), both (T, H, W, C): with 2 channels flow in pixels a frame, whose sign is
            the colour, with 1 or 3 a picture.
        unit: of the values, for the scale.
    """
    if not rows:
        raise DataError("a picture of transforms needs at least one. Received: none.")
    count, _, _, channels = rows[0][1].shape
    frames = [int(share * (count - 1)) for share in SHOWN]
    names = ("x, ", "y, ") if channels == 2 else ("",)
    across = [(f, c, side) for f in frames for c in range(len(names)) for side in (0, 1)]

    def paint(figure):
        options, ticks = _scale(rows[0][1])
        figure.get_layout_engine().set(h_pad=0.2)
        grid = figure.subplots(len(rows), len(across), squeeze=False, sharex=True, sharey=True)
        for line, (title, *sides) in zip(grid, rows, strict=True):
            for axes, (frame, channel, side) in zip(line, across, strict=True):
                picture = sides[side][frame]
                shown = picture if channels == 3 else picture[..., channel]
                image = axes.imshow(shown, **options)
                axes.tick_params(labelsize=7, length=2)
            # A title as wide as the row must not widen its first column.
            above = {"xycoords": "axes fraction", "va": "bottom", "annotation_clip": False}
            line[0].annotate(title, (0, 1.05), fontweight="bold", **above).set_in_layout(False)
        for axes, (frame, channel, side) in zip(grid[-1], across, strict=True):
            axes.set_xlabel(f"{names[channel]}frame {frame}\n{('before', 'after')[side]}", fontsize=8)
        for axes in grid[:, 0]:
            axes.set_ylabel("row, pixels", fontsize=7)
        figure.supxlabel("column, pixels", fontsize=7)
        figure.suptitle(
            "p: share of the sequences, or of their frames, that are changed; all shown here are", fontsize=8
        )
        if channels != 3:
            bar = figure.colorbar(image, ax=grid, label=unit, shrink=min(1.0, 3 / len(rows)), pad=0.01, aspect=30)
            bar.outline.set_visible(False)
            bar.set_ticks(ticks, labels=[f"{tick:,.0f}" if abs(tick) >= 100 else f"{tick:.3g}" for tick in ticks])

    return draw(1.35 * len(across) + 1.2, 1.75 * len(rows) + 0.5, paint)


def _scale(before):
    """Return the options of `imshow`, and the ticks of the scale."""
    from matplotlib.colors import SymLogNorm

    most = max(float(np.abs(before).max()), 1.0)
    if before.shape[3] != 2:
        return {"cmap": "gray", "vmin": 0, "vmax": most}, (0, most / 2, most)
    norm = SymLogNorm(LINEAR, vmin=-most, vmax=most)
    return {"cmap": "RdBu_r", "norm": norm}, (-most, -LINEAR, 0, LINEAR, most)
