import logging
import shutil

import cv2
import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError, UserError
from tfgait.datasets.store import Store, write_store
from tfgait.preprocess.flow import flow_windows
from tfgait.preprocess.silhouettes import align, cut
from tfgait.workflows import packing
from tfgait.workflows.data import open_data, protocol_of, role_of, split_of


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def masks(frames=4, seed=0, empty=()):
    """Masks (T, 80, 60) of somebody of changing width; frames in `empty` show nobody."""
    rng = np.random.default_rng(seed)
    made = np.zeros((frames, 80, 60), np.uint8)
    for i in range(frames):
        if i not in empty:
            made[i, 8:72, 15 + i : 30 + i + rng.integers(6)] = 255
    return made


def video(frames=30):
    """A textured square that moves 2 pixels a frame to the right, (T, 120, 160)."""
    rng = np.random.default_rng(1)
    patch = cv2.GaussianBlur(rng.integers(0, 256, (60, 30), dtype=np.uint8), (5, 5), 0)
    made = np.full((frames, 120, 160), 90, np.uint8)
    for i in range(frames):
        made[i, 30:90, 10 + 2 * i : 40 + 2 * i] = patch
    return made


def write(folder, frames):
    folder.mkdir(parents=True)
    for i, frame in enumerate(frames):
        cv2.imwrite(str(folder / f"{i + 1}.png"), frame)
    return folder


@pytest.fixture
def tree(tmp_path):
    for number, (subject, condition) in enumerate([("001", "nm-01"), ("001", "bg-01"), ("002", "nm-01")]):
        for view in ("000", "090"):
            write(tmp_path / "set" / subject / condition / view, masks(4 + number, number))
    return tmp_path / "set"


def test_tree_is_packed_as_preprocessing_says(tree):
    store = open_data(tree, processes=1)
    assert store.table.name[0] == "001-bg-01-000" and len(store) == 6 and store.shape == (64, 44, 1)
    row = store.table.name.tolist().index("002-nm-01-090")
    np.testing.assert_array_equal(store.read(row)[..., 0], cut(align(masks(6, 2))[0]))
    assert protocol_of(store).name == "casia_b" and split_of(store).name == "74/50"
    assert store.attributes["source"]["frames_dropped"] == 0


def test_packed_once_until_a_file_changes(tree, monkeypatch):
    first = open_data(tree, processes=1)
    monkeypatch.setattr(packing, "pack", lambda *_: pytest.fail("packed again"))
    assert open_data(tree, processes=1).hash == first.hash
    monkeypatch.undo()
    monkeypatch.setenv("TFGAIT_HOME", str(first.path.parents[2]))
    shutil.rmtree(tree / "002/nm-01/000")
    fewer = open_data(tree, processes=1)
    assert len(fewer) == 5
    assert cv2.imwrite(str(tree / "002/nm-01/090/1.png"), masks(5)[4])
    assert open_data(tree, processes=1).hash != fewer.hash


def test_number_of_processes_changes_nothing(tree, tmp_path, monkeypatch):
    one = open_data(tree, processes=1).path.read_bytes()
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path / "other"))
    assert open_data(tree, processes=2).path.read_bytes() == one


def test_filters(tree):
    store = open_data(tree, views=["90"], processes=1)
    assert set(store.table.view) == {"090"} and len(store) == 3
    assert len(open_data(tree, conds=("nm",), subjects=("001",), processes=1)) == 2
    assert len(open_data(tree, min_frames=6, processes=1)) == 2
    with pytest.raises(ConfigError, match="views must name"):
        open_data(tree, views=("045",), processes=1)
    with pytest.raises(DataError, match="no sequence of .* has all of"):
        open_data(tree, conds=("bg",), subjects=("002",), processes=1)
    with pytest.raises(DataError, match="has 99 frames; the longest has 6"):
        open_data(tree, min_frames=99, processes=1)


def test_dropped_frames_are_counted_and_said(tmp_path, caplog):
    write(tmp_path / "set/anna/w1", masks(6, empty=(0, 3)))
    with caplog.at_level(logging.WARNING):
        store = open_data(tmp_path / "set", processes=1)
    assert store.length.tolist() == [4] and store.attributes["source"]["frames_dropped"] == 2
    assert "2 frames show nobody" in caplog.text
    assert protocol_of(store).name == "first"


def test_one_bad_sequence_stops_or_is_left_out_as_asked(tree):
    file = tree / "001/bg-01/090/2.png"
    file.write_bytes(file.read_bytes()[:60])
    with pytest.raises(DataError, match=r"001/bg-01/090.*2\.png"):
        open_data(tree, processes=1)
    source = open_data(tree, skip_bad=True, processes=1).attributes["source"]
    assert source["sequences_left_out"] == 1 and "001/bg-01/090" in source["left_out"][0]
    shutil.rmtree(tree / "001")
    shutil.rmtree(tree / "002")
    write(tree / "003/nm-01/000", masks(3, empty=(0, 1, 2)))
    with pytest.raises(DataError, match="not one of its 3 frames shows a person"):
        open_data(tree, processes=1)
    with pytest.raises(DataError, match="not one sequence was left"):
        open_data(tree, skip_bad=True, processes=1)


