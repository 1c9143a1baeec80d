"""Pictures made of silhouettes: sequences beside each other, and what the search found for them."""

from tfgait.core.errors import DataError
from tfgait.report.canvas import PROBE, RIGHT, WRONG, draw, strip


def silhouette_sheet(sequences, frames=8, across=2):
    """Return a sheet of walking people.

    Args:
        sequences: list of (caption, frames (T, H, W) or (T, H, W, 1) uint8).
        frames: shown of each.
        across: sequences in a row.
    """
    if not sequences:
        raise DataError("a sheet of silhouettes needs at least one sequence. Received: none.")
    down = -(-len(sequences) // across)

    def paint(figure):
        grid = figure.subplots(down, across, squeeze=False)
        for axes in grid.flat:
            axes.set_axis_off()
        for axes, (caption, images) in zip(grid.flat, sequences, strict=False):
            axes.imshow(strip(images, frames), cmap="gray", vmin=0, vmax=255)
            axes.set_title(caption, fontsize=8, fontweight="normal")

    return draw(3.9 * across, 1.0 * down, paint)


def neighbours(examples, frames=6):
    """Return probes, what was found nearest, and, where that was wrong, the nearest of the right subject.

    Args:
        examples: list of ``{"right": bool, "probe": (caption, frames), "nearest": (caption, frames),
            "match": (caption, frames) or None}``; frames are (T, H, W) or (T, H, W, 1) uint8.
        frames: shown of each.
    """
    if not examples:
        raise DataError("a picture of neighbours needs at least one example. Received: none.")
    titles = ("probe", "nearest in the gallery", "nearest of the right subject")
    wide = 3 if any(not e["right"] and e.get("match") for e in examples) else 2

    def paint(figure):
        grid = figure.subplots(len(examples), wide, squeeze=False)
        for row, (line, example) in enumerate(zip(grid, examples, strict=True)):
            found = RIGHT if example["right"] else WRONG
            shown = [(example["probe"], PROBE), (example["nearest"], found)]
            if not example["right"] and example.get("match"):
                shown.append((example["match"], RIGHT))
            for column, axes in enumerate(line):
                axes.set_xticks([])
                axes.set_yticks([])
                axes.spines[:].set_visible(column < len(shown))
                if row == 0:
                    axes.annotate(
                        titles[column], (0, 1.42), xycoords="axes fraction", fontsize=10, fontweight="bold", va="bottom"
                    )
                if column >= len(shown):
                    continue
                (caption, images), colour = shown[column]
                axes.imshow(strip(images, frames), cmap="gray", vmin=0, vmax=255)
                # The word too: colour alone does not reach every reader.
                word = ("right: " if example["right"] else "wrong: ") if column == 1 else ""
                axes.set_title(word + caption, fontsize=8, fontweight="normal", color=colour)
                axes.spines[:].set(color=colour, linewidth=1.6)

    return draw(3.3 * wide, 1.0 * len(examples) + 0.35, paint)
