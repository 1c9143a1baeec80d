import json

import cv2
import numpy as np
import pytest

from tfgait.core.errors import DataError
from tfgait.workflows.prepare_sources import find, fingerprint


def make(root, *paths):
    """Files that look like videos and folders of one image."""
    for path in paths:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix:
            target.write_bytes(b"RIFF")
        else:
            target.mkdir()
            cv2.imwrite(str(target / "1.png"), np.zeros((4, 4), np.uint8))
    return root


@pytest.mark.parametrize(
    ("paths", "dataset", "labels"),
    [
        (["image/p001/n01", "image/p002/s12"], "tum_gaid", ["001-n-01-090", "002-s-12-090"]),
        (["p010-b01.avi", "p002/n03.MP4"], "tum_gaid", ["002-n-03-090", "010-b-01-090"]),
        (["001/nm-01/090", "001/cl-02/018"], "casia_b", ["001-cl-02-018", "001-nm-01-090"]),
        (["video/001-nm-01-090.avi", "video/deep/er/002-bg-01-000.mov"], "casia_b", ["001-nm-01-090", "002-bg-01-000"]),
        (["ann/bg/090/a.avi", "ann/bg/090/b.avi"], "folder", ["ann/bg/090/a", "ann/bg/090/b"]),
        (["ann/one.mkv", "p001/n01.avi"], "folder", ["ann/one", "p001/n01"]),
        (["rgb/ann/x#1"], "folder", ["ann/x_1"]),
    ],
)
def test_names_and_places_tell_who_walks(tmp_path, paths, dataset, labels):
    found = find(make(tmp_path / "set", *paths), ("flow",))
    assert found.dataset == dataset and [w.name for w in found.walks] == labels
    assert {p for w in found.walks for p in w.inputs} == {"image"} and not found.train_subjects
    walk = found.walks[0]
    if dataset != "folder":
        assert walk.name == f"{walk.subject}-{walk.condition}-{walk.view}"


def test_own_folders_tell_condition_and_view(tmp_path):
    walks = find(make(tmp_path, "ann/bg/90/a.avi", "ann/bg/90/b.avi", "ann/c.avi", "bo/nm-07/018/d.avi"), ()).walks
    assert [(w.subject, w.condition, w.view) for w in walks] == [
        ("ann", "bg-01", "090"), ("ann", "bg-02", "090"), ("ann", "nm-01", ""), ("bo", "nm-07", "018"),
    ]  # fmt: skip


def test_kinds_of_pictures_come_together(tmp_path):
    make(tmp_path, "image/p001/n01", "image/p001/n02", "depth/p001/n01", "silhouettes/p001/n02", "silhouettes/p001/n01")
    first, second = find(tmp_path, ("depth",)).walks
    assert {k: str(p.relative_to(tmp_path)) for k, p in first.inputs.items()} == {
        "image": "image/p001/n01", "depth": "depth/p001/n01", "silhouettes": "silhouettes/p001/n01",
    }  # fmt: skip
    assert set(second.inputs) == {"image", "silhouettes"}
    alone = find(make(tmp_path / "masks", "001/nm-01/090"), ("silhouettes",)).walks[0]
    assert set(alone.inputs) == {"silhouettes"}


def test_who_trains_stands_in_the_lists(tmp_path):
    make(tmp_path, "image/p001/n01", "image/p007/n01")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels/tumgaidtrainids.lst").write_text("p007\n11\n")
    (tmp_path / "labels/tumgaidvalids.lst").write_text("012\n")
    (tmp_path / "tumgaidtestids.lst").write_text("001\n")
    assert find(tmp_path, ()).train_subjects == ["007", "011", "012"]
    (tmp_path / "labels/tumgaidvalids.lst").write_text("who?\n")
    with pytest.raises(DataError, match="tumgaidvalids.lst must hold one number of a subject a line"):
        find(tmp_path, ())


def test_made_people_stay_made_people(tmp_path):
    make(tmp_path, "001/nm-01/090")
    (tmp_path / "walkers.json").write_text(json.dumps({"made": {"what": "walkers"}, "done": True}))
    assert find(tmp_path, ()).dataset == "walkers"


def test_links_that_leave_the_root_are_not_followed(tmp_path):
    make(tmp_path / "secret", "p001-n01.avi", "p001/n02")
    root = make(tmp_path / "set", "p002-n01.avi")
    (root / "p001-n01.avi").symlink_to(tmp_path / "secret/p001-n01.avi")
    (root / "p001").symlink_to(tmp_path / "secret/p001")
    found = find(root, ())
    assert [w.name for w in found.walks] == ["002-n-01-090"] and len(found.findings) == 2
    assert all("leaves the data set" in f.what for f in found.findings)


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ([], "must hold videos .* Found instead: .: a folder without images"),
        (["image/p001/notes.txt"], "Found instead: p001"),
        (["p001-n01.avi", "p001/n01.avi"], "holds 2 videos of 001-n-01-090"),
        (["p001-n01.avi", "p001-n01.mp4"], "holds two of p001-n01: .*p001-n01.avi and"),
        (["a.avi"], "a must be named as in TUM-GAID"),
        (["a/b/c/d/e.avi"], "a/b/c/d/e must be named as in"),
    ],
)
def test_sources_that_cannot_be_used(tmp_path, paths, message):
    with pytest.raises(DataError, match=message):
        (tmp_path / "set").mkdir()
        find(make(tmp_path / "set", *paths), ())
    with pytest.raises(DataError, match="is no folder"):
        find(tmp_path / "absent", ())


def test_a_fingerprint_changes_with_frames_and_boxes(tmp_path):
    [walk] = find(make(tmp_path, "image/p001/n01", "depth/p001/n01"), ()).walks
    seen = {fingerprint(walk)}
    for path in ("image/p001/n01.csv", "depth/p001/n01/2.png"):
        (tmp_path / path).write_text("something")
        seen.add(fingerprint(walk))
    assert len(seen) == 3 and fingerprint(walk) in seen
