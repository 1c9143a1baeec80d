import logging
import shutil

import cv2
import numpy as np
import pytest
from datadirs import casia, gaitset, tum, video, window

from tfgait.core.errors import ConfigError, DataError
from tfgait.datasets import embedded_gait
from tfgait.datasets.deepdish_file import read_deepdish
from tfgait.datasets.deepdish_writer import write_deepdish
from tfgait.datasets.held_out import held_out_rows
from tfgait.preprocess.flow import flow_windows
from tfgait.preprocess.images import read_video
from tfgait.preprocess.silhouettes import align, cut
from tfgait.preprocess.tracks import boxes_of_masks, smooth
from tfgait.preprocess.windows import picture_windows
from tfgait.workflows import packing, packing_samples
from tfgait.workflows.data import open_data, protocol_of, role_of, split_of

TRAIN = "tfimdb_tum_gaid_N150_train_of25_60x60"
FT = "tfimdb_tum_gaid_N155_ft_of25_60x60"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def datadir(tmp_path):
    return tum(tmp_path / "TUM_GAID_tf")


def rewrite(path, **changes):
    write_deepdish(path, {**read_deepdish(path), **changes})


def test_a_datadir_becomes_a_store(datadir):
    store = open_data(datadir, "flow", processes=1)
    assert store.table.name.tolist() == [
        *("001-n-01-090#01", "001-n-01-090#02", "001-b-01-090#01", "001-b-01-090#02"),
        *("002-n-01-090#01", "002-n-01-090#02", "151-n-01-090#01", "151-n-01-090#02"),
        *("151-n-05-090#01", "151-n-05-090#02"),
    ]
    assert store.shape == (60, 60, 2) and set(store.length) == {25} and set(store.table.view) == {"090"}
    np.testing.assert_array_equal(store.read(3), window(2002))
    source = store.attributes["source"]
    assert source["dataset"] == "tum_gaid" and source["sequences_left_out"] == 0 and source["samples_named_twice"] == 0


def test_the_store_knows_who_trains_who_validates_and_who_is_tested(datadir):
    store = open_data(datadir, "flow", processes=1)
    assert store.attributes["source"]["train_subjects"] == ["001", "002"]
    assert split_of(store).subjects(store.table) == (["001", "002"], ["151"])
    assert protocol_of(store).name == "tum_gaid" and role_of(store, 155).people == "test"
    assert held_out_rows(store).tolist() == [False, True] * 4 + [False, False]
    part = open_data(datadir, "flow", subjects=("001",), conds=("b",), processes=1)
    assert held_out_rows(part).tolist() == [False, True]


def test_without_training_folders_everybody_is_tested(datadir):
    shutil.rmtree(datadir / TRAIN)
    (datadir / f"{TRAIN}.h5").unlink()
    store = open_data(datadir, "flow", processes=1)
    assert split_of(store).subjects(store.table) == ([], ["151"])


def test_who_is_in_both_kinds_of_folders_counts_as_trained_on(datadir, caplog):
    shutil.copytree(datadir / FT, datadir / FT.replace("N155_ft", "N151_train"))
    shutil.copy(datadir / f"{FT}.h5", datadir / f"{FT.replace('N155_ft', 'N151_train')}.h5")
    with caplog.at_level(logging.WARNING):
        store = open_data(datadir, "flow", processes=1)
    assert "1 people are in training and test folders" in caplog.text
    assert store.attributes["source"]["train_subjects"] == ["001", "002", "151"]
    # The samples that two folders hold are taken once.
    assert len(store) == 10 and store.attributes["source"]["samples_named_twice"] == 2


