"""Recorded landmarks of any common naming become a `Motion` of ours."""

import re

import numpy as np

from tfgait.core.errors import ConfigError
from tfgait.synthesis import body as bodies
from tfgait.synthesis.kinematics import bent
from tfgait.synthesis.skeleton import BALL, FACE, HAND, HEEL, JOINTS, SIDES, TOES, Motion, place

# Names as CMU's ASF gives them (a bone names its far end), and as BVH files do (a joint names its own place).
_SIDED = {
    "hip": ("{s}hipjoint", "{side}upleg", "{side}hip", "{s}hip"),
    "knee": ("{s}femur", "{side}leg", "{side}lowleg", "{side}knee", "{s}knee"),
    "ankle": ("{s}tibia", "{side}foot", "{side}ankle", "{s}ankle"),
    "shoulder": ("{s}clavicle", "{side}arm", "{side}uparm", "{side}shoulder", "{s}shoulder"),
    "elbow": ("{s}humerus", "{side}forearm", "{side}lowarm", "{side}elbow", "{s}elbow"),
    "wrist": ("{s}radius", "{side}hand", "{side}wrist", "{s}wrist"),
}
_SIDED_MAY = {
    "ball": ("{s}foot", "{side}toebase", "{side}toe", "{side}ball"),
    "hand": ("{s}hand", "{s}fingers", "{side}handend", "{side}fingerbase", "{side}handindex1"),
}
_HEAD = ("head", "headend", "headtop")
_SKULL = ("upperneck", "neck1", "neck", "lowerneck")
_WAIST = ("lowerback", "spine", "chest")


def motion_from_landmarks(names, positions, fps):
    """A `Motion` of recorded landmarks.

    Hips, knees, ankles, shoulders, elbows and wrists are taken as they are; the waist, the balls of the feet and the
    hands if they are there. What recordings place differently or lack (chest, neck, head, face, soles) follows from
    them, in the proportions of the reference body.

    Args:
        names: names of the landmarks, CMU's ASF bones (`lfemur` is the far end of that bone) or usual BVH joints.
        positions: `(T, len(names), 3)` in metres; the walk may go in any direction, y or z up.
        fps: frames a second.

    Raises:
        ConfigError: a landmark is missing, the shape is wrong, a body is upside down or not of a person's size.
    """
    positions = np.asarray(positions, dtype=np.float64)
    if positions.ndim != 3 or positions.shape[1:] != (len(names), 3) or len(positions) < 2:
        raise ConfigError(f"positions must be (T > 1, {len(names)}, 3). Received: shape {positions.shape}")
    if not np.isfinite(positions).all():
        raise ConfigError("positions must be finite. Received: positions with nan or inf")
    found = {re.sub(r"^mixamorig|[^a-z0-9]", "", name.lower()): i for i, name in enumerate(names)}
    point = _pick(found, positions)
    turn = _upright(point)
    point = {name: track @ turn.T for name, track in point.items()}
    turn = _heading(point)
    point = {name: track @ turn.T for name, track in point.items()}
    scale = _scale(point)
    _torso(point, scale)
    for side in SIDES:
        _foot(point, side, scale)
        _hand(point, side, scale)
    joints = np.stack([point[name] for name in JOINTS], axis=1)
    return Motion(place(joints), float(fps))


def _pick(found, positions):
    def first(ours, aliases, must):
        for alias in aliases:
            if alias in found:
                return positions[:, found[alias]]
        if must:
            raise ConfigError(f"names must hold the {ours}, as {aliases[0]}. Received: names={sorted(found)}")
        return None

    point = {
        "mark": first("head", _HEAD, True),
        "skull": first("neck", _SKULL, False),
        "waist": first("", _WAIST, False),
    }
    for table, must in ((_SIDED, True), (_SIDED_MAY, False)):
        for name, aliases in table.items():
            for side in SIDES:
                texts = [a.format(s=side[0], side=side) for a in aliases]
                if "lhipjoint" in found and name == "ball":
                    texts = texts[:1]
                point[f"{side}_{name}"] = first(f"{side} {name}", texts, must)
    return {name: track for name, track in point.items() if track is not None}


def _upright(point):
    """The rotation that makes z of what is up; axes are exchanged in a cycle, so left stays left."""
    up = (point["mark"] - (point["left_hip"] + point["right_hip"]) / 2).mean(axis=0)
    axis = int(np.abs(up).argmax())
    if up[axis] <= 0 or axis == 0:
        raise ConfigError(f"positions must have y or z up. Received: the head lies at {np.round(up, 2)} from the hips")
    return np.eye(3) if axis == 2 else np.eye(3)[[2, 0, 1]]


