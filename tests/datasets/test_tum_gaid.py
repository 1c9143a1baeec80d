import pytest
from trees import write_sequence

from tfgait.core.errors import DataError
from tfgait.datasets import tum_gaid, walkers_tum


def tree(root, inner="image"):
    for path, frames in (("p001/n01", 3), ("p001/b02", 2), ("p002/s01", 1), ("p305/n12", 4)):
        write_sequence(root / inner / path, frames=frames, suffix=".jpg")
    return root


def test_index(tmp_path):
    table = tum_gaid.index(tree(tmp_path))
    assert table.subject.tolist() == ["001", "001", "002", "305"] and set(table.view) == {"090"}
    assert table.condition.tolist() == ["b-02", "n-01", "s-01", "n-12"] and table.length.tolist() == [2, 3, 1, 4]
    assert table.name[0] == "001-b-02-090" and table.path[0] == "image/p001/b02"
    assert all((tmp_path / path).is_dir() for path in table.path)
    assert tum_gaid.index(tmp_path / "image").path[0] == "p001/b02"


def test_check(tmp_path):
    write_sequence(tree(tmp_path) / "image/p001/x01", frames=1)
    said = {finding.path: finding.what for finding in tum_gaid.check(tmp_path)}
    assert "outside the layout" in said["image/p001/x01"]
    assert said["001"].startswith("8 of 10 sequences are missing: n-02/090")
    assert said["305"].startswith("10 of 10 sequences") and said["304"] == "the whole subject is missing"
    # Of walkers only what the others of them have is missing.
    assert {f.path: f.what for f in walkers_tum.check(tmp_path)}["002"] == (
        "2 of 3 sequences are missing: b-02/090, n-01/090"
    )


@pytest.mark.parametrize("make", ["nothing", "another layout"])
def test_what_is_no_tum_gaid(tmp_path, make):
    if make == "another layout":
        write_sequence(tmp_path / "001/nm-01/090")
    with pytest.raises(DataError, match="holds no sequence of TUM-GAID's layout"):
        tum_gaid.index(tmp_path)


@pytest.mark.parametrize("folder", ["", "labels"])
def test_who_trains(tmp_path, folder):
    assert tum_gaid.train_subjects(tmp_path) is None
    (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / folder / "tumgaidtestids.lst").write_text("9\n")
    assert tum_gaid.train_subjects(tmp_path) is None
    (tmp_path / folder / "tumgaidtrainids.lst").touch()
    assert tum_gaid.train_subjects(tmp_path) == []
    (tmp_path / folder / "tumgaidtrainids.lst").write_text("2\n010\r\n")
    assert tum_gaid.train_subjects(tmp_path) == ["002", "010"]
    (tmp_path / folder / "tumgaidvalids.lst").write_text("001\n2")
    assert tum_gaid.train_subjects(tmp_path) == ["001", "002", "010"]
    (tmp_path / folder / "tumgaidtrainvalids.lst").write_text("7\n")
    assert tum_gaid.train_subjects(tmp_path) == ["001", "002", "007", "010"]


@pytest.mark.parametrize("text", ["anna\n", "1,2,3", "1 " * 40_000, "../x"])
def test_lists_of_something_else(tmp_path, text):
    (tmp_path / "tumgaidtrainids.lst").write_text(text)
    with pytest.raises(DataError, match=r"tumgaidtrainids\.lst must hold one number of a subject a line"):
        tum_gaid.train_subjects(tmp_path)