def test_packed_once_until_a_file_changes(datadir, monkeypatch):
    first = open_data(datadir, "flow", processes=1)
    monkeypatch.setattr(packing_samples, "pack_samples", lambda *_: pytest.fail("packed again"))
    assert open_data(datadir, "flow", processes=1).hash == first.hash
    monkeypatch.undo()
    monkeypatch.setenv("TFGAIT_HOME", str(first.path.parents[2]))
    rewrite(datadir / TRAIN / "p001-n01-01.h5", data=np.ones((60, 60, 50), np.int16))
    second = open_data(datadir, "flow", processes=1)
    assert second.path != first.path and (second.read(0) == 1).all()
    rewrite(datadir / f"{TRAIN}.h5", set=np.full(6, 1, np.uint8))
    third = open_data(datadir, "flow", processes=1)
    assert third.path != second.path and not held_out_rows(third)[:6].any()


def test_number_of_processes_changes_nothing_and_progress_is_told(datadir, home, tmp_path, monkeypatch):
    one = open_data(datadir, "flow", processes=1).path.read_bytes()
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path / "other"))
    said = []
    assert open_data(datadir, "flow", processes=2, progress=lambda *a: said.append(a)).path.read_bytes() == one
    assert said[-1] == (10, 10, "packing sequences")


def test_samples_without_content_are_counted_and_left_out(tmp_path):
    store = open_data(casia(tmp_path / "CASIAB_tf"), "flow", processes=1)
    assert store.table.name.tolist() == ["075-nm-05-090#01"]
    assert store.attributes["source"]["samples_without_content"] == 1
    assert protocol_of(store).name == "single_view" and split_of(store).name == "74/50"


def test_a_datadir_with_nothing_left(tmp_path):
    root = casia(tmp_path / "CASIAB_tf")
    (root / "tfimdb_casia_b_N050_test_nm05-06_090_of25_60x60" / "075-nm-05-090-01.h5").write_bytes(b"")
    with pytest.raises(DataError, match="has not one sample of flow with content"):
        open_data(root, "flow", skip_bad=True, processes=1)


def test_other_modalities_are_named(datadir):
    tum(datadir, "grey")
    assert open_data(datadir, "grey", processes=1).read(0).dtype == np.uint8
    with pytest.raises(DataError, match="TUM_GAID_tf must hold depth. Received: a datadir with flow, grey"):
        open_data(datadir, "depth", processes=1)


def absent(root):
    (root / TRAIN / "p001-n01-02.h5").unlink()
    return "1 samples that .* cannot be used: .*p001-n01-02.h5: named by .*, but absent"


def disagrees_in_the_index(root):
    rewrite(root / f"{TRAIN}.h5", label=np.array([1, 5, 1, 1, 2, 2], np.uint16))
    return "p001-n01-02.h5: of subject 001, but its label in the index is 5"


def disagrees_in_the_file(root):
    rewrite(root / TRAIN / "p001-n01-02.h5", label=np.uint16(5))
    return "p001-n01-02.h5: label in the file must be 1.*Received: 5"


def no_hdf5(root):
    (root / TRAIN / "p001-n01-02.h5").write_text("hello")
    return "p001-n01-02.h5 is not readable: it is no HDF5 file"


def cut_short(root):
    path = root / TRAIN / "p001-n01-02.h5"
    path.write_bytes(path.read_bytes()[:2000])
    return "p001-n01-02.h5 is not readable"


def another_shape(root):
    rewrite(root / TRAIN / "p001-n01-02.h5", data=np.ones((60, 50, 50), np.int16))
    return r"p001-n01-02.h5: data must have the shape \(60, 60, 50\)"


def outside(root):
    rewrite(root / f"{TRAIN}.h5", file=np.array(["p001-n01-01.h5", "../../x.h5", *["p002-n01-01.h5"] * 4]))
    rewrite(root / f"{TRAIN}.h5", label=np.array([1, 1, 2, 2, 2, 2]), gait=np.ones(6, int), videoId=np.full(6, 3))
    rewrite(root / TRAIN / "p001-n01-01.h5", videoId=np.uint16(3))
    return r"\.\./\.\./x.h5: no name of a sample"


