"""What is worn over a body: the skirt of a coat, coating shoes, and bags."""

import numpy as np

from tfgait.synthesis.parts import CLOTH, between, ellipsoid, frame_of, sole
from tfgait.synthesis.skeleton import SIDES


def add_skirt(surface, point, girth, frames, outfit):
    """Add the coat below the waist to a `Surface`: one hull round both thighs, its hem spread by the legs."""
    coat, frame = outfit.coat, frames["pelvis"]
    wide = girth["hip_half_width"] + coat["trunk"]
    deep = girth["hip_half_depth"] + coat["trunk"]
    hem = []
    for side in SIDES:
        hip, knee, ankle = (point[f"{side}_{n}"] for n in ("hip", "knee", "ankle"))
        to_knee = coat["hem"] / 0.5
        hem.append(between(hip, knee, min(to_knee, 1.0)) + max(to_knee - 1.0, 0.0) * (ankle - knee))
    middle = (hem[0] + hem[1]) / 2
    spread = np.abs(((hem[0] - hem[1]) * frame[:, 1]).sum(-1)) / 2
    half = np.stack([np.full(len(middle), wide + 0.6 * coat["flare"]),
                     girth["thigh_radius"] + coat["trunk"] + coat["flare"] + 0.85 * spread,
                     np.full(len(middle), 0.015)], axis=1)  # fmt: skip
    level = frame.copy()
    level[:, 2] = (0.0, 0.0, 1.0)
    top = between(point["pelvis"], point["waist"], 0.3)
    surface.add(
        "skirt",
        (top, ellipsoid(frame, wide, deep, 0.05)),
        (point["pelvis"], ellipsoid(frame, wide, deep, 0.05)),
        (middle, level * half[..., None]),
    )


def add_overshoe(surface, point, girth, side, outfit):
    """Add a coating shoe to a `Surface`: a wide bag round the foot, gathered above the ankle, on a sole of its own."""
    length, height, width = (outfit.shoes[name] for name in ("length", "height", "width"))
    ankle, heel, ball, toe = (point[f"{side}_{n}"] for n in ("ankle", "heel", "ball", "toe"))
    up, frame = sole(point, side)
    wide, forward = girth["foot_half_width"] + width, frame[:, 1]
    tall = 0.03 + 0.6 * height  # half: the shoe reaches 0.2 of its height below the foot, the rest above
    front = (ball + (0.024 + 0.4 * height) * up, ellipsoid(frame, wide, 0.045, tall))
    back = heel + (0.028 + 0.4 * height) * up + (0.02 - 0.3 * length) * forward
    surface.add("overshoe", (back, ellipsoid(frame, 0.034 + width, 0.034, tall)),
                (ankle + 0.6 * height * up, girth["ankle_radius"] + 0.6 * width), front)  # fmt: skip
    tip = toe + (0.02 + 0.4 * height) * up + (0.7 * length - 0.02) * forward
    surface.add("overshoe", front, (tip, ellipsoid(frame, 0.85 * wide, 0.03, 0.8 * tall)))


def add_bag(surface, point, girth, frames, outfit):
    """Add the bag of an `Outfit` to a `Surface`: it rides on the back, at the hip, or hangs from the hand."""
    wide, deep, high = outfit.size
    side = SIDES[outfit.side]
    sign = 1 - 2 * outfit.side
    if outfit.bag == "backpack":
        frame = frames["chest"]
        back = -(girth["chest_half_depth"] + CLOTH + 0.8 * deep) * frame[:, 1]
        centre = between(point["chest"], point["waist"], 0.45) + back
        box = ellipsoid(frame, wide, deep, 0.45 * high)
        surface.add("bag", (centre + 0.55 * high * frame[:, 2], 0.95 * box), (centre - 0.55 * high * frame[:, 2], box))
        return
    if outfit.bag == "shoulder_bag":
        frame = frames["pelvis"]
        out = girth["hip_half_width"] + CLOTH + 0.7 * wide
        centre = point[f"{side}_hip"] * 0.5 + point["pelvis"] * 0.5
        centre = centre + sign * (out - 0.04) * frame[:, 0] + 0.04 * frame[:, 2]
        shoulder = point["chest"] - sign * 0.09 * frames["chest"][:, 0]
        surface.add("strap", (shoulder + 0.06 * frames["chest"][:, 1], 0.03), (centre, 0.03))
    else:
        # it hangs from the hand and stays upright
        frame = frame_of(frames["pelvis"][:, 0], np.broadcast_to([0.0, 0.0, 1.0], (surface.frames, 3)))
        centre = point[f"{side}_hand"] - np.array([0.0, 0.0, high + 0.05])
        surface.add("strap", (point[f"{side}_hand"], 0.02), (centre + [0.0, 0.0, high], 0.05))
    box = ellipsoid(frame, wide, 0.55 * deep, 0.5 * high)
    surface.add("bag", (centre + 0.45 * high * frame[:, 2] - 0.4 * deep * frame[:, 1], 0.9 * box),
                (centre + 0.45 * high * frame[:, 2] + 0.4 * deep * frame[:, 1], 0.9 * box),
                (centre - 0.45 * high * frame[:, 2], ellipsoid(frame, wide, 0.95 * deep, 0.5 * high)))  # fmt: skip