def _heading(point):
    """The rotation about z that lays the way walked along x; who stays in place faces along x."""
    hips = (point["left_hip"] + point["right_hip"]) / 2
    way = hips[-1] - hips[0]
    if np.hypot(*way[:2]) < 0.3:
        across = (point["left_hip"] - point["right_hip"]).mean(axis=0)
        way = np.array([across[1], -across[0], 0.0])
    cos, sin = way[:2] / np.hypot(*way[:2])
    return np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])


def _scale(point):
    """The size of the person as a part of the reference, from the legs."""
    legs = [
        np.linalg.norm(point[f"{s}_{a}"] - point[f"{s}_{b}"], axis=-1)
        for s in SIDES
        for a, b in (("hip", "knee"), ("knee", "ankle"))
    ]
    length = float(np.median(sum(legs))) / 2
    if not 0.3 < length < 1.5:
        raise ConfigError(f"positions must be in metres. Received: legs of {length:.3g} from hip to ankle")
    return length / (_REFERENCE["thigh"] + _REFERENCE["shank"])


_REFERENCE = bodies.from_traits(np.zeros(len(bodies.NAMES))).lengths


def _unit(vector):
    return vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-9)


def _torso(point, scale):
    point["pelvis"] = (point["left_hip"] + point["right_hip"]) / 2
    shoulders = (point["left_shoulder"] + point["right_shoulder"]) / 2
    up = _unit(shoulders - point["pelvis"])
    point["chest"] = shoulders + 0.035 * scale * up
    if "waist" not in point:
        point["waist"] = point["pelvis"] + scale * _REFERENCE["loin"] * up
    # neck and head: directions are recorded, lengths are the reference ones
    lean = _unit(point["mark"] - point["chest"])
    axis = _unit(point["mark"] - point["skull"]) if "skull" in point else lean
    long = scale * _REFERENCE["head"]
    point["neck"] = point["chest"] + scale * _REFERENCE["neck"] * lean
    point["head"] = point["neck"] + long * axis
    forward = _unit(np.cross(point["left_shoulder"] - point["right_shoulder"], axis))
    left = np.cross(axis, forward)
    for name, mark in FACE.items():
        point[name] = point["neck"] + long * (mark[0] * forward + mark[1] * left + mark[2] * axis)


def _foot(point, side, scale):
    """Heel, ball and toes as the walkers have them: the sole is flat while the foot stands."""
    ankle = point[f"{side}_ankle"]
    if f"{side}_ball" in point:
        along = point[f"{side}_ball"] - ankle
        level = _unit(along * [1.0, 1.0, 0.0])
        pitch = np.arctan2(along[:, 2], np.hypot(along[:, 0], along[:, 1]))
        speed = np.linalg.norm(np.gradient(point[f"{side}_ball"], axis=0), axis=-1)
        pitch = pitch - np.median(pitch[speed <= np.quantile(speed, 0.3)])
    else:
        shank = _unit(ankle - point[f"{side}_knee"])
        level = np.broadcast_to([1.0, 0.0, 0.0], ankle.shape)
        pitch = np.minimum(np.arctan2(shank[:, 0], -shank[:, 2]), 0.4)
    forward, up = _tilted(level, pitch)
    long = scale * _REFERENCE["foot"]
    sole = ankle - scale * _REFERENCE["ankle_height"] * up
    point[f"{side}_heel"] = sole + HEEL * long * forward
    point[f"{side}_ball"] = sole + BALL * long * forward
    point[f"{side}_toe"] = point[f"{side}_ball"] + TOES * long * _tilted(level, bent(pitch))[0]


def _tilted(level, pitch):
    cos, sin, up = np.cos(pitch)[:, None], np.sin(pitch)[:, None], np.array([0.0, 0.0, 1.0])
    return cos * level + sin * up, cos * up - sin * level


def _hand(point, side, scale):
    elbow, wrist = point[f"{side}_elbow"], point[f"{side}_wrist"]
    along = _unit(wrist - elbow)
    if f"{side}_hand" in point:
        recorded = point[f"{side}_hand"] - wrist
        far = np.linalg.norm(recorded, axis=-1, keepdims=True) > 0.01
        along = np.where(far, _unit(recorded), along)
    point[f"{side}_hand"] = wrist + HAND * scale * _REFERENCE["hand"] * along
