import shutil

import numpy as np
import pytest

from tfgait.core.errors import DataError
from tfgait.datasets import mocap as walks

BVH = """HIERARCHY
ROOT Hips
{
OFFSET 0 90 0
CHANNELS 3 Xposition Yposition Zposition
}
MOTION
Frames: 2
Frame Time: 0.04
0 0 0
0 0 4
"""


def test_index_of_real_walks(mocap):
    table = walks.index(mocap)
    assert len(table) == 30 and len(set(table.subject)) == 10 and walks.check(mocap) == []
    assert table.condition[table.subject == "39"].tolist() == [f"nm-{i:02d}" for i in range(1, 13)]
    assert table.length.min() > 200 and walks.is_mocap(mocap)
    _, people = walks.SPLITS["distinct"].subjects(table)
    assert "39" in people and "08" not in people


def test_real_walks_are_walks(mocap):
    """Speeds, distances and durations as the folder's description states them; bones are rigid, feet on the ground."""
    table = walks.index(mocap)
    for subject in ("02", "08", "32", "55"):
        row = int(np.argmax(table.subject == subject))
        walk = walks.load(mocap, table.path[row])
        assert len(walk.positions) == table.length[row] and len(walk.names) == 31 and walk.fps == 120
        seconds = len(walk.positions) / walk.fps
        way = np.linalg.norm((walk.positions[-1] - walk.positions[0])[0, [0, 2]])
        assert 1.9 <= seconds <= 5.5 and 2 <= way <= 5.1 and 0.65 <= way / seconds <= 1.8
        bones = walk.positions[:, 1:] - walk.positions[:, walk.parents[1:]]
        lengths = np.linalg.norm(bones, axis=-1)
        np.testing.assert_allclose(lengths, np.broadcast_to(lengths[0], lengths.shape), atol=1e-12)
        at = {name: i for i, name in enumerate(walk.names)}
        height = walk.positions[:, at["head"], 1]
        assert height.min() > 1.4 and height.max() < 1.8
        assert abs(walk.positions[:, [at["ltoes"], at["rtoes"]], 1].min()) < 0.1
        femur, tibia = lengths[0, at["lfemur"] - 1], lengths[0, at["ltibia"] - 1]
        assert 0.33 < femur < 0.52 and 0.33 < tibia < 0.52


def test_folder_of_bvh(tmp_path):
    (tmp_path / "anna").mkdir()
    (tmp_path / "anna/w1.bvh").write_text(BVH)
    (tmp_path / "empty").mkdir()
    table = walks.index(tmp_path)
    assert (table.name.tolist(), table.length.tolist()) == (["w1"], [2])
    np.testing.assert_allclose(walks.load(tmp_path, "anna/w1.bvh").positions[1], [[0, 0.9, 0.04]])
    assert [str(f) for f in walks.check(tmp_path)] == ["empty: no motion (.amc or .bvh)"]


def test_bad_folders(tmp_path):
    with pytest.raises(DataError, match="is no folder"):
        walks.index(tmp_path / "absent")
    with pytest.raises(DataError, match="holds no motion capture"):
        walks.index(tmp_path)
    (tmp_path / "1").mkdir()
    (tmp_path / "1/1_01.amc").write_text("1\nroot 0 0 0 0 0 0\n")
    with pytest.raises(DataError, match="holds no motion capture"):
        walks.index(tmp_path)
    with pytest.raises(DataError, match=r"must hold one skeleton"):
        walks.load(tmp_path, "1/1_01.amc")
    with pytest.raises(DataError, match="must lie inside"):
        walks.load(tmp_path, "../1_01.amc")
    (tmp_path / "1/1.bvh").write_text("")
    (tmp_path / "1/1_01.amc").unlink()
    with pytest.raises(DataError, match=r"1\.bvh.*without a frame"):
        walks.index(tmp_path)


def test_motion_of_another_skeleton_is_refused(mocap, tmp_path):
    (tmp_path / "02").mkdir()
    shutil.copy(mocap / "02/02.asf", tmp_path / "02/02.asf")
    text = (mocap / "02/02_01.amc").read_text().replace("lfemur", "lwing")
    (tmp_path / "02/02_01.amc").write_text(text)
    with pytest.raises(DataError, match=r"02_01\.amc, line \d+: .*lwing"):
        walks.load(tmp_path, "02/02_01.amc")
