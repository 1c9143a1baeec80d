"""Reads Acclaim motion capture: a skeleton (ASF) and its motion (AMC), as the CMU database gives them.

Of every bone, with C the rotation of its ``axis`` and M that of its channels in the order of ``dof``: its frame turns
by parent · C M C⁻¹, and its far end lies ``length`` along ``direction`` in that frame. Lengths are inches times the
unit of the file (0.45 in CMU's), so metres = value / unit × 0.0254.

Reference: J. Lander, "Working with Motion Capture File Formats", Game Developer, January 1998.
"""

from dataclasses import dataclass

import numpy as np

from tfgait.datasets.landmarks import MAX_JOINTS, Landmarks, Lines, rotations

INCH = 0.0254
CMU_FPS = 120.0
TURNS = ("rx", "ry", "rz")


@dataclass(frozen=True)
class Bone:
    """One bone: its name, its end relative to its start (3,) in file units, its axis rotation (3, 3), its channels."""

    name: str
    offset: np.ndarray
    axis: np.ndarray
    dof: tuple


@dataclass(frozen=True)
class Skeleton:
    """What an ASF file says.

    Args:
        bones: the root, then the others so that a parent comes before its children.
        parents: index of each bone's parent; -1 for the root.
        scale: metres a unit of the file.
        degrees: whether angles are degrees.
    """

    bones: tuple
    parents: tuple
    scale: float
    degrees: bool


def read_asf(path):
    """Return the `Skeleton` of an ASF file.

    Raises:
        DataError: the file is absent or not understood; the message names the line.
    """
    lines = Lines(path)
    parser = _Asf(lines)
    section = None
    for words in lines:
        if words[0].startswith(":"):
            section = words[0].lower()
        elif section in parser.sections:
            parser.sections[section](words)
    return parser.skeleton()


class _Asf:
    def __init__(self, lines):
        self.lines = lines
        self.sections = {
            ":units": self._unit,
            ":root": self._root,
            ":bonedata": self._bone,
            ":hierarchy": self._children,
        }
        self.length, self.degrees = 1.0, True
        self.root = {"order": ("tx", "ty", "tz", *TURNS), "axis": "xyz", "position": None, "orientation": np.zeros(3)}
        self.bones, self.parent = {}, {}

    def _unit(self, words):
        if words[0] == "length":
            (self.length,) = self.lines.numbers(words[1:], 1, "length")
            if self.length <= 0:
                raise self.lines.fail(f"the unit of length must be positive. Received: {self.length}.")
        elif words[0] == "angle":
            self.degrees = self._angle(words[1:])

    def _angle(self, words):
        if not words or words[0].lower()[:3] not in ("deg", "rad"):
            raise self.lines.fail(f"angle must be deg or rad. Received: {' '.join(words)}.")
        return words[0].lower().startswith("deg")

    def _root(self, words):
        key, values = words[0].lower(), words[1:]
        if key == "order":
            self.root["order"] = self._channels(values, ("tx", "ty", "tz", *TURNS))
        elif key == "axis":
            self.root["axis"] = self._axis(values)
        elif key in ("position", "orientation"):
            self.root[key] = self.lines.numbers(values, 3, key)

    def _bone(self, words):
        if words[0].lower() != "begin":
            raise self.lines.fail(f"a bone must start with 'begin'. Received: {words[0]}.")
        bone = {"dof": (), "limits": None}
        while (words := self.lines.expect("the end of a bone"))[0].lower() != "end":
            key, values = words[0].lower(), words[1:]
            if key == "name":
                bone["name"] = values[0] if values else ""
            elif key == "direction":
                bone["direction"] = self.lines.numbers(values, 3, "direction")
            elif key == "length":
                (bone["length"],) = self.lines.numbers(values, 1, "length")
            elif key == "axis":
                bone["axis"] = self.lines.numbers(values[:3], 3, "axis"), self._axis(values[3:])
            elif key == "dof":
                bone["dof"] = self._channels(values, TURNS)
        lacking = [key for key in ("name", "direction", "length", "axis") if key not in bone]
        if lacking or not bone["name"]:
            raise self.lines.fail(f"the bone that ends here has no {', '.join(lacking) or 'name'}.")
        if bone["name"] in self.bones or bone["name"] == "root" or len(self.bones) >= MAX_JOINTS:
            raise self.lines.fail(f"bone {bone['name']} is one too many.")
        size = np.linalg.norm(bone["direction"])
        if bone["length"] < 0 or not 0.5 < size < 2:
            raise self.lines.fail(f"bone {bone['name']} must have a length >= 0 and a direction of length 1.")
        self.bones[bone["name"]] = bone

    def _children(self, words):
        if words[0].lower() in ("begin", "end"):
            return
        for name in words:
            if name != "root" and name not in self.bones:
                raise self.lines.fail(f"the hierarchy names a bone that is not defined: {name}.")
        for child in words[1:]:
            if child in self.parent or child == "root":
                raise self.lines.fail(f"bone {child} must hang on one parent only.")
            self.parent[child] = words[0]

    def _axis(self, words):
        axis = "".join(words).lower()
        if sorted(axis) != ["x", "y", "z"]:
            raise self.lines.fail(f"the axis order must hold x, y and z once each. Received: {' '.join(words)}.")
        return axis

    def _channels(self, words, known):
        channels = tuple(word.lower() for word in words)
        if not set(channels) <= set(known) or len(set(channels)) != len(channels):
            raise self.lines.fail(f"channels must be among {' '.join(known)}, once each. Received: {' '.join(words)}.")
        return channels

    def skeleton(self):
        if not self.bones or not self.parent:
            raise self.lines.fail("the file ends without :bonedata and :hierarchy; it is no ASF file, or cut short.")
        order = ["root"]
        for name in order:  # grows while it is read: parents first
            order += [child for child, parent in self.parent.items() if parent == name]
        loose = sorted(set(self.bones) - set(order))
        if loose:
            raise self.lines.fail(f"bones hang on nothing: {', '.join(loose[:5])}.")
        position = np.zeros(3) if self.root["position"] is None else self.root["position"]
        bones = [Bone("root", position, self._turn(self.root["orientation"], self.root["axis"]), self.root["order"])]
        for name in order[1:]:
            bone = self.bones[name]
            bones.append(Bone(name, bone["direction"] * bone["length"], self._turn(*bone["axis"]), bone["dof"]))
        index = {name: i for i, name in enumerate(order)}
        parents = (-1, *(index[self.parent[name]] for name in order[1:]))
        return Skeleton(tuple(bones), parents, INCH / self.length, self.degrees)

    def _turn(self, angles, order):
        angles = np.array([angles["xyz".index(axis)] for axis in order])
        return rotations(order, np.radians(angles) if self.degrees else angles)


