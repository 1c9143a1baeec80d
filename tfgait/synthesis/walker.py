"""A person who walks: an identity made of a body and a gait, and the walks of that person."""

from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import ConfigError
from tfgait.synthesis import body as bodies
from tfgait.synthesis import gait as gaits
from tfgait.synthesis import outfit as outfits
from tfgait.synthesis.kinematics import pose, walk_on_ground
from tfgait.synthesis.settings import WalkerSettings, stream
from tfgait.synthesis.skeleton import Motion

MAX_FRAMES = 150


@dataclass(frozen=True)
class Walk:
    """One walk: its `motion`, the `body` as dressed, the `outfit` and the `heading` in degrees (0 is straight)."""

    motion: Motion
    body: bodies.Body
    outfit: outfits.Outfit
    heading: float


class Walker:
    """One person, the same for ever for the same number.

    Args:
        subject: a number from 0; it alone decides body and gait. Other subjects are other people.
        settings: `WalkerSettings`.

    Raises:
        ConfigError: the number is negative or no integer.
    """

    def __init__(self, subject, settings=None):
        if isinstance(subject, bool) or not isinstance(subject, int | np.integer) or subject < 0:
            raise ConfigError(f"subject must be an integer from 0. Received: subject={subject}")
        self.subject = int(subject)
        self.settings = settings or WalkerSettings()
        rng = stream("person", self.subject)
        body, gait = rng.standard_normal(len(bodies.NAMES)), rng.standard_normal(gaits.TRAITS)
        self._body = body * self.settings.body_spread * (not self.settings.equal_bodies)
        self._gait = gait * self.settings.motion_spread * (not self.settings.equal_motion)

    @property
    def body(self):
        """The person's own `Body`, undressed."""
        return bodies.from_traits(self._body)

    @property
    def gait(self):
        """The person's own `Gait`, unhampered."""
        return gaits.from_traits(self._gait)

    def walk(self, condition="nm-01", seed=0, frames=60):
        """One walk of this person as a `Walk`; the same for the same condition and seed, from whatever view."""
        if isinstance(frames, bool) or not isinstance(frames, int | np.integer) or not 1 <= frames <= MAX_FRAMES:
            raise ConfigError(f"frames must be an integer in [1, {MAX_FRAMES}]. Received: frames={frames}")
        settings = self.settings
        kind, number = outfits.parse_condition(condition)
        key = (check_seed(seed), self.subject, outfits.KINDS.index(kind), number)
        outfit = outfits.sample(kind, stream("outfit", *key))
        rng = stream("walk", *key)
        body, gait = self._later() if outfits.is_later(kind, number) else (self._body, self._gait)
        body = bodies.from_traits(bodies.dressed(body, rng, settings.body_within * settings.body_spread))
        within = settings.motion_within * settings.motion_spread
        gait = gaits.from_traits(gait + within * rng.standard_normal(gaits.TRAITS))
        speed = np.exp(settings.speed_within * rng.standard_normal())
        start, heading = rng.uniform(0, 2 * np.pi), settings.heading * rng.standard_normal()
        gait = _hampered(gait, outfit.hamper or {}, np.sqrt(speed))
        # a speed is shared equally by the length and the number of strides
        pace = 2 * np.pi * gait.cadence * np.sqrt(speed) / settings.fps
        drift = 0.06 * np.sin(np.linspace(0, 2, frames) * np.pi + rng.uniform(0, 2 * np.pi))
        joints = walk_on_ground(pose(body, gait.angles(start + pace * np.arange(frames) + drift)))
        return Walk(Motion(joints, settings.fps), body, outfit, float(heading))

    def _later(self):
        """The traits of body and gait months later."""
        settings, rng = self.settings, stream("later", self.subject)
        body = bodies.dressed(self._body, rng, settings.body_later * settings.body_spread)
        gait = settings.motion_later * settings.motion_spread * rng.standard_normal(gaits.TRAITS)
        return body, self._gait + gait


def _hampered(gait, hamper, swing):
    factors = np.ones((len(gaits.NAMES), 2))
    for name in ("hip", "knee", "foot", "shoulder"):
        factors[gaits.NAMES.index(name)] = swing
    for name, both in hamper.items():
        factors[gaits.NAMES.index(name)] *= both
    return gaits.Gait(gait.mean, gait.harmonics * factors[..., None], gait.cadence)


def check_seed(seed):
    """`seed` as an int; raises `ConfigError` unless it is an integer from 0."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ConfigError(f"seed must be an integer from 0. Received: seed={seed}")
    return int(seed)
