"""Forward kinematics: a body and joint angles give landmarks, and feet that do not slide carry the body forward."""

import numpy as np

from tfgait.synthesis.skeleton import BALL, FACE, HAND, HEEL, JOINT, JOINTS, SOLE, TOES, place

_CONTACT = 0.012  # metres: a landmark of the sole this much higher than the lowest carries 1/e of the weight

_SWING = 1.0  # metres by which a swinging foot counts as higher than it is


def turn_x(angle):
    """Rotations `(T, 3, 3)` about x: positive lifts the left side."""
    return _turn(angle, 1, 2)


def turn_y(angle):
    """Rotations `(T, 3, 3)` about y: positive leans what is up forwards."""
    return _turn(angle, 2, 0)


def turn_z(angle):
    """Rotations `(T, 3, 3)` about z: positive turns to the left."""
    return _turn(angle, 0, 1)


def _turn(angle, first, second):
    matrix = np.zeros((len(angle), 3, 3))
    cos, sin = np.cos(angle), np.sin(angle)
    matrix[:, first, first] = matrix[:, second, second] = cos
    matrix[:, 3 - first - second, 3 - first - second] = 1.0
    matrix[:, first, second] = -sin
    matrix[:, second, first] = sin
    return matrix


def pose(body, angles):
    """Landmarks `(T, J, 3)` in metres with the pelvis at the origin.

    Args:
        body: a `Body`.
        angles: `{channel: (2, T)}` in radians, as `Gait.angles` gives them.
    """
    size, shift = body.lengths, body.offsets
    left = {name: both[0] for name, both in angles.items()}
    frames = len(left["hip"])
    points = np.zeros((frames, len(JOINTS), 3))

    def put(name, origin, turn, *offset):
        points[:, JOINT[name]] = points[:, JOINT[origin]] + turn @ np.array(offset)

    heading = turn_z(left["pelvis_turn"])
    pelvis = heading @ turn_x(left["pelvis_list"]) @ turn_y(left["pelvis_tilt"] * 0.5)
    trunk = turn_z(left["trunk_turn"]) @ turn_x(left["trunk_list"]) @ turn_y(left["trunk_lean"])
    head = turn_z(left["trunk_turn"] * 0.2) @ turn_y(left["head_pitch"])
    put("waist", "pelvis", 0.5 * (pelvis + trunk), 0, 0, size["loin"])
    # the mean of two rotations is a little short
    _stretch(points, "pelvis", "waist", size["loin"])
    put("chest", "waist", trunk, 0, 0, size["thorax"])
    put("neck", "chest", 0.5 * (trunk + head), shift["head_forward"], 0, size["neck"])
    _stretch(points, "chest", "neck", size["neck"])
    put("head", "neck", head, 0, 0, size["head"])
    for name, mark in FACE.items():
        put(name, "neck", head, *(size["head"] * np.array(mark)))
    for side, sign in (("left", 1), ("right", -1)):
        _arm(put, size, shift, side, sign, trunk, angles)
        _leg(put, size, side, sign, pelvis, heading, angles)
    return points


def _stretch(points, origin, name, length):
    start, end = points[:, JOINT[origin]], points[:, JOINT[name]]
    step = end - start
    points[:, JOINT[name]] = start + step * (length / np.linalg.norm(step, axis=-1, keepdims=True))


def _arm(put, size, shift, side, sign, trunk, angles):
    i = 0 if sign > 0 else 1
    put(
        f"{side}_shoulder", "chest", trunk,
        shift["shoulders_forward"], sign * size["shoulder_half"], -0.035 - shift["shoulders_drop"],
    )  # fmt: skip
    upper = turn_z(0.3 * angles["trunk_turn"][0]) @ turn_x(sign * angles["shoulder_spread"][i])
    upper = upper @ turn_y(-angles["shoulder"][i])
    # the forearm flexes a little inwards
    lower = upper @ turn_z(np.full(len(upper), -0.35 * sign)) @ turn_y(-np.maximum(angles["elbow"][i], 0.03))
    put(f"{side}_elbow", f"{side}_shoulder", upper, 0, 0, -size["upper_arm"])
    put(f"{side}_wrist", f"{side}_elbow", lower, 0, 0, -size["forearm"])
    reach = HAND * size["hand"]
    put(f"{side}_hand", f"{side}_wrist", lower, reach * np.sin(0.13), 0, -reach * np.cos(0.13))


def _leg(put, size, side, sign, pelvis, heading, angles):
    i = 0 if sign > 0 else 1
    put(f"{side}_hip", "pelvis", pelvis, 0, sign * size["hip_half"], 0)
    # sway moves the pelvis over feet that stay: both legs tilt the other way
    thigh = heading @ turn_x(sign * angles["leg_spread"][i] - angles["sway"][0]) @ turn_y(-angles["hip"][i])
    shank = thigh @ turn_y(np.maximum(angles["knee"][i], 0.0))
    foot = turn_z(sign * angles["toe_out"][i]) @ turn_y(-angles["foot"][i])
    toes = turn_z(sign * angles["toe_out"][i]) @ turn_y(-bent(angles["foot"][i]))
    put(f"{side}_knee", f"{side}_hip", thigh, 0, 0, -size["thigh"])
    put(f"{side}_ankle", f"{side}_knee", shank, 0, 0, -size["shank"])
    drop = -size["ankle_height"]
    put(f"{side}_heel", f"{side}_ankle", foot, HEEL * size["foot"], 0, drop)
    put(f"{side}_ball", f"{side}_ankle", foot, BALL * size["foot"], 0, drop)
    put(f"{side}_toe", f"{side}_ball", toes, TOES * size["foot"], 0, 0)


def bent(foot):
    """The angle of the toes to the floor, of that of the foot: they stay lower while the heel rises behind them."""
    return np.maximum(foot, 0.25 * foot)


def walk_on_ground(points):
    """Landmarks `(T, J, 3)` about a still pelvis, put on the ground and carried forward by the standing foot.

    The way of each frame is the mean way of the landmarks of the soles, weighted by how low they are, backwards. A
    foot that moves forwards under the pelvis swings and carries nothing, however low it is.
    """
    soles = points[:, SOLE]
    moves = np.diff(soles[..., :2], axis=0)
    height = (soles[1:, :, 2] + soles[:-1, :, 2]) / 2 + _SWING * (moves[..., 0] > 0)
    weight = np.exp(-(height - height.min(axis=1, keepdims=True)) / _CONTACT)
    weight /= weight.sum(axis=1, keepdims=True)
    step = -np.einsum("ts,tsc->tc", weight, moves)
    way = np.concatenate([np.zeros((1, 2)), np.cumsum(step, axis=0)])
    # the walk is straight: what the weights leave as a drift to the side is taken out
    way[:, 1] -= np.linspace(0, 1, len(way)) * way[-1, 1]
    moved = points.copy()
    moved[..., :2] += way[:, None]
    return place(moved)
