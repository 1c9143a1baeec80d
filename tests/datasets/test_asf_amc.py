import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tfgait.core.errors import DataError
from tfgait.datasets import landmarks
from tfgait.datasets.asf_amc import read_amc, read_asf

ASF = """# a comment
:version 1.10
:name test
:units
  mass 1.0
  length 0.45
  angle {angle}
:root
  order TX TY TZ RX RY RZ
  axis XYZ
  position 0 0 0
  orientation 0 0 0
:bonedata
  begin
    id 1
    name thigh
    direction 0 -1 0
    length 4.5
    axis {thigh_axis}
    dof rx ry rz
    limits (-160.0 20.0)
           (-70.0 70.0)
           (-60.0 70.0)
  end
  begin
    id 2
    name shin
    direction 0 -1 0
    length 9
    axis {shin_axis}
    dof {shin_dof}
  end
  begin
    id 3
    name toe
    direction 0 0 1
    length 0.9
    axis 0 0 0 XYZ
  end
:hierarchy
  begin
    root thigh
    thigh shin
    shin toe
  end
"""
PLAIN = {"angle": "deg", "thigh_axis": "0 0 0 XYZ", "shin_axis": "0 0 0 XYZ", "shin_dof": "rx"}
UNIT = 0.0254 / 0.45


@pytest.fixture
def write(tmp_path):
    def write(amc, **asf):
        (tmp_path / "a.asf").write_text(ASF.format(**PLAIN | asf))
        (tmp_path / "a_01.amc").write_text(amc)
        return tmp_path / "a.asf", tmp_path / "a_01.amc"

    return write


def amc(*frames, degrees=":DEGREES"):
    text = f"#!OML:ASF\n:FULLY-SPECIFIED\n{degrees}\n"
    for i, (root, thigh, shin) in enumerate(frames, 1):
        text += f"{i}\nroot {root}\nthigh {thigh}\nshin {shin}\n"
    return text


def test_rest_and_right_angles_by_hand(write):
    got = read_amc(
        *write(
            amc(
                ("0 0 0 0 0 0", "0 0 0", "0"),
                ("1 2 3 0 0 0", "-90 0 0", "0"),
                ("0 0 0 0 90 0", "-90 0 0", "90"),
            )
        )
    )
    assert got.names == ("root", "thigh", "shin", "toe") and got.parents == (-1, 0, 1, 2) and got.fps == 120
    units = got.positions / UNIT
    np.testing.assert_allclose(units[0], [(0, 0, 0), (0, -4.5, 0), (0, -13.5, 0), (0, -13.5, 0.9)], atol=1e-12)
    # Turned by -90 degrees about x, down becomes forward (+z) and the toe (+z) points up.
    np.testing.assert_allclose(units[1], [(1, 2, 3), (1, 2, 7.5), (1, 2, 16.5), (1, 2.9, 16.5)], atol=1e-12)
    # The body turned by 90 degrees about y: forward is +x; the shin bent back by 90 degrees hangs down.
    np.testing.assert_allclose(units[2], [(0, 0, 0), (4.5, 0, 0), (4.5, -9, 0), (5.4, -9, 0)], atol=1e-12)


def test_against_another_library(write):
    """Random angles, tilted axes, other orders of axis and channels, in degrees and in radians."""
    rng = np.random.default_rng(1)
    values = rng.uniform(-180, 180, (4, 6 + 3 + 2))
    shin_axis, thigh_axis = (20, -30, 75), (10, 50, -100)
    frames = [(" ".join(map(str, v[:6])), " ".join(map(str, v[6:9])), " ".join(map(str, v[9:]))) for v in values]
    got = (
        read_amc(
            *write(amc(*frames), thigh_axis="10 50 -100 XYZ", shin_axis="20 -30 75 ZXY", shin_dof="rz rx")
        ).positions
        / UNIT
    )

    def turn(order, angles):  # scipy: small letters turn about fixed axes, the first letter first
        return Rotation.from_euler(order, angles, degrees=True).as_matrix()

    for v, points in zip(values, got, strict=True):
        root = turn("xyz", v[3:6])
        c = turn("xyz", thigh_axis)
        thigh = root @ c @ turn("xyz", v[6:9]) @ c.T
        c = turn("zxy", [shin_axis[2], shin_axis[0], shin_axis[1]])
        shin = thigh @ c @ turn("zx", v[9:]) @ c.T
        knee = v[:3] + thigh @ [0, -4.5, 0]
        ankle = knee + shin @ [0, -9, 0]
        np.testing.assert_allclose(points, [v[:3], knee, ankle, ankle + shin @ [0, 0, 0.9]], atol=1e-9)

    radians = [
        (
            " ".join(map(str, [*v[:3], *np.radians(v[3:6])])),
            *(" ".join(map(str, np.radians(p))) for p in (v[6:9], v[9:])),
        )
        for v in values
    ]
    asf = {
        "angle": "rad",
        "thigh_axis": " ".join(map(str, np.radians(thigh_axis))) + " XYZ",
        "shin_axis": " ".join(map(str, np.radians(shin_axis))) + " ZXY",
        "shin_dof": "rz rx",
    }
    again = read_amc(*write(amc(*radians, degrees=":RADIANS"), **asf)).positions / UNIT
    np.testing.assert_allclose(again, got, atol=1e-9)