BAD = [absent, disagrees_in_the_index, disagrees_in_the_file, no_hdf5, cut_short, another_shape, outside]


@pytest.mark.parametrize("spoil", BAD, ids=lambda f: f.__name__)
def test_one_bad_sample_stops_or_is_left_out_as_asked(datadir, home, spoil):
    message = spoil(datadir)
    with pytest.raises(DataError, match=message):
        open_data(datadir, "flow", processes=1)
    assert not [path for path in home.rglob("*") if path.is_file()]
    store = open_data(datadir, "flow", skip_bad=True, processes=1)
    source = store.attributes["source"]
    assert source["sequences_left_out"] == 1 and TRAIN in source["left_out"][0]
    assert "001-n-01-090#02" not in store.table.name


def test_samples_of_another_shape_without_an_index(tmp_path):
    root = gaitset(tmp_path / "CASIAB_tf")
    folder = next(path for path in root.iterdir() if path.is_dir())
    (root / f"{folder.name}.h5").unlink()
    rewrite(folder / "001-nm-01-018.h5", data=np.ones((30, 60, 60, 1), np.uint8))
    with pytest.raises(DataError, match=r"018.h5: frames must be \(64, 44, 1\), as those before"):
        open_data(root, processes=1)
    assert len(open_data(root, skip_bad=True, processes=1)) == 1


def test_whole_silhouettes_are_cut_or_left(tmp_path):
    root = gaitset(tmp_path / "CASIAB_tf")
    narrow = open_data(root, processes=1)
    wide = open_data(root, cut=False, processes=1)
    assert narrow.shape == (64, 44, 1) and wide.shape == (64, 64, 1) and narrow.path != wide.path
    assert narrow.table.name.tolist() == ["001-nm-01-000", "001-nm-01-018"] and narrow.length.tolist() == [31, 32]
    np.testing.assert_array_equal(wide.read(0), video(31, 1))
    np.testing.assert_array_equal(narrow.read(0), video(31, 1)[:, :, 10:54])


