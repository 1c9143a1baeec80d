"""A pinhole camera beside a straight walk, and the views of CASIA-B."""

from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import ConfigError

VIEWS = tuple(f"{degrees:03d}" for degrees in range(0, 181, 18))
HEIGHT, WIDTH = 240, 320
FOCAL = 460.0  # pixels: 38 degrees across 320 pixels
DISTANCE = 6.2  # metres from the middle of the walk
NOMINAL_SPEED = 1.25  # metres a second
_FITS = 3.2  # metres of way that fit in the picture at DISTANCE
_EYE, _TARGET = 1.35, 0.88  # metres above ground: the camera, and the point it looks at


@dataclass(frozen=True)
class Camera:
    """A pinhole camera.

    Args:
        position: `(3,)` metres.
        rotation: `(3, 3)`; rows are the camera's right, down and forward in the world.
        focal: pixels.
    """

    position: np.ndarray
    rotation: np.ndarray
    focal: float = FOCAL

    def project(self, points):
        """Points `(..., 3)` in metres -> pixels `(..., 2)` x right, y down, and the depth `(...)` in metres."""
        seen = (points - self.position) @ self.rotation.T
        depth = seen[..., 2]
        pixels = self.focal * seen[..., :2] / depth[..., None] + (WIDTH / 2, HEIGHT / 2)
        return pixels, depth

    def slope(self, points):
        """The derivative `(..., 2, 3)` of the pixels by the points `(..., 3)`."""
        seen = (points - self.position) @ self.rotation.T
        depth = seen[..., 2, None, None]
        return self.focal / depth * (self.rotation[:2] - seen[..., :2, None] / depth * self.rotation[2])


def parse_view(view):
    """`"018"` -> 18. Three digits from 000 to 180; CASIA-B's eleven are `VIEWS`."""
    text = str(view)
    if len(text) != 3 or not (text.isascii() and text.isdigit()) or int(text) > 180:
        raise ConfigError(f"view must be three digits from 000 to 180. Received: view={view}")
    return int(text)


def beside(view, seconds, rng=None):
    """The camera of a view, as in CASIA-B: 000 is walked towards, 090 sees the left side, 180 is walked away from.

    Its distance grows with the nominal way of `seconds`, never with the real one, lest scale tell the speed.

    Args:
        view: degrees.
        seconds: duration of the walk.
        rng: varies distance, height and aim a little; None gives the nominal camera.
    """
    stretch, lift, along, aside = 1.0, 0.0, 0.0, 0.0
    if rng is not None:
        stretch, lift = np.exp(rng.uniform(-0.09, 0.09)), rng.uniform(-0.1, 0.1)
        along, aside = rng.uniform(-0.25, 0.25), rng.uniform(-0.12, 0.12)
    distance = stretch * DISTANCE * max(1.0, NOMINAL_SPEED * seconds / _FITS)
    angle = np.radians(view)
    away = np.array([np.cos(angle), np.sin(angle), 0.0])
    position = distance * away + [0.0, 0.0, _EYE + lift]
    across = np.array([-away[1], away[0], 0.0])
    target = along * across + [0.0, 0.0, _TARGET + aside]
    return look(position, target)


def look(position, target, focal=FOCAL):
    """A level camera at `position` that looks at `target`, both `(3,)` in metres."""
    forward = np.asarray(target, float) - position
    forward = forward / np.linalg.norm(forward)
    right = np.array([forward[1], -forward[0], 0.0])
    right /= np.linalg.norm(right)
    return Camera(np.asarray(position, float), np.stack([right, np.cross(forward, right), forward]), focal)
