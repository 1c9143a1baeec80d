"""Reads Biovision motion capture (BVH): skeleton and motion in one file.

A joint lies at its parent + parent rotation · (OFFSET + its position channels). Its rotation is the parent's times
those of its rotation channels, the first named one outermost: ``Zrotation Xrotation Yrotation`` is Rz Rx Ry.

Reference: J. Lander, "Working with Motion Capture File Formats", Game Developer, January 1998.
"""

import numpy as np

from tfgait.datasets.landmarks import MAX_JOINTS, Landmarks, Lines, rotations

CHANNELS = tuple(f"{axis}{kind}" for kind in ("position", "rotation") for axis in "xyz")


def read_bvh(path, metres=0.01):
    """Return the `Landmarks` of a BVH file; an end site is named after its joint, with ``_end``.

    Args:
        path: the file.
        metres: what one unit of the file is; BVH does not say, centimetres are the most common.

    Raises:
        DataError: the file is absent or not understood; the message names the line.
    """
    lines = Lines(path, comment="")
    joints = _hierarchy(lines)
    values, fps = _motion(lines, sum(len(joint["channels"]) for joint in joints))
    positions = np.zeros((len(values), len(joints), 3))
    turns, at = [], 0
    for i, joint in enumerate(joints):
        channels = joint["channels"]
        mine, at = values[:, at : at + len(channels)], at + len(channels)
        local = np.tile(joint["offset"], (len(values), 1))
        spins = [k for k, channel in enumerate(channels) if channel.endswith("rotation")]
        for k, channel in enumerate(channels):
            if channel.endswith("position"):
                local[:, "xyz".index(channel[0])] += mine[:, k]
        turn = rotations([channels[k][0] for k in reversed(spins)], np.radians(mine[:, spins[::-1]]))
        parent = joint["parent"]
        if parent < 0:
            positions[:, i] = local
        else:
            positions[:, i] = positions[:, parent] + np.einsum("tij,tj->ti", turns[parent], local)
            turn = turns[parent] @ turn
        turns.append(turn)
    names, parents = zip(*((joint["name"], joint["parent"]) for joint in joints), strict=True)
    return Landmarks(names, positions * metres, fps, parents)


def _hierarchy(lines):
    """Return the joints in the order of their channels: dicts of name, parent, offset (3,), channels."""
    if [w.upper() for w in lines.expect("HIERARCHY")] != ["HIERARCHY"]:
        raise lines.fail("a BVH file must start with HIERARCHY.")
    joints, open_joints = [], []
    while True:
        words = lines.expect("the rest of the hierarchy")
        key = words[0].upper()
        if key in ("ROOT", "JOINT", "END"):
            _open(lines, key, words, joints, open_joints)
        elif not open_joints:
            raise lines.fail(f"ROOT was expected. Received: {words[0][:40]}.")
        elif key == "OFFSET":
            joints[open_joints[-1]]["offset"] = lines.numbers(words[1:], 3, "OFFSET")
        elif key == "CHANNELS":
            joints[open_joints[-1]]["channels"] = _channels(lines, words[1:])
        elif key == "}":
            if joints[open_joints[-1]]["offset"] is None:
                raise lines.fail(f"{joints[open_joints[-1]]['name']} has no OFFSET.")
            open_joints.pop()
            if not open_joints:
                return joints
        else:
            raise lines.fail(f"OFFSET, CHANNELS, JOINT or End Site was expected. Received: {words[0][:40]}.")


def _open(lines, key, words, joints, open_joints):
    if (key == "ROOT") != (not joints) or (key != "ROOT" and not open_joints) or len(joints) >= MAX_JOINTS:
        raise lines.fail(f"{words[0]} must not stand here: one ROOT, joints inside it, at most {MAX_JOINTS}.")
    parent = open_joints[-1] if open_joints else -1
    name = f"{joints[parent]['name']}_end" if key == "END" else " ".join(words[1:]).rstrip("{ ")
    if not name or name in {joint["name"] for joint in joints}:
        raise lines.fail(f"every joint must have a name of its own. Received: {name!r}.")
    if words[-1] != "{" and lines.expect("{") != ["{"]:
        raise lines.fail("'{' was expected.")
    open_joints.append(len(joints))
    joints.append({"name": name, "parent": parent, "offset": None, "channels": ()})


def _channels(lines, words):
    channels = tuple(word.lower() for word in words[1:])
    if not words or words[0] != str(len(channels)) or not set(channels) <= set(CHANNELS):
        raise lines.fail("CHANNELS must give their number and names such as Xposition or Zrotation.")
    if len(set(channels)) != len(channels):
        raise lines.fail("CHANNELS must name each channel once.")
    return channels


def _motion(lines, channels):
    """Return (values (T, channels), frames a second)."""
    if [w.upper() for w in lines.expect("MOTION")] != ["MOTION"]:
        raise lines.fail("MOTION was expected.")
    words = lines.expect("Frames:")
    if words[0].lower() != "frames:" or len(words) != 2 or not words[1].isdecimal():
        raise lines.fail("'Frames: <number>' was expected.")
    frames = int(words[1][:12])
    words = lines.expect("Frame Time:")
    if [w.lower() for w in words[:2]] != ["frame", "time:"]:
        raise lines.fail("'Frame Time: <seconds>' was expected.")
    (seconds,) = lines.numbers(words[2:], 1, "Frame Time")
    if not frames or seconds <= 0:
        raise lines.fail("there must be at least one frame, and a frame time above 0.")
    if len(lines) < frames:
        raise lines.fail(f"{frames} frames are announced, {len(lines)} lines follow; the file was cut short.")
    return np.array([lines.numbers(next(lines), channels, "a frame") for _ in range(frames)]), 1 / seconds
