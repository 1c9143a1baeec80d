"""Bodies: segment lengths and girths, and how people differ in them.

Lengths are fractions of stature after Drillis & Contini (1966), as drawn in Winter, "Biomechanics and Motor Control of
Human Movement" (2009), figure 4.1. Breadths, depths and radii are after the 1988 survey of US Army personnel (ANSUR;
Gordon et al., 1989, TR-89/044): rounded means of women and men, circumferences turned into radii, scaled to 1.70 m.
The numbers are approximate, set down from memory of the published tables, and some (neck, shoulders,
hips) were changed by eye; foot parts, head landmarks and trunk offsets, which neither table gives, were set by eye.

Every body is as tall as every other: in real footage stature shows only through the scale of the picture, which must
not tell who somebody is. Proportions and girths tell instead.
"""

from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import ConfigError
from tfgait.synthesis.skeleton import HAND, HEEL, SIDES

STATURE = 1.70

# name: (fraction of stature, relative standard deviation between people)
LENGTHS = {
    "shank": (0.246, 0.035),
    "thigh": (0.245, 0.035),
    "foot": (0.152, 0.035),
    "ankle_height": (0.039, 0.035),
    "loin": (0.110, 0.05),  # hip joints to waist
    "thorax": (0.178, 0.045),  # waist to the middle between the shoulders
    "neck": (0.060, 0.10),  # shoulders to the base of the skull
    "head": (0.112, 0.035),  # base of the skull to crown
    "upper_arm": (0.186, 0.035),
    "forearm": (0.146, 0.035),
    "hand": (0.108, 0.035),
    "shoulder_half": (0.115, 0.05),
    "hip_half": (0.050, 0.05),
}

# name: (metres at 1.70 m, relative standard deviation between people, how strongly it follows body mass)
GIRTHS = {
    "head_half_width": (0.076, 0.05, 0.1),
    "head_half_depth": (0.097, 0.05, 0.1),
    "neck_radius": (0.062, 0.06, 0.5),
    "shoulder_half_width": (0.148, 0.05, 0.3),
    "shoulder_half_depth": (0.078, 0.07, 0.6),
    "chest_half_width": (0.152, 0.05, 0.7),
    "chest_half_depth": (0.115, 0.07, 0.9),
    "waist_half_width": (0.142, 0.07, 1.0),
    "waist_half_depth": (0.106, 0.08, 1.3),
    "hip_half_width": (0.168, 0.06, 0.7),
    "hip_half_depth": (0.116, 0.07, 0.9),
    "thigh_radius": (0.086, 0.07, 0.8),
    "knee_radius": (0.060, 0.05, 0.5),
    "calf_radius": (0.059, 0.07, 0.6),
    "ankle_radius": (0.041, 0.06, 0.3),
    "arm_radius": (0.050, 0.08, 0.8),
    "elbow_radius": (0.042, 0.06, 0.5),
    "forearm_radius": (0.043, 0.07, 0.6),
    "wrist_radius": (0.029, 0.05, 0.3),
    "foot_half_width": (0.046, 0.05, 0.2),
}

# name: (metres, standard deviation in metres): how far a part lies before (+) or behind (-) the line of the joints
OFFSETS = {
    "chest_forward": (0.012, 0.010),
    "belly_forward": (0.012, 0.012),
    "seat_forward": (-0.022, 0.010),
    "head_forward": (0.018, 0.014),
    "shoulders_forward": (0.0, 0.013),
    "shoulders_drop": (0.0, 0.011),
}
MASS_SD = 0.11  # relative standard deviation of the body-mass index between people

NAMES = (*LENGTHS, *GIRTHS, *OFFSETS, "mass")
_LENGTH_SLICE = slice(0, len(LENGTHS))


@dataclass(frozen=True)
class Body:
    """One body: `lengths`, `girths` and `offsets` in metres, keyed as `LENGTHS`, `GIRTHS` and `OFFSETS`."""

    lengths: dict
    girths: dict
    offsets: dict

    def __post_init__(self):
        for field, table in (("lengths", LENGTHS), ("girths", GIRTHS), ("offsets", OFFSETS)):
            values = getattr(self, field)
            if set(values) != set(table):
                raise ConfigError(f"{field} must have the keys {', '.join(table)}. Received: {field}={sorted(values)}")
            if field != "offsets" and not all(np.isfinite(v) and v > 0 for v in values.values()):
                raise ConfigError(f"{field} must be positive. Received: {field}={values}")


def from_traits(traits):
    """The body of standard scores `traits (len(NAMES),)`; zeros give the reference body.

    The upright height (ankle, shank, thigh, loin, thorax, neck, head) is brought to `STATURE`.
    """
    scores = dict(zip(NAMES, traits, strict=True))
    lengths = {k: STATURE * f * _positive(sd * scores[k]) for k, (f, sd) in LENGTHS.items()}
    upright = sum(lengths[k] for k in ("ankle_height", "shank", "thigh", "loin", "thorax", "neck", "head"))
    lengths = {k: v * STATURE / upright for k, v in lengths.items()}
    # girth goes with the square root of mass at equal stature
    mass = 0.5 * MASS_SD * scores["mass"]
    girths = {k: m * _positive(sd * scores[k] + follow * mass) for k, (m, sd, follow) in GIRTHS.items()}
    return Body(lengths, girths, {k: m + sd * scores[k] for k, (m, sd) in OFFSETS.items()})


def _positive(deviation):
    return float(np.exp(deviation))


def sample(rng, spread=1.0):
    """A random body; `spread` multiplies every standard deviation between people."""
    return from_traits(spread * rng.standard_normal(len(NAMES)))


def dressed(traits, rng, variation):
    """`traits` with girths and offsets varied, as everyday clothes do; bones stay as they are."""
    change = variation * rng.standard_normal(len(NAMES))
    change[_LENGTH_SLICE] = 0.0
    return traits + change


def fit(motion):
    """A `Body` whose lengths are those of `motion` and whose girths are the reference ones, scaled to its height."""

    def length(*names):
        steps = [np.linalg.norm(motion[a] - motion[b], axis=-1) for a, b in zip(names, names[1:], strict=False)]
        return float(np.median(sum(steps)))

    def both(first, second):
        return float(np.mean([length(f"{side}_{first}", f"{side}_{second}") for side in SIDES]))

    reference = from_traits(np.zeros(len(NAMES)))
    foot = both("heel", "ball") + both("ball", "toe")
    lengths = {
        "shank": both("knee", "ankle"),
        "thigh": both("hip", "knee"),
        "foot": foot,
        "ankle_height": float(np.sqrt(max(both("ankle", "heel") ** 2 - (HEEL * foot) ** 2, 1e-4))),
        "loin": length("pelvis", "waist"),
        "thorax": length("waist", "chest"),
        "neck": length("chest", "neck"),
        "head": length("neck", "head"),
        "upper_arm": both("shoulder", "elbow"),
        "forearm": both("elbow", "wrist"),
        "hand": both("wrist", "hand") / HAND,
        "shoulder_half": length("left_shoulder", "right_shoulder") / 2,
        "hip_half": length("left_hip", "right_hip") / 2,
    }
    tall = sum(lengths[k] for k in ("shank", "thigh", "loin", "thorax"))
    scale = tall / sum(reference.lengths[k] for k in ("shank", "thigh", "loin", "thorax"))
    return Body(lengths, {k: v * scale for k, v in reference.girths.items()}, dict(reference.offsets))