def read_amc(skeleton, path, fps=CMU_FPS):
    """Return the `Landmarks` of one motion.

    Args:
        skeleton: a `Skeleton`, or the path of its ASF file.
        path: the AMC file.
        fps: frames a second, which the file does not say; CMU's are 120.

    Raises:
        DataError: the file is absent, not understood, or made for another skeleton; the message names the line.
    """
    skeleton = skeleton if isinstance(skeleton, Skeleton) else read_asf(skeleton)
    lines = Lines(path)
    moving = {bone.name: len(bone.dof) for bone in skeleton.bones if bone.dof}
    degrees, frames, frame = skeleton.degrees, [], None
    for words in lines:
        if words[0].startswith(":"):
            degrees = {":degrees": True, ":radians": False}.get(words[0].lower(), degrees)
        elif len(words) == 1 and words[0].isdecimal():
            _check_whole(lines, frame, moving, len(frames))
            frame = {}
            frames.append(frame)
        elif frame is None or words[0] not in moving:
            raise lines.fail(
                f"a frame number or a moving bone of the skeleton was expected. Received: {words[0][:40]}."
            )
        elif words[0] in frame:
            raise lines.fail(f"frame {len(frames)} has {words[0]} twice.")
        else:
            frame[words[0]] = lines.numbers(words[1:], moving[words[0]], words[0])
    if not frames:
        raise lines.fail("the file ends without a frame; it is no AMC file, or cut short.")
    _check_whole(lines, frame, moving, len(frames))
    channels = {name: np.array([frame[name] for frame in frames]) for name in moving}
    positions = forward(skeleton, channels, degrees, len(frames))
    names = tuple(bone.name for bone in skeleton.bones)
    return Landmarks(names, positions * skeleton.scale, float(fps), skeleton.parents)


def _check_whole(lines, frame, moving, number):
    if frame is not None and len(frame) != len(moving):
        lacking = [name for name in moving if name not in frame]
        raise lines.fail(f"frame {number} lacks {', '.join(lacking[:5])}; the file was cut short, or is another's.")


def forward(skeleton, channels, degrees, frames):
    """Return the ends of the bones (T, J, 3) in file units, the root's position first.

    Args:
        skeleton: `Skeleton`.
        channels: {bone: (T, its channels)}; angles and, of the root, translations.
        degrees: whether the angles are degrees.
        frames: T.
    """
    positions = np.zeros((frames, len(skeleton.bones), 3))
    turns = np.zeros((len(skeleton.bones), frames, 3, 3))
    for i, (bone, parent) in enumerate(zip(skeleton.bones, skeleton.parents, strict=True)):
        values = channels.get(bone.name, np.zeros((frames, 0)))
        angles = [k for k, channel in enumerate(bone.dof) if channel[0] == "r"]
        turn = rotations(
            [bone.dof[k][1] for k in angles], np.radians(values[:, angles]) if degrees else values[:, angles]
        )
        turn = bone.axis @ turn @ bone.axis.T
        if parent < 0:
            turns[i], positions[:, i] = turn, bone.offset
            for k, channel in enumerate(bone.dof):
                if channel[0] == "t":
                    positions[:, i, "xyz".index(channel[1])] += values[:, k]
        else:
            turns[i] = turns[parent] @ turn
            positions[:, i] = positions[:, parent] + turns[i] @ bone.offset
    return positions
