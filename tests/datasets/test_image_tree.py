import pytest
from trees import write_sequence

from tfgait.core.errors import DataError
from tfgait.datasets.image_tree import fingerprint, image_folders, inside


def test_finds_folders_with_images_in_natural_order(tmp_path):
    for name in ("10/a", "9/a", "9/b"):
        write_sequence(tmp_path / name, frames=2)
    (tmp_path / "9/b/notes.txt").write_text("x")
    (tmp_path / "9/b/.3.png").write_text("x")
    (tmp_path / "empty").mkdir()
    found, findings = image_folders(tmp_path)
    assert found == [(("9", "a"), 2), (("9", "b"), 2), (("10", "a"), 2)]
    assert [str(f) for f in findings] == ["empty: a folder without images"]


def test_no_link_leaves_the_root(tmp_path):
    outside = write_sequence(tmp_path / "outside")
    inner = write_sequence(tmp_path / "root/1/a")
    (tmp_path / "root/2").symlink_to(outside)
    (tmp_path / "root/3").symlink_to(inner.parent)
    (tmp_path / "root/4").mkdir()
    (tmp_path / "root/4/1.png").symlink_to(outside / "1.png")
    found, findings = image_folders(tmp_path / "root")
    assert [parts for parts, _ in found] == [("1", "a"), ("3", "a")]
    assert {f.path: "leave" in f.what or "leaves" in f.what for f in findings} == {"2": True, "4": True}


def test_a_link_to_itself_ends(tmp_path):
    write_sequence(tmp_path / "1/a")
    (tmp_path / "1/loop").symlink_to(tmp_path / "1")
    found, findings = image_folders(tmp_path)
    assert ("1", "a") in [parts for parts, _ in found] and any("deeper" in f.what for f in findings)


@pytest.mark.parametrize("path", ["../x", "/etc", "a/../../x"])
def test_inside(tmp_path, path):
    with pytest.raises(DataError, match="must lie inside"):
        inside(tmp_path / "root", path)
    assert inside(tmp_path, "a/b") == tmp_path / "a/b"


def test_fingerprint_sees_every_file(tmp_path):
    folder = write_sequence(tmp_path / "a")
    before = fingerprint(tmp_path, ["a"])
    assert fingerprint(tmp_path, ["a"]) == before
    (folder / "3.png").write_bytes((folder / "3.png").read_bytes() + b" ")
    assert fingerprint(tmp_path, ["a"]) != before


def test_no_folder(tmp_path):
    with pytest.raises(DataError, match="is no folder"):
        image_folders(tmp_path / "absent")
