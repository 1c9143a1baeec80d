import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tfgait.core.errors import DataError
from tfgait.datasets.bvh import read_bvh

BVH = """HIERARCHY
ROOT Hips
{
  OFFSET 1 2 3
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Left Leg
  {
    OFFSET 0 -40 0
    CHANNELS 3 Yrotation Zrotation Xrotation
    End Site
    {
      OFFSET 0 -45 5
    }
  }
  JOINT Head
  {
    OFFSET 0 60 0
    CHANNELS 1 Xrotation
    End Site
    {
      OFFSET 0 0 10
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.04
0 0 0 0 0 0 0 0 0 0
10 20 30 40 50 60 70 80 -90 15
"""


def write(tmp_path, text):
    (tmp_path / "a.bvh").write_text(text)
    return tmp_path / "a.bvh"


def test_rest_by_hand_and_a_pose_against_another_library(tmp_path):
    got = read_bvh(write(tmp_path, BVH))
    assert got.names == ("Hips", "Left Leg", "Left Leg_end", "Head", "Head_end")
    assert got.parents == (-1, 0, 1, 0, 3) and got.fps == 25
    rest = [(1, 2, 3), (1, -38, 3), (1, -83, 8), (1, 62, 3), (1, 62, 13)]
    np.testing.assert_allclose(got.positions[0], np.array(rest) / 100, atol=1e-12)

    # scipy: capital letters turn about the axes that turn along.
    hips = Rotation.from_euler("ZXY", [40, 50, 60], degrees=True).as_matrix()
    leg = hips @ Rotation.from_euler("YZX", [70, 80, -90], degrees=True).as_matrix()
    head = hips @ Rotation.from_euler("X", 15, degrees=True).as_matrix()
    root = np.array([11, 22, 33])
    knee, neck = root + hips @ [0, -40, 0], root + hips @ [0, 60, 0]
    expected = [root, knee, knee + leg @ [0, -45, 5], neck, neck + head @ [0, 0, 10]]
    np.testing.assert_allclose(got.positions[1], np.array(expected) / 100, atol=1e-12)


def test_metres_is_the_unit(tmp_path):
    path = write(tmp_path, BVH)
    np.testing.assert_allclose(read_bvh(path, metres=1.0).positions, read_bvh(path).positions * 100)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("HIERARCHY", "HI", "line 1: a BVH file must start with HIERARCHY"),
        ("Frames: 2", "Frames: 3", "3 frames are announced, 2 lines follow"),
        ("Frames: 2", "Frames: 999999999999999999", "cut short"),
        ("Frames: 2", "Frames: 0", "at least one frame"),
        ("Frames: 2", "Frames: two", "'Frames: <number>' was expected"),
        ("Frame Time: 0.04", "Frame Time: 0", "frame time above 0"),
        ("Frame Time: 0.04", "Frame Time: nan", "must be finite"),
        ("-90 15", "-90", "line 29: a frame must be 10 numbers. Received: 9"),
        ("-90 15", "-90 x", "line 29: a frame must be numbers"),
        ("CHANNELS 1 Xrotation", "CHANNELS 2 Xrotation", "line 18: CHANNELS must give their number"),
        ("CHANNELS 1 Xrotation", "CHANNELS 1 Wrotation", "names such as"),
        ("CHANNELS 1 Xrotation", "CHANNELS 2 Xrotation Xrotation", "each channel once"),
        ("OFFSET 0 60 0", "OFFSET 0 60", "OFFSET must be 3 numbers"),
        ("    OFFSET 0 60 0\n", "", "Head has no OFFSET"),
        ("JOINT Head", "JOINT Left Leg", "a name of its own"),
        ("JOINT Head", "ROOT Head", "must not stand here"),
        ("MOTION", "MOTIONS", "MOTION was expected"),
        ("  JOINT Head\n  {", "  JOINT Head", "'{' was expected"),
        ("  JOINT Head\n", "  BONE Head\n", "Received: BONE"),
    ],
)
def test_bad_files_are_named_with_their_line(tmp_path, old, new, message):
    assert old in BVH
    with pytest.raises(DataError, match=message) as error:
        read_bvh(write(tmp_path, BVH.replace(old, new, 1)))
    assert "a.bvh" in str(error.value)


def test_every_cut_is_refused(tmp_path):
    for at in range(0, BVH.index("10 20 30"), 7):
        with pytest.raises(DataError, match=r"a\.bvh"):
            read_bvh(write(tmp_path, BVH[:at]))


def test_a_tower_of_joints_is_refused(tmp_path):
    text = "HIERARCHY\nROOT r\n{\nOFFSET 0 0 0\n" + "".join(f"JOINT j{i}\n{{\nOFFSET 0 1 0\n" for i in range(2000))
    with pytest.raises(DataError, match="at most 1000"):
        read_bvh(write(tmp_path, text))
