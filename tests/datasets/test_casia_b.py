import pytest
from trees import write_sequence

from tfgait.core.errors import DataError
from tfgait.core.table import SequenceTable
from tfgait.datasets import casia_b, walkers


def whole(subjects=casia_b.SUBJECTS):
    rows = [(s, c, v) for s in subjects for c in casia_b.CONDITIONS for v in casia_b.VIEWS]
    return SequenceTable.from_rows([(*r, "-".join(r), 1, "") for r in rows])


def test_statistics_and_splits():
    table = whole()
    assert len(table) == 13_640 and len(casia_b.VIEWS) == 11
    for name, split in casia_b.SPLITS.items():
        train, test = split.subjects(table)
        assert f"{len(train)}/{len(test)}" == name
        assert not set(train) & set(test)
    assert casia_b.SPLITS["74/50"].subjects(table)[1][0] == "075"
    assert "005" not in casia_b.SPLITS["73/50"].subjects(table)[0]


def test_splits_go_by_number_even_where_people_are_missing():
    train, test = casia_b.SPLITS["74/50"].subjects(whole(("001", "075", "124")))
    assert (train, test) == (["001"], ["075", "124"])


def test_index_and_check(tmp_path):
    write_sequence(tmp_path / "001/nm-01/090", frames=4)
    write_sequence(tmp_path / "002/bg-02/018", frames=2)
    write_sequence(tmp_path / "extra", frames=1)
    (tmp_path / "001/nm-02/000").mkdir(parents=True)
    table = casia_b.index(tmp_path)
    assert table.name.tolist() == ["001-nm-01-090", "002-bg-02-018"]
    assert table.length.tolist() == [4, 2] and table.path.tolist() == ["001/nm-01/090", "002/bg-02/018"]
    said = {f.path: f.what for f in casia_b.check(tmp_path)}
    assert said["001/nm-02/000"] == "a folder without images" and "outside the layout" in said["extra"]
    assert said["001"].startswith("109 of 110 sequences are missing: nm-01/000")
    assert said["124"] == "the whole subject is missing"
    assert len(said) == 2 + 124


def test_walkers_are_compared_with_each_other(tmp_path):
    for name in ("001/nm-01/090", "001/bg-01/090", "002/nm-01/090"):
        write_sequence(tmp_path / name, frames=1)
    assert [str(f) for f in walkers.check(tmp_path)] == ["002: 1 of 2 sequences are missing: bg-01/090"]


def test_fewer_conditions_keep_gallery_and_probes():
    protocol = walkers.PROTOCOLS["multi_view"]
    for count in range(4, 11):
        chosen = set(walkers.CONDITION_ORDER[:count])
        assert chosen & set(protocol.gallery) and all(chosen & set(p) for p in protocol.probes.values())
    assert sorted(walkers.CONDITION_ORDER) == sorted(walkers.CONDITIONS)


@pytest.mark.parametrize("make", ["nothing", "another layout"])
def test_what_is_no_casia_b(tmp_path, make):
    if make == "another layout":
        write_sequence(tmp_path / "anna/walk1")
    with pytest.raises(DataError, match="holds no sequence of CASIA-B's layout"):
        casia_b.index(tmp_path)