GOOD = amc(("0 0 0 0 0 0", "0 0 0", "0"), ("0 0 0 0 0 0", "0 0 0", "0"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "ends without a frame"),
        (":DEGREES\n", "ends without a frame"),
        ("root 1 2 3 0 0 0\n", "line 1: a frame number"),
        (GOOD.replace("shin 0\n2", "2"), r"line \d+: frame 1 lacks shin"),
        (GOOD[:-7], "frame 2 lacks shin"),
        (GOOD.replace("thigh 0 0 0", "thigh 0 0", 1), "line 6: thigh must be 3 numbers. Received: 2"),
        (GOOD.replace("thigh 0 0 0", "thigh 0 x 0", 1), "line 6: thigh must be numbers"),
        (GOOD.replace("thigh 0 0 0", "thigh 0 nan 0", 1), "line 6: thigh must be finite"),
        (GOOD.replace("thigh", "wing"), "line 6: .*Received: wing"),
        (GOOD.replace("thigh 0 0 0", "shin 0", 1), "line 7: frame 1 has shin twice"),
    ],
)
def test_bad_motion_is_named_with_its_line(write, text, message):
    with pytest.raises(DataError, match=message) as error:
        read_amc(*write(text))
    assert "a_01.amc" in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("length 9\n", "length -9\n", "length >= 0"),
        ("length 9\n", "length 9 9\n", "line 29: length must be 1 numbers"),
        ("direction 0 -1 0\n    length 9", "direction 0 0 0\n    length 9", "direction of length 1"),
        ("name shin\n", "name thigh\n", "thigh is one too many"),
        ("name toe\n", "", "has no name"),
        ("dof rx ry", "dof rx rq", "channels must be among rx ry rz"),
        ("dof rx ry", "dof rx rx", "once each"),
        ("axis XYZ\n", "axis XXZ\n", "x, y and z once each"),
        ("shin toe", "shin wing", "not defined: wing"),
        ("shin toe", "", "hang on nothing: toe"),
        ("root thigh", "toe thigh", "hang on nothing"),
        ("shin toe", "shin toe\n root toe", "one parent only"),
        ("length 0.45", "length 0", "must be positive"),
        ("angle deg", "angle grad", "must be deg or rad"),
        (":hierarchy", ":end", "without :bonedata and :hierarchy"),
    ],
)
def test_bad_skeleton_is_named(tmp_path, old, new, message):
    text = ASF.format(**PLAIN)
    assert old in text
    (tmp_path / "a.asf").write_text(text.replace(old, new, 1))
    with pytest.raises(DataError, match=message) as error:
        read_asf(tmp_path / "a.asf")
    assert "a.asf, line" in str(error.value)


def test_every_cut_of_a_skeleton_is_refused(tmp_path):
    text = ASF.format(**PLAIN)
    for at in range(0, text.index("shin toe"), 23):
        (tmp_path / "a.asf").write_text(text[:at])
        with pytest.raises(DataError, match=r"a\.asf"):
            read_asf(tmp_path / "a.asf")


def test_no_text_no_file_too_large(tmp_path, monkeypatch):
    (tmp_path / "a.asf").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="is no text file"):
        read_asf(tmp_path / "a.asf")
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_asf(tmp_path / "b.asf")
    monkeypatch.setattr(landmarks, "MAX_BYTES", 2)
    with pytest.raises(DataError, match="at most 2 bytes"):
        read_asf(tmp_path / "a.asf")
