"""The surface of a person: convex hulls of ellipsoids that ride on the landmarks.

A part (thigh, chest, …) is the hull of `RINGS` ellipsoids; a trunk is wider than deep, so views differ. Motion capture
and parametric walkers give the same landmarks and pass through here alike.
"""

import numpy as np

from tfgait.synthesis import body as bodies
from tfgait.synthesis.garments import add_bag, add_overshoe, add_skirt
from tfgait.synthesis.parts import CLOTH, Surface, between, ellipsoid, frame_of, sole
from tfgait.synthesis.skeleton import JOINT, SIDES

_TROUSER = 0.010  # metres that trousers add to a leg
_REFERENCE = bodies.from_traits(np.zeros(len(bodies.NAMES)))


def build(motion, body, outfit, coat_hides=0.75):
    """The `Surface` of a walk.

    Args:
        motion: a `Motion`.
        body: a `Body`; its girths and offsets are used, the lengths are those of the motion.
        outfit: an `Outfit`.
        coat_hides: the part of the personal girth that a coat hides, in [0, 1].
    """
    surface = Surface(len(motion))
    point = {name: motion.joints[:, i] for name, i in JOINT.items()}
    girth, offset = dict(body.girths), body.offsets
    if outfit.coat:
        for name in girth:
            if not name.startswith(("head", "neck", "foot", "calf", "ankle")):
                girth[name] += coat_hides * (_REFERENCE.girths[name] - girth[name])
        offset = {k: v + coat_hides * (_REFERENCE.offsets[k] - v) for k, v in offset.items()}
    frames = _frames(point)
    _head(surface, point, girth, frames)
    _trunk(surface, point, girth, offset, frames, outfit)
    sleeve = outfit.coat["sleeve"] if outfit.coat else 0.004
    for side in SIDES:
        _arm(surface, point, girth, side, sleeve)
        _leg(surface, point, girth, side)
        if outfit.shoes:
            add_overshoe(surface, point, girth, side, outfit)
    if outfit.coat:
        add_skirt(surface, point, girth, frames, outfit)
    if outfit.bag:
        add_bag(surface, point, girth, frames, outfit)
    return surface


def _frames(point):
    return {
        "pelvis": frame_of(point["left_hip"] - point["right_hip"], point["waist"] - point["pelvis"]),
        "chest": frame_of(point["left_shoulder"] - point["right_shoulder"], point["chest"] - point["waist"]),
        "head": frame_of(point["left_ear"] - point["right_ear"], point["head"] - point["neck"]),
    }


def _head(surface, point, girth, frames):
    frame, up = frames["head"], point["head"] - point["neck"]
    long = np.linalg.norm(up, axis=-1).mean()
    forward = frame[:, 1]
    wide, deep = girth["head_half_width"], girth["head_half_depth"]
    skull = point["neck"] + 0.60 * up + 0.010 * forward
    jaw = point["neck"] + 0.12 * up + 0.42 * deep * forward
    tip = point["neck"] + 0.40 * up + (deep + 0.014) * forward
    surface.add(
        "head",
        (skull, ellipsoid(frame, wide, deep, 0.42 * long)),
        (jaw, ellipsoid(frame, 0.72 * wide, 0.50 * deep, 0.24 * long)),
        (tip, 0.012),
    )
    surface.add("neck", (between(point["chest"], point["neck"], 0.1), girth["neck_radius"] * 1.2),
                (between(point["neck"], point["head"], 0.15), girth["neck_radius"]))  # fmt: skip


