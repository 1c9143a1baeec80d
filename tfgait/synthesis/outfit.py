"""What a walk is dressed in and carries: nothing special, a bag, a coat, overshoes. Drawn anew for every sequence."""

from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import ConfigError

CONDITIONS = tuple(f"nm-{i:02d}" for i in range(1, 7)) + ("bg-01", "bg-02", "cl-01", "cl-02")
KINDS = ("nm", "bg", "cl", "n", "b", "s")  # CASIA-B's, then TUM-GAID's
_LATER = {"n": 7, "b": 3, "s": 3}  # TUM-GAID's second session counts on from the first
BAGS = ("backpack", "shoulder_bag", "hand_bag")


def parse_condition(condition):
    """`"bg-02"` -> `("bg", 2)`. Kinds are `KINDS`, numbers 01 to 99 (CASIA-B's ten are `CONDITIONS`)."""
    kind, _, number = str(condition).partition("-")
    if kind not in KINDS or len(number) != 2 or not (number.isascii() and number.isdigit()) or number == "00":
        raise ConfigError(
            f"condition must be one of {', '.join(KINDS)} and 01 to 99, as nm-01. Received: condition={condition}"
        )
    return kind, int(number)


def is_later(kind, number):
    """Whether a condition belongs to the second session, months after the first: TUM-GAID's n-07, b-03, s-03 and on."""
    return kind in _LATER and number >= _LATER[kind]


@dataclass(frozen=True)
class Outfit:
    """Clothes and bag of one sequence.

    Args:
        kind: one of `KINDS`.
        side: 0 or 1, the side of the arm that a bag hampers.
        bag: one of `BAGS`, or None.
        size: half width, half depth and half height of the bag in metres; empty without a bag.
        coat: what a coat adds to the trunk and the sleeve, its hem (share of the way from hip to ankle), its flare and
            fullness, in metres but for the hem; empty without a coat.
        shoes: metres by which coating shoes lengthen, heighten and widen a foot; empty without them.
        hamper: `{channel: (left, right)}` factors on the swing of a gait's channels.
    """

    kind: str
    side: int = 0
    bag: str | None = None
    size: tuple = ()
    coat: dict | None = None
    hamper: dict | None = None
    shoes: dict | None = None


def sample(kind, rng):
    """A random outfit of a kind of condition."""
    if kind == "bg":
        return _bag(rng)
    if kind == "cl":
        return _coat(rng)
    if kind == "b":
        return _bag(rng, kind, BAGS[:1])
    return _shoes(rng) if kind == "s" else Outfit(kind)


def _bag(rng, kind="bg", bags=BAGS):
    bag, side = bags[rng.integers(len(bags))], int(rng.integers(2))
    width, depth, height = {
        "backpack": (0.14, 0.08, 0.21),
        "shoulder_bag": (0.06, 0.15, 0.12),
        "hand_bag": (0.05, 0.17, 0.13),
    }[bag] * np.exp(0.15 * rng.standard_normal(3))
    if bag == "backpack":
        hamper = {"shoulder": (0.85, 0.85), "trunk_turn": (0.7, 1.0)}
    else:
        hindered = (0.35, 0.95) if side == 0 else (0.95, 0.35)
        hamper = {"shoulder": hindered, "elbow": hindered, "trunk_turn": (0.8, 1.0)}
    return Outfit(kind, side, bag, (width, depth, height), None, hamper)


def _coat(rng):
    coat = {
        "trunk": rng.uniform(0.018, 0.045),
        "sleeve": rng.uniform(0.010, 0.024),
        "hem": rng.uniform(0.28, 0.58),
        "flare": rng.uniform(0.0, 0.05),
        "waist": rng.uniform(0.0, 0.03),
    }
    hamper = {
        "hip": (0.95, 0.95),
        "knee": (0.96, 0.96),
        "shoulder": (0.75, 0.75),
        "elbow": (0.85, 0.85),
        "trunk_turn": (0.8, 1.0),
    }
    return Outfit("cl", 0, None, (), coat, hamper)


def _shoes(rng):
    shoes = {
        "length": rng.uniform(0.025, 0.045),
        "height": rng.uniform(0.018, 0.032),
        "width": rng.uniform(0.012, 0.022),
    }
    # loose and smooth soles: the foot is rolled less and lifted more
    return Outfit("s", hamper={"foot": (0.9, 0.9), "knee": (1.04, 1.04), "hip": (0.97, 0.97)}, shoes=shoes)
