import pytest
from trees import write_sequence

from tfgait.core.errors import DataError
from tfgait.datasets import folder


def rows(table):
    return list(zip(table.subject, table.condition, table.view, table.length.tolist(), table.path, strict=True))


def test_all_depths(tmp_path):
    write_sequence(tmp_path / "anna/w2", 2)
    write_sequence(tmp_path / "anna/w10", 3)
    write_sequence(tmp_path / "ben/bg/w1", 2, suffix=".jpg")
    write_sequence(tmp_path / "cleo/90/w1", 2, suffix=".bmp")
    write_sequence(tmp_path / "dan/cl-02/090/w1", 2)
    assert rows(folder.index(tmp_path)) == [
        ("anna", "nm-01", "", 2, "anna/w2"),
        ("anna", "nm-02", "", 3, "anna/w10"),
        ("ben", "bg-01", "", 2, "ben/bg/w1"),
        ("cleo", "nm-01", "090", 2, "cleo/90/w1"),
        ("dan", "cl-02", "090", 2, "dan/cl-02/090/w1"),
    ]
    assert folder.check(tmp_path) == []


def test_min_frames_and_wrong_layout_are_said(tmp_path):
    write_sequence(tmp_path / "anna/w1", 2)
    write_sequence(tmp_path / "anna/w2", 5)
    write_sequence(tmp_path / "ben", 1)
    write_sequence(tmp_path / "cleo/bg/front/w1", 1)
    assert rows(folder.index(tmp_path, min_frames=3)) == [("anna", "nm-01", "", 5, "anna/w2")]
    said = {f.path: f.what for f in folder.check(tmp_path, min_frames=3)}
    assert said["anna/w1"] == "2 frames, fewer than 3; left out"
    assert "outside the layout" in said["ben"] and "outside the layout" in said["cleo/bg/front/w1"]
    with pytest.raises(DataError, match="with at least 9 frames"):
        folder.index(tmp_path, min_frames=9)


def test_one_root_a_view(tmp_path):
    for view in ("000", "090"):
        write_sequence(tmp_path / f"camera{view}/anna/w1", 2)
    table = folder.index({view: tmp_path / f"camera{view}" for view in ("000", "090")})
    assert rows(table) == [
        ("anna", "nm-01", "000", 2, "camera000/anna/w1"),
        ("anna", "nm-01", "090", 2, "camera090/anna/w1"),
    ]
    assert len(set(table.name)) == 2


def test_empty_and_absent(tmp_path):
    with pytest.raises(DataError, match="holds no sequence"):
        folder.index(tmp_path)
    with pytest.raises(DataError, match="is no folder"):
        folder.index(tmp_path / "absent")
