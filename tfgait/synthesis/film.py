"""A walk as a camera in a room films it: an empty room first, a person who comes in and leaves, light and shadow."""

import cv2
import numpy as np

from tfgait.synthesis import surface
from tfgait.synthesis.camera import HEIGHT, WIDTH, beside, parse_view
from tfgait.synthesis.colours import rgb
from tfgait.synthesis.grey import grey
from tfgait.synthesis.outfit import KINDS, parse_condition
from tfgait.synthesis.outline import outlines
from tfgait.synthesis.render import silhouettes
from tfgait.synthesis.settings import WalkerSettings, stream
from tfgait.synthesis.skeleton import Motion
from tfgait.synthesis.walker import Walker

EMPTY = 25  # frames of the room before the person comes
STANDS_FOR = 0.55  # the part of the walk that fits in the picture, seen from the side
SHADE = 0.8  # the light that is left in a shadow
LIGHT = 0.06  # by which the light of the room rises and falls
_DEFAULT = WalkerSettings()
_AWAY = 100 * max(HEIGHT, WIDTH)  # pixels: outside every picture


def film(subject, condition, view, *, seed, frames=110, settings=_DEFAULT):
    """Film one walk before a textured wall, in colour.

    The camera of `make_sequence` stands nearer, so that somebody who walks by comes in and leaves; clothes, wall and
    noise are as there. A shadow lies on the floor, and the light of the room changes slowly.

    Args:
        subject, condition, view, seed, settings: as of `make_sequence`.
        frames: 1 to 150 of the walk; `EMPTY` frames of the empty room come before them.

    Returns:
        pictures: (EMPTY + frames, 240, 320, 3) uint8 red, green, blue.
        silhouettes: (EMPTY + frames, 240, 320) uint8, exact: 0, or 255 where the person is.

    Raises:
        ConfigError: an argument is none of these.
    """
    walk = Walker(subject, settings).walk(condition, seed, frames)
    kind, number = parse_condition(condition)
    walked = (seed, subject, KINDS.index(kind), number)
    key = (*walked, parse_view(view))
    rng = stream("film", *key)
    camera = beside(key[-1] - walk.heading, STANDS_FOR * frames / settings.fps, stream("camera", *key))
    motion = Motion(
        np.concatenate([np.repeat(walk.motion.joints[:1], EMPTY, axis=0), walk.motion.joints]), settings.fps
    )
    shape = surface.build(motion, walk.body, walk.outfit, settings.coat_hides)
    outline, depth = outlines(camera, shape.centres, shape.axes)
    shadow, _ = outlines(camera, *_fallen(shape, rng.uniform(-0.5, 0.5, 2)))
    outline[:EMPTY], shadow[:EMPTY] = _AWAY, _AWAY
    pictures = grey(shape, outline, depth, camera, stream("clothes", *walked), stream("background", *key), _lit(shadow))
    pictures = rgb(pictures, shape.names, outline, depth, stream("colours", *walked))
    return _flickered(pictures, rng), silhouettes(outline)


def _fallen(shape, slant):
    """Return centres and axes of a surface as its shadow on the floor, the light at a slant (2,) of metres a metre."""
    fall = np.diag([1.0, 1.0, 0.0])
    fall[2, :2] = slant
    return shape.centres @ fall, shape.axes @ fall


def _lit(shadow):
    """Yield the light (HEIGHT, WIDTH) float32 that a shadow (T, P, K, 2) leaves of each frame, with soft edges."""
    for dark in silhouettes(shadow):
        yield 1 - np.float32((1 - SHADE) / 255) * cv2.GaussianBlur(dark, (9, 9), 0)


def _flickered(pictures, rng):
    """Return the pictures under a light that swings once in about four seconds."""
    phase, pace = rng.uniform(0, 2 * np.pi), rng.uniform(0.05, 0.08)
    for number, picture in enumerate(pictures):
        cv2.convertScaleAbs(picture, picture, 1 + LIGHT * np.sin(phase + pace * number))
    return pictures