def test_depth_says_that_its_unit_is_a_guess(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        store = open_data(tum(tmp_path / "TUM_GAID_tf", "depth"), "depth", processes=1)
    np.testing.assert_array_equal(store.read(0), window(1001, "depth"))
    assert "depth of 8 bits is taken as steps of 16 mm" in caplog.text


def test_windows_of_silhouettes_keep_their_size(tmp_path):
    assert open_data(tum(tmp_path / "TUM_GAID_tf", "silhouettes"), processes=1).shape == (60, 60, 1)


def test_a_killed_packing_leaves_nothing(datadir, home, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(embedded_gait, "load", stop)
    with pytest.raises(KeyboardInterrupt):
        open_data(datadir, "flow", processes=1)
    assert not [path for path in home.rglob("*") if path.is_file()]


@pytest.fixture
def raw(tmp_path):
    """TUM-GAID as its makers give it: frames, silhouettes, and who trains."""
    rng = np.random.default_rng(0)
    for subject in ("p001", "p002"):
        for folder in ("image", "silhouettes"):
            (tmp_path / "raw" / folder / subject / "n01").mkdir(parents=True)
        for i in range(28):
            mask = np.zeros((60, 80), np.uint8)
            mask[5:55, 20 + i : 34 + i] = 255
            grey = np.where(mask > 0, np.roll(rng.integers(0, 255, mask.shape), i, 1), 90).astype(np.uint8)
            cv2.imwrite(str(tmp_path / f"raw/silhouettes/{subject}/n01/{i:03d}.png"), mask)
            cv2.imwrite(str(tmp_path / f"raw/image/{subject}/n01/{i:03d}.jpg"), grey)
    (tmp_path / "raw" / "labels").mkdir()
    (tmp_path / "raw/labels/tumgaidtrainids.lst").write_text("2\n")
    return tmp_path / "raw"


def test_raw_tum_gaid(raw):
    flow = open_data(raw, "flow", processes=1)
    assert set(flow.table.video) == {"001-n-01-090", "002-n-01-090"} and flow.shape == (60, 60, 2)
    assert split_of(flow).subjects(flow.table) == (["002"], ["001"]) and protocol_of(flow).name == "tum_gaid"
    wide = open_data(raw, "silhouettes", cut=False, processes=1)
    assert wide.shape == (64, 64, 1) and wide.table.condition.tolist() == ["n-01", "n-01"]
    narrow = open_data(raw, "silhouettes", processes=1)
    np.testing.assert_array_equal(narrow.read(0)[..., 0], cut(wide.read(0)[..., 0]))
    masks = [cv2.imread(str(path), 0) for path in sorted((raw / "silhouettes/p001/n01").iterdir())]
    np.testing.assert_array_equal(wide.read(0)[..., 0], align(masks)[0])
    with pytest.raises(ConfigError, match="images can be packed as"):
        open_data(raw, "heatmaps", processes=1)


def test_windows_of_pictures_of_raw_tum_gaid(raw):
    store = open_data(raw, "grey", processes=1)
    assert store.shape == (60, 60, 1) and set(store.length) == {25} and store.table.name[0] == "001-n-01-090#0"
    assert split_of(store).subjects(store.table) == (["002"], ["001"]) and protocol_of(store).name == "tum_gaid"
    masks = read_video(raw / "silhouettes/p001/n01")
    expected = picture_windows(read_video(raw / "image/p001/n01"), "grey", smooth(boxes_of_masks(masks)))
    np.testing.assert_array_equal(store.read(0), expected[0][1])
    # Flow looks through the same opening, as prepare makes it: who trains on the one can be tested on the other.
    flow = open_data(raw, "flow", processes=1)
    expected = flow_windows(read_video(raw / "image/p001/n01"), smooth(boxes_of_masks(masks)))
    np.testing.assert_array_equal(flow.read(0), expected[0][1])
    assert flow.table.name.tolist() == store.table.name.tolist()
    assert open_data(raw, "rgb", processes=1).shape == (60, 60, 3)
    with pytest.raises(DataError, match="no pictures of the kind depth"):
        open_data(raw, "depth", processes=1)


def test_pictures_made_without_a_bad_video_or_with_other_lists_are_not_taken_for_all(raw):
    (raw / "image/p001/n01/003.jpg").write_bytes(b"")
    assert set(open_data(raw, "grey", skip_bad=True, processes=1).table.subject) == {"002"}
    with pytest.raises(DataError, match="001-n-01-090: .*003.jpg"):
        open_data(raw, "grey", processes=1)
    (raw / "labels/tumgaidtrainids.lst").write_text("1\n")
    store = open_data(raw, "grey", skip_bad=True, processes=1)
    assert split_of(store).subjects(store.table) == ([], ["002"])


def test_raw_tum_gaid_is_packed_anew_when_its_lists_change(raw, monkeypatch, caplog):
    first = open_data(raw, "silhouettes", processes=1)
    (raw / "labels/tumgaidtrainids.lst").write_text("1\n")
    second = open_data(raw, "silhouettes", processes=1)
    assert split_of(second).subjects(second.table)[0] == ["001"] and first.path != second.path
    (raw / "labels/tumgaidtrainids.lst").unlink()
    assert "tumgaidtrainids.lst" not in caplog.text
    open_data(raw, "silhouettes", processes=1)
    assert "who trains should stand in tumgaidtrainids.lst" in caplog.text
    with pytest.raises(DataError, match="who trains in the split 150/155 must be recorded"):
        split_of(open_data(raw, "silhouettes", processes=1)).subjects(second.table)
    monkeypatch.setattr(packing, "pack", lambda *_: pytest.fail("packed again"))
    (raw / "labels/tumgaidtrainids.lst").write_text("1\n")
    assert open_data(raw, "silhouettes", processes=1).hash == second.hash
