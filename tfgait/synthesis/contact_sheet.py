"""One picture of many walks: subjects and conditions down, views across."""

import cv2
import numpy as np

from tfgait.core.errors import ConfigError
from tfgait.synthesis.outfit import CONDITIONS
from tfgait.synthesis.sequence import VIEWS, make_sequence

_TILE_HEIGHT, _TILE_WIDTH, _EDGE = 128, 96, 6
_FRAMES, _SHOWN = 24, 9


def contact_sheet(subjects, conditions=CONDITIONS, views=VIEWS, seed=0):
    """A sheet of silhouettes, one tile a walk and view, each person brought to one height.

    Args:
        subjects, conditions, views, seed: as in `make_sequence`; a row for each subject and condition, a column a view.

    Returns:
        uint8 `(len(subjects) * len(conditions) * 134 + 6, len(views) * 102 + 6)`, light people on dark ground.
    """
    if not len(subjects) or not len(conditions) or not len(views):
        raise ConfigError("subjects, conditions and views must not be empty. Received: an empty one")
    rows = len(subjects) * len(conditions)
    sheet = np.full((rows * (_TILE_HEIGHT + _EDGE) + _EDGE, len(views) * (_TILE_WIDTH + _EDGE) + _EDGE), 40, np.uint8)
    for i, (subject, condition) in enumerate((s, c) for s in subjects for c in conditions):
        for j, view in enumerate(views):
            walk = make_sequence(subject, condition, view, seed=seed, frames=_FRAMES)["silhouettes"]
            top, left = _EDGE + i * (_TILE_HEIGHT + _EDGE), _EDGE + j * (_TILE_WIDTH + _EDGE)
            sheet[top : top + _TILE_HEIGHT, left : left + _TILE_WIDTH] = _tile(walk[_SHOWN])
    return sheet


def _tile(picture):
    """The person, upright in the middle of a tile."""
    left, top, width, height = cv2.boundingRect(picture)
    scale = 0.94 * _TILE_HEIGHT / height
    shift = [_TILE_WIDTH / 2 - scale * (left + width / 2), 0.97 * _TILE_HEIGHT - scale * (top + height)]
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    return cv2.warpAffine(picture, matrix, (_TILE_WIDTH, _TILE_HEIGHT), flags=cv2.INTER_AREA)