def test_grey_video_becomes_windows_of_flow(tmp_path):
    write(tmp_path / "set/anna/w1", video())
    store = open_data(tmp_path / "set", "flow", processes=1)
    windows = flow_windows(video())
    assert store.table.name.tolist() == [f"anna/w1#{start}" for start, _ in windows]
    np.testing.assert_array_equal(store.read(0), windows[0][1])
    assert set(store.table.video) == {"anna/w1"} and store.length.tolist() == [25] * len(windows)


def test_a_video_may_begin_in_the_dark(tmp_path):
    frames = video().copy()
    frames[0] = 0
    write(tmp_path / "set/anna/w1", frames)
    np.testing.assert_array_equal(open_data(tmp_path / "set", "flow", processes=1).read(0), flow_windows(frames)[0][1])
    store = open_data(tmp_path / "set", "grey", processes=1)
    assert store.read(0)[0].max() == 0 < store.read(0)[1].max()


def test_wrong_modality_is_said(tree, tmp_path):
    with pytest.raises(DataError, match="images are silhouettes; flow needs"):
        open_data(tree, "flow", processes=1)
    write(tmp_path / "grey/anna/w1", video(3))
    with pytest.raises(DataError, match="are no silhouettes"):
        open_data(tmp_path / "grey", processes=1)
    with pytest.raises(ConfigError, match="can be packed as silhouettes, flow, grey, rgb, depth"):
        open_data(tree, "heatmaps", processes=1)
    frames = np.zeros((2, 64, 44, 1), np.uint8)
    path = write_store(tmp_path / "packed/silhouettes.h5", "silhouettes", [(frames, "1", "nm-01", "", "a")])
    assert len(open_data(path.parent)) == len(open_data(path)) == 1
    with pytest.raises(DataError, match=r"must hold flow\.h5. Received: a folder with silhouettes\.h5"):
        open_data(path.parent, "flow")
    with pytest.raises(DataError, match="must hold flow. Received: a store of silhouettes"):
        open_data(path, "flow")


def test_one_root_a_view(tmp_path):
    for view in ("000", "090"):
        write(tmp_path / f"camera{view}/anna/w1", masks())
    store = open_data(f"0={tmp_path}/camera000,090={tmp_path}/camera090", processes=1)
    assert store.table.view.tolist() == ["000", "090"] and protocol_of(store).cross_view


def test_a_name_is_found_in_the_home_from_anywhere(tree, home, monkeypatch, tmp_path):
    home.mkdir()
    shutil.move(tree, home / "mine")
    monkeypatch.chdir(tmp_path)
    assert len(open_data("mine", processes=1)) == 6


@pytest.mark.parametrize("kind", ["absent", "empty", "text", "folders only"])
def test_nothing_to_open(tmp_path, kind):
    path = tmp_path / "set"
    if kind == "text":
        path.write_text("hello")
    elif kind != "absent":
        (path / "a/b/c" if kind == "folders only" else path).mkdir(parents=True)
    with pytest.raises(DataError) as error:
        open_data(path, processes=1)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_a_misspelt_folder_is_answered_with_the_nearest(tree):
    with pytest.raises(DataError, match="must exist.*Did you mean 'set'"):
        open_data(tree.parent / "sett")


def test_unknown_names(tree):
    store = open_data(tree, processes=1)
    with pytest.raises(UserError, match="protocol must be one of"):
        protocol_of(store, "casia")
    with pytest.raises(UserError, match="Did you mean '74/50'"):
        split_of(store, "74/51")
    assert protocol_of(store, "single_view").cross_view is False and split_of(store, "24/100").name == "24/100"
    with pytest.raises(UserError, match="modality must be one of"):
        open_data(tree, "silhouete")


def test_a_killed_packing_leaves_nothing(tree, home, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(packing, "pack_sequence", stop)
    with pytest.raises(KeyboardInterrupt):
        open_data(tree, processes=1)
    assert not [p for p in home.rglob("*") if p.is_file()]


def test_published_numbers_name_roles_among_made_people_too(tmp_path):
    frames = np.zeros((3, 64, 44, 1), np.uint8)
    rows = [(frames, f"{n}", "nm-01", "090", f"row-{n}") for n in range(4)]
    path = write_store(tmp_path / "silhouettes.h5", "silhouettes", rows, source={"dataset": "walkers"})
    store = open_data(str(path))
    role = role_of(store, 50)
    assert role.people == "test"
    assert split_of(store, role.split).subjects(store.table)[1] == ["2", "3"]
    assert protocol_of(store, role.protocol).other_views and role_of(store, 74).people == "train"
    # From one camera nobody is seen in another.
    assert protocol_of(store).name == "single_view"
    with pytest.raises(ConfigError, match="nclasses must be 74 or 50 for walkers"):
        role_of(store, 155)


def test_one_camera_of_casia_b_is_one_pool(tmp_path):
    rows = [(np.zeros((3, 64, 44, 1), np.uint8), "001", "nm-01", "090", "row")]
    path = write_store(tmp_path / "silhouettes.h5", "silhouettes", rows, source={"dataset": "casia_b"})
    assert protocol_of(open_data(str(path))).name == "single_view"


def test_store_of_another_project_is_scored_as_a_folder(tmp_path):
    frames = np.zeros((2, 64, 44, 1), np.uint8)
    path = write_store(tmp_path / "s.h5", "silhouettes", [(frames, "1", "nm-01", "", "a")], source=["x"])
    assert protocol_of(Store(path)).name == "first"
