"""What is known about a person, drawn into the frame."""

import cv2
import numpy as np

KNOWN, UNKNOWN, WAITING = (80, 200, 80), (60, 60, 230), (200, 200, 200)  # blue, green, red
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_ROWS = 480  # of a frame whose text has the size 0.5


def annotate(frame, box, text, colour, corner=""):
    """Return a copy of a frame (H, W, 3) uint8 with a box, text over it, and text in the upper left corner.

    Args:
        frame: blue, green, red.
        box: x, y, width, height in pixels, or None for none.
        text: over the box; other than ASCII letters are drawn as `?`, since OpenCV has no others.
        colour: of both.
        corner: text of the corner.
    """
    made = frame.copy()
    if box is not None:
        x, y, width, height = box
        cv2.rectangle(made, (x, y), (x + width - 1, y + height - 1), colour, _thickness(made))
        _write(made, text, (x, y - 1), colour)
    _write(made, corner, (0, 0), WAITING)
    return made


def _thickness(frame):
    return max(1, round(frame.shape[0] / _ROWS))


def _write(frame, text, at, colour):
    """Write text whose lower left corner is at x, y on a dark ground, moved where it would leave the picture."""
    if not text:
        return
    scale, thick = max(0.35, 0.5 * frame.shape[0] / _ROWS), _thickness(frame)
    text = text.encode("ascii", "replace").decode()
    (width, height), below = cv2.getTextSize(text, _FONT, scale, thick)
    x = int(np.clip(at[0], 0, max(0, frame.shape[1] - width - 4)))
    y = int(np.clip(at[1], height + below + 4, frame.shape[0]))
    cv2.rectangle(frame, (x, y - height - below - 4), (x + width + 4, y), (0, 0, 0), cv2.FILLED)
    cv2.putText(frame, text, (x + 2, y - below - 2), _FONT, scale, colour, thick, cv2.LINE_AA)
