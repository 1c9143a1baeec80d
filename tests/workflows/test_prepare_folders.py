from pathlib import Path

import pytest

from tfgait.core.errors import DataError
from tfgait.workflows.prepare_folders import folder_of
from tfgait.workflows.prepare_output import places
from tfgait.workflows.prepare_sources import Sources, Walk
from tfgait.workflows.prepare_walk import Plan

PLAN = Plan(("flow", "grey"), 25, 5, "dis", 0.0, "")


@pytest.mark.parametrize(
    ("dataset", "trains", "condition", "view", "expected"),
    [
        ("tum_gaid", True, "s-02", "090", ("tum_gaid_N150_train", 1)),
        ("tum_gaid", True, "n-07", "090", None),
        ("walkers_tum", False, "n-04", "090", ("tum_gaid_N155_ft", 1)),
        ("tum_gaid", False, "n-05", "090", ("tum_gaid_N155_test_n05-06", 3)),
        ("tum_gaid", False, "b-02", "090", ("tum_gaid_N155_test_b01-02", 3)),
        ("tum_gaid", False, "n-10", "090", ("tum_gaid_N016_ft", 1)),
        ("tum_gaid", False, "s-03", "090", ("tum_gaid_N016_test_s03-04", 3)),
        ("casia_b", True, "cl-02", "144", ("casia_b_N074_train", 1)),
        ("casia_b", False, "nm-01", "144", ("casia_b_N050_ft", 1)),
        ("walkers", False, "bg-01", "018", ("casia_b_N050_test_bg01-02_018", 3)),
        ("casia_b", False, "nm-07", "018", None),
    ],
)
def test_each_walk_has_the_folder_that_the_published_commands_look_in(dataset, trains, condition, view, expected):
    found = folder_of(dataset, "flow", 25, trains, condition, view)
    if expected:
        expected = f"tfimdb_{expected[0]}_of25_60x60", expected[1]
    assert found == expected


def walks(*labels):
    return [Walk(s, c, "090", f"{s}-{c}-090", {"image": Path("x")}) for s, c in labels]


def test_walks_without_a_place_are_passed_over():
    sources = Sources("tum_gaid", walks(("001", "n-01"), ("001", "n-07"), ("002", "n-07")), ["001"])
    kept, placed = places(PLAN, sources)
    assert [w.name for w in kept.walks] == ["001-n-01-090", "002-n-07-090"]
    assert [p["grey"] for p in placed] == [
        ("tfimdb_tum_gaid_N150_train_gray25_60x60", 1), ("tfimdb_tum_gaid_N016_ft_gray25_60x60", 1),
    ]  # fmt: skip
    with pytest.raises(DataError, match="not one walk belongs to a folder"):
        places(PLAN, Sources("tum_gaid", walks(("001", "n-07")), ["001"]))
    with pytest.raises(DataError, match="who trains must stand"):
        places(PLAN, Sources("tum_gaid", walks(("001", "n-01"))))
    with pytest.raises(DataError, match="format hdf5 needs videos named as"):
        places(PLAN, Sources("folder", walks(("001", "n-01"))))
