"""The picture of what speed costs in recognition, as PNG bytes, from plain records."""

from tfgait.core.errors import DataError
from tfgait.report.canvas import COLOURS, draw


def rank1_against_latency(points, title="rank-1 against latency"):
    """Return the picture: milliseconds to the right, logarithmic, rank-1 upwards, a colour for each kind of probe.

    Args:
        points: list of ``{"name", "ms", "rank1": {kind: percent}}``.
    """
    if not points:
        raise DataError("rank-1 against latency needs at least one model file. Received: none.")
    kinds = list(dict.fromkeys(kind for point in points for kind in point["rank1"]))
    points = sorted(points, key=lambda point: point["ms"])
    rates = [rate for point in points for rate in point["rank1"].values()]

    def paint(figure):
        from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

        axes = figure.subplots()
        for colour, kind in zip(COLOURS * len(kinds), kinds, strict=False):
            shown = [(point["ms"], point["rank1"][kind]) for point in points if kind in point["rank1"]]
            axes.plot(*zip(*shown, strict=True), "o", color=colour, ms=6, label=kind)
        low, high = min(rates), max(rates)
        room = max(high - low, 2.0)
        for i, point in enumerate(points):
            # Names of neighbours stand at different heights, so that they do not cover each other.
            at = high + room * (0.12 + 0.13 * (i % 3))
            axes.plot([point["ms"]] * 2, [min(point["rank1"].values()), at], color="#9AA5B1", lw=0.7, zorder=0)
            box = {"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none"}
            axes.annotate(point["name"], (point["ms"], at), ha="center", va="bottom", fontsize=8, bbox=box)
        axes.set_xscale("log")
        axes.margins(x=0.25)
        axes.set_ylim(low - 0.15 * room, high + 0.6 * room)
        # There is room for names above 100 %, but no such rate.
        axes.set_yticks([tick for tick in axes.get_yticks() if low - 0.15 * room <= tick <= 100])
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("milliseconds of one run (p50)")
        axes.set_ylabel("rank-1, %")
        axes.set_title(title)
        axes.grid(axis="y")
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(kinds))

    return draw(7, 4, paint)
