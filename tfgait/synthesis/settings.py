"""The knobs of the walkers, calibrated, and the seeds of everything random.

What they were calibrated on: rank-1 in percent of the nearest neighbour (Euclidean) of gait energy images, the means of
30 aligned silhouettes of 64 x 44, CASIA-B's protocol: 50 people, 11 views, gallery nm-01 to 04, probes nm-05,06,
bg-01,02, cl-01,02, identical view excluded, chance 2 %. CASIA-B's own is 20 to 30 nm. One seed; the first three rows
are what `tfgait figures --what walkers` prints.

    setting                                                          nm    bg    cl
    as here                                                         28.7  20.0  15.0
    as here, equal_bodies                                           16.0  10.9  11.9
    as here, equal_motion                                           17.5  11.8   6.3
    as here, GaitSet learnt on 300 other people (the shipped one)   91.9  85.9  84.3

Identical views score 95 and adjacent ones 57 (energy images of 22 frames): the change of view is what is hard. The
variation within a person was lowered once, by judgement, so that a trained network can reach 85.

The spreads between people and within a person are estimates: none was fitted to data, and nothing was compared with the
pictures of CASIA-B. Results on walkers are results on walkers.

Scale, position and brightness alone stay near chance (nearest neighbour among nm-01 to 04, probes nm-05 and 06):
100 people, 16 frames, views 054 and 090, chance 1 %: scale 0.5 and 2.0, position 0.5 and 1.5 (200 probes each).
40 people, 8 frames, views 000, 090 and 126, chance 2.5 %: scale 0, 1.2 and 3.8, position 0, 7.5 and 5.0, brightness
2.5, 1.2 and 5.0 (80 probes each). The length of a sequence is given, so it tells nothing. Where a walk begins and ends
in the picture does tell its speed, which is motion; alignment takes it away.
"""

from dataclasses import dataclass, fields

import numpy as np

from tfgait.core.errors import ConfigError


@dataclass(frozen=True)
class WalkerSettings:
    """How people differ, how one person varies, and what the camera and the segmentation add.

    Args:
        body_spread, motion_spread: factors on the standard deviations between people of `body.py` and `gait.py`.
        body_within, motion_within: variation of girths (everyday clothes) and of motion between two walks of a person,
            as parts of the standard deviations between people.
        body_later, motion_later: what months change, to all walks of a second session alike, in the same parts.
        equal_bodies, equal_motion: give all people the reference body, or the normal gait.
        speed_within: relative standard deviation of a person's speed between walks.
        heading: standard deviation of the direction walked, degrees.
        coat_hides: the part of the personal girth that a coat hides.
        edge_noise: standard deviation of each vertex of an outline, pixels.
        threshold_bias: standard deviation by which all outlines of one view of a walk are too wide, pixels.
        faults: how often the segmentation fails, 0 (never) to 1: holes, ragged edges, missing (empty) frames.
        pose_noise: standard deviation of a 2D landmark, pixels.
        pose_misses: the part of the 2D landmarks that is missed: 0, 0 with confidence 0.
        fps: frames a second.
    """

    body_spread: float = 1.4
    motion_spread: float = 1.2
    body_within: float = 0.15
    motion_within: float = 0.25
    body_later: float = 0.2
    motion_later: float = 0.2
    equal_bodies: bool = False
    equal_motion: bool = False
    speed_within: float = 0.05
    heading: float = 3.0
    coat_hides: float = 0.75
    edge_noise: float = 0.25
    threshold_bias: float = 0.4
    faults: float = 0.0
    pose_noise: float = 1.0
    pose_misses: float = 0.02
    fps: float = 25.0

    def __post_init__(self):
        for field in fields(self):
            value = getattr(self, field.name)
            if not np.isfinite(value) or value < 0:
                raise ConfigError(f"{field.name} must be a number from 0. Received: {field.name}={value}")
        for name in ("coat_hides", "faults", "pose_misses"):
            if getattr(self, name) > 1:
                raise ConfigError(f"{name} must lie in [0, 1]. Received: {name}={getattr(self, name)}")
        if not self.fps > 0:
            raise ConfigError(f"fps must be positive. Received: fps={self.fps}")


# Each kind of randomness has a stream of its own, so that what one draws never moves another.
_STREAMS = (
    "person",
    "walk",
    "outfit",
    "camera",
    "segmentation",
    "poses",
    "clothes",
    "background",
    "later",
    "depth",
    "colours",
    "film",
)


def stream(name, *key):
    """A generator that depends on `name` and the non-negative integers `key` alone."""
    return np.random.default_rng(np.random.SeedSequence([_STREAMS.index(name), *key]))
