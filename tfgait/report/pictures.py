"""Pictures of training, scores and pruning, as PNG bytes, from plain records."""

import numpy as np

from tfgait.core.errors import DataError
from tfgait.report.canvas import COLOURS, GRID, INK, draw

SCORES = ("rank1", "accuracy", "knn", "mAP")


def training_curve(rows, x="epoch"):
    """Return the picture of a run's history: losses on the left, scores in percent on the right.

    Args:
        rows: one dict an epoch or step, as in ``history.csv``: numbers, or None where nothing was measured.
        x: the key of the horizontal axis.
    """
    names = list(dict.fromkeys(name for row in rows for name in row if name != x))
    losses = [n for n in names if "loss" in n]
    scores = [n for n in names if any(s.lower() in n.lower() for s in SCORES)]
    panels = [(n, label) for n, label in ((losses, "loss"), (scores, "score, %")) if n]
    if not panels:
        raise DataError(f"a training curve needs a loss or a score. Received: {', '.join(names) or 'no column'}.")

    def paint(figure):
        for axes, (columns, label) in zip(np.atleast_1d(figure.subplots(1, len(panels))), panels, strict=True):
            for i, name in enumerate(columns):
                points = [(row[x], row[name]) for row in rows if row.get(name) is not None]
                xs, ys = zip(*points, strict=True) if points else ((), ())
                # A single point makes no line.
                marker = "o" if len(xs) < 40 else ""
                axes.plot(xs, ys, color=COLOURS[i % len(COLOURS)], lw=1.8, marker=marker, ms=2.5, label=name)
            axes.set_title(label)
            axes.set_xlabel(x)
            axes.grid(axis="y")
            axes.set_ylim(bottom=0)
            axes.legend()

    return draw(4 * len(panels), 2.8, paint)


def view_matrices(matrices, views, rank1=None):
    """Return heat maps of rank-1, one a kind of probe; the identical view, which no mean counts, is framed.

    Args:
        matrices: ``{kind: [probe view][gallery view]}`` in percent, None where nothing was compared.
        views: names of rows and columns.
        rank1: ``{kind: mean}`` for the titles, or None.
    """
    if not matrices:
        raise DataError("view matrices need at least one kind of probe. Received: none.")
    count = len(views)
    across = min(3, len(matrices))
    down = -(-len(matrices) // across)
    size = max(2.9, 0.34 * count + 0.8)

    def paint(figure):
        image = None
        grid = figure.subplots(down, across, squeeze=False)
        for axes, (kind, matrix) in zip(grid.flat, matrices.items(), strict=False):
            values = np.array(matrix, float)
            image = axes.imshow(values, vmin=0, vmax=100, cmap="viridis")
            axes.set_title(kind if rank1 is None else f"{kind}: {rank1[kind]:.1f} %")
            axes.set_xticks(range(count), views, rotation=90)
            axes.set_yticks(range(count), views)
            axes.set_xlabel("gallery view, °")
            axes.set_ylabel("probe view, °")
            axes.spines[:].set_visible(False)
            axes.tick_params(length=0)
            for i, j in np.argwhere(np.isfinite(values)) if count <= 16 else ():
                colour = "white" if values[i, j] < 60 else "black"
                axes.text(j, i, f"{values[i, j]:.0f}", ha="center", va="center", color=colour, fontsize=7)
            for i in range(count):
                axes.add_patch(_square(i))
        for axes in list(grid.flat)[len(matrices) :]:
            axes.set_visible(False)
        figure.colorbar(image, ax=grid, label="rank-1, %", shrink=0.8, pad=0.02).outline.set_visible(False)

    return draw(across * size + 0.8, down * (size + 0.2), paint)


def confusion_matrix(subjects, counts, title="confusion"):
    """Return the picture of who was taken for whom, each row as shares of its probes.

    Args:
        subjects: names of rows and columns.
        counts: [subject][voted for].
    """
    counts = np.array(counts, float)
    total = counts.sum(axis=1, keepdims=True)
    shares = np.divide(100 * counts, total, out=np.full_like(counts, np.nan), where=total > 0)
    size = max(3.2, 0.16 * len(subjects) + 1.4)

    def paint(figure):
        axes = figure.subplots()
        image = axes.imshow(shares, vmin=0, vmax=100, cmap="Blues")
        axes.set_title(title)
        axes.set_xlabel("recognised as")
        axes.set_ylabel("subject")
        axes.set_xticks(range(len(subjects)), subjects, rotation=90, fontsize=7)
        axes.set_yticks(range(len(subjects)), subjects, fontsize=7)
        axes.tick_params(length=0)
        for i, j in np.argwhere(counts > 0) if len(subjects) <= 12 else ():
            colour = "white" if shares[i, j] > 50 else INK
            axes.text(j, i, f"{counts[i, j]:.0f}", ha="center", va="center", color=colour, fontsize=8)
        figure.colorbar(image, ax=axes, label="share of the subject's probes, %", shrink=0.8).outline.set_visible(False)

    return draw(size + 0.9, size, paint)


def pruning_bars(groups, title="filters kept"):
    """Return bars of what pruning left of each layer.

    Args:
        groups: list of ``{"name", "before", "after"}``, top to bottom.
    """
    if not groups:
        raise DataError("pruning bars need at least one group of filters. Received: none.")
    names = [g["name"] for g in groups]
    before, after = np.array([g["before"] for g in groups]), np.array([g["after"] for g in groups])

    def paint(figure):
        axes = figure.subplots()
        place = np.arange(len(groups))
        axes.barh(place, before, color=GRID, height=0.72, label="before")
        axes.barh(place, after, color=COLOURS[0], height=0.72, label="after")
        for i, (b, a) in enumerate(zip(before, after, strict=True)):
            axes.text(b, i, f"  {a} of {b}" if a != b else f"  {b}", va="center", fontsize=8)
        axes.set_yticks(place, names)
        axes.invert_yaxis()
        axes.set_title(f"{title}: {after.sum():,} of {before.sum():,}")
        axes.set_xlim(0, before.max() * 1.18)
        axes.set_xlabel("filters")
        axes.tick_params(axis="y", length=0)
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)

    return draw(7, 0.3 * len(groups) + 1.3, paint)


def _square(i):
    from matplotlib.patches import Rectangle

    return Rectangle((i - 0.5, i - 0.5), 1, 1, fill=False, ec="white", lw=1.2, ls=":")
