"""Pictures of what pruning costs and saves, as PNG bytes, from plain records."""

import numpy as np

from tfgait.core.errors import DataError
from tfgait.report.canvas import COLOURS, INK, draw

COSTS = {
    "params": "parameters",
    "macs": "multiply-accumulates",
    "fp32_ms": "latency, float32",
    "int8_ms": "latency, int8",
}


def trade_off(rows):
    """Return the picture of a trade-off curve: rank-1 on the left, what is left of the costs on the right.

    Args:
        rows: one dict a percentile, the unpruned network first: `percentile`, `rank1` ``{kind of probe: percent}``, and
            the keys of `COSTS`, None where nothing was measured.
    """
    if not rows:
        raise DataError("a trade-off curve needs at least one row. Received: none.")

    def paint(figure):
        left, right = figure.subplots(1, 2)
        x = [row["percentile"] for row in rows]
        kinds = list(dict.fromkeys(kind for row in rows for kind in row["rank1"]))
        for number, kind in enumerate(kinds):
            y = [row["rank1"].get(kind, np.nan) for row in rows]
            colour = COLOURS[number % len(COLOURS)]
            left.plot(x, y, color=colour, lw=1.8, marker="o", ms=4, label=kind)
            left.axhline(y[0], color=colour, lw=0.8, ls=":")
        left.set_title("rank-1 of people never seen, %; dotted: unpruned")
        left.set_ylim(0, 103)
        if kinds:
            left.legend(title="probes")
        for number, (key, label) in enumerate(COSTS.items()):
            share = [np.nan if None in (row[key], rows[0][key]) else 100 * row[key] / rows[0][key] for row in rows]
            if np.isfinite(share).any():
                right.plot(x, share, color=COLOURS[number], lw=1.8, marker="os^D"[number], ms=4, label=label)
        right.set_title("left of the unpruned network, %")
        right.set_ylim(bottom=0)
        right.legend(loc="upper right")
        for axes in (left, right):
            axes.set_xlabel("filters removed, %")
            axes.set_xticks(x, [f"{value:g}" for value in x])
            axes.grid(axis="y")

    return draw(8.4, 3.4, paint)


def sensitivity_map(groups, percentiles, values, whole):
    """Return a heat map of rank-1 when one group of layers alone is pruned.

    Args:
        groups: names, top to bottom.
        percentiles: left to right.
        values: [group][percentile] rank-1 in percent, None where nothing was measured.
        whole: rank-1 of the unpruned network, in percent.
    """
    values = np.array(values, float)
    if not values.size:
        raise DataError("a sensitivity map needs a group and a percentile. Received: none.")
    lost = whole - values
    top = max(10.0, float(np.nanmax(lost)) if np.isfinite(lost).any() else 0.0)

    def paint(figure):
        axes = figure.subplots()
        image = axes.imshow(lost, vmin=0, vmax=top, cmap="OrRd", aspect="auto")
        axes.set_title(f"rank-1 when one layer alone is pruned, %; {whole:.1f} unpruned")
        axes.set_xticks(range(len(percentiles)), [f"{p:g}" for p in percentiles])
        axes.set_yticks(range(len(groups)), groups)
        axes.set_xlabel("filters of the layer removed, %")
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        for i, j in np.argwhere(np.isfinite(values)):
            colour = "white" if lost[i, j] > 0.6 * top else INK
            axes.text(j, i, f"{values[i, j]:.1f}", ha="center", va="center", color=colour, fontsize=8)
        figure.colorbar(image, ax=axes, label="rank-1 lost, points", pad=0.02).outline.set_visible(False)

    return draw(1.0 * len(percentiles) + 3.0, 0.34 * len(groups) + 1.4, paint)