def _trunk(surface, point, girth, offset, frames, outfit):
    coat = outfit.coat
    more = coat["trunk"] if coat else CLOTH
    pelvis, chest = frames["pelvis"], frames["chest"]
    spine = point["chest"] - point["waist"]

    def ring(name, centre, frame, forward, height, extra=more):
        wide, deep = girth[f"{name}_half_width"] + extra, girth[f"{name}_half_depth"] + extra
        return centre + forward * frame[:, 1], ellipsoid(frame, wide, deep, height)

    shoulders = ring("shoulder", between(point["chest"], point["waist"], 0.26), chest,
                     0.5 * offset["shoulders_forward"], 0.06)  # fmt: skip
    breast = ring("chest", point["waist"] + 0.56 * spine, chest, offset["chest_forward"], 0.06)
    waist_frame = frame_of(pelvis[:, 0] + chest[:, 0], pelvis[:, 2] + chest[:, 2])
    waist = ring("waist", point["waist"] + 0.06 * spine, waist_frame, offset["belly_forward"], 0.05,
                 more + (coat["waist"] if coat else 0.0))  # fmt: skip
    hips = ring("hip", between(point["pelvis"], point["waist"], 0.05), pelvis, 0.5 * offset["seat_forward"], 0.07)
    seat = ring("hip", between(point["pelvis"], point["waist"], -0.18), pelvis, offset["seat_forward"], 0.06, 0.0)
    seat = seat[0], seat[1] * np.array([0.9, 0.86, 1.0])[:, None]
    slope = 0.75 * girth["arm_radius"] + 0.5 * more
    yoke = [(between(point[f"{side}_shoulder"], point["chest"], 0.12), slope) for side in SIDES]
    surface.add("yoke", (between(point["chest"], point["neck"], 0.42), 1.05 * girth["neck_radius"]), *yoke)
    surface.add("chest", shoulders, breast)
    surface.add("belly", breast, waist)
    surface.add("pelvis", waist, hips, seat)


def _arm(surface, point, girth, side, sleeve):
    shoulder, elbow, wrist, hand = (point[f"{side}_{n}"] for n in ("shoulder", "elbow", "wrist", "hand"))
    arm = girth["arm_radius"] + sleeve
    surface.add("upper_arm", (shoulder, arm * 1.05), (between(shoulder, elbow, 0.45), arm),
                (elbow, girth["elbow_radius"] + sleeve))  # fmt: skip
    surface.add("forearm", (elbow, girth["elbow_radius"] + sleeve),
                (between(elbow, wrist, 0.3), girth["forearm_radius"] + sleeve),
                (wrist, girth["wrist_radius"] + 0.8 * sleeve))  # fmt: skip
    radius = girth["wrist_radius"]
    surface.add("hand", (wrist, radius), (between(wrist, hand, 0.45), 1.25 * radius), (hand, 0.55 * radius))


def _leg(surface, point, girth, side):
    hip, knee, ankle = (point[f"{side}_{n}"] for n in ("hip", "knee", "ankle"))
    heel, ball, toe = (point[f"{side}_{n}"] for n in ("heel", "ball", "toe"))
    thigh, joint = girth["thigh_radius"] + _TROUSER, girth["knee_radius"] + _TROUSER
    surface.add("thigh", (hip, thigh * 0.98), (between(hip, knee, 0.35), thigh * 0.96), (knee, joint))
    surface.add("shank", (knee, joint), (between(knee, ankle, 0.32), girth["calf_radius"] + _TROUSER),
                (between(knee, ankle, 0.97), girth["ankle_radius"] + 1.2 * _TROUSER))  # fmt: skip
    up, frame = sole(point, side)
    wide = girth["foot_half_width"]
    surface.add("foot", (heel + 0.028 * up + 0.02 * frame[:, 1], ellipsoid(frame, 0.034, 0.03, 0.03)),
                (between(ankle, ball, 0.25) - 0.015 * up, girth["ankle_radius"]),
                (ball + 0.024 * up, ellipsoid(frame, wide, 0.035, 0.025)))  # fmt: skip
    surface.add("toes", (ball + 0.024 * up, ellipsoid(frame, wide, 0.03, 0.024)),
                (toe + 0.02 * up - 0.02 * frame[:, 1], ellipsoid(frame, 0.75 * wide, 0.025, 0.018)))  # fmt: skip
