import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.datasets.embedded_gait_layout import (
    folder_name,
    parse_folder,
    parse_sample,
    sample_name,
    to_data,
    to_frames,
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tfimdb_tum_gaid_N150_train_of25_60x60", ("tum_gaid", 150, "train", "flow", 25)),
        ("tfimdb_tum_gaid_N155_ft_gray25_60x60", ("tum_gaid", 155, "ft", "grey", 25)),
        ("tfimdb_tum_gaid_N155_test_n05-06_depth25_60x60", ("tum_gaid", 155, "test", "depth", 25)),
        ("tfimdb_tum_gaid_N016_test_s03-04_rgb25_60x60", ("tum_gaid", 16, "test", "rgb", 25)),
        ("tfimdb_casia_b_N074_train_silhouette25_60x60", ("casia_b", 74, "train", "silhouettes", 25)),
        ("tfimdb_casia_b_N050_test_nm05-06_090_of25_60x60", ("casia_b", 50, "test", "flow", 25)),
        ("tfimdb_casia_b_N050_test_cl01-02_000_of25_60x60", ("casia_b", 50, "test", "flow", 25)),
        ("tfimdb_walkers_tum_N020_train_of25_60x60", ("walkers_tum", 20, "train", "flow", 25)),
        ("tfimdb_ou_mvlp_N05153_train_of25_60x60", ("ou_mvlp", 5153, "train", "flow", 25)),
        ("tfimdb_tum_gaid_N150_train_of25_60x60.h5", None),
        ("tfimdb_tum_gaid_N150_train_audio25_60x60", None),
        ("TUM_GAID", None),
    ],
)
def test_published_folders(name, expected):
    found = parse_folder(name)
    assert (found and (found.dataset, found.people, found.part, found.modality, found.frames)) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("p001-n01-01.h5", ("001", "n-01", "090", 1, 1)),
        ("p305-b04-123.h5", ("305", "b-04", "090", 2, 123)),
        ("p001-s02-07.h5", ("001", "s-02", "090", 3, 7)),
        ("001-nm-01-090-01.h5", ("001", "nm-01", "090", 1, 1)),
        ("124-bg-02-000-12.h5", ("124", "bg-02", "000", 2, 12)),
        ("124-cl-02-180.h5", ("124", "cl-02", "180", 3, None)),
        ("03314-01-015-01.h5", None),
        ("p001-x01-01.h5", None),
        ("../p001-n01-01.h5", None),
        ("p001-n01-01.h5\n", None),
    ],
)
def test_published_files(name, expected):
    found = parse_sample(name)
    assert (found and (found.subject, found.condition, found.view, found.gait, found.window)) == expected
    if found:
        assert sample_name(found.subject, found.condition, found.view, found.window) == name


def test_names_are_made_as_published():
    assert folder_name("tum_gaid", 16, "test_n11-12", "flow") == "tfimdb_tum_gaid_N016_test_n11-12_of25_60x60"
    assert folder_name("casia_b", 74, "train", "grey") == "tfimdb_casia_b_N074_train_gray25_60x60"
    for bad in (("tum gaid", 1, "train", "flow"), ("tum_gaid", 1, "gallery", "flow"), ("tum_gaid", 1, "ft", "poses")):
        with pytest.raises(ConfigError, match="must be named like"):
            folder_name(*bad)
    for bad in (("anna", "n-01", "090"), ("001", "nm", "090"), ("001", "nm-01", "9"), ("001", "xx-01", "090")):
        with pytest.raises(ConfigError, match="a sample must have a subject of digits"):
            sample_name(*bad, 1)


def test_channels_of_a_window():
    data = np.zeros((60, 60, 50), np.int16)
    data[..., :] = np.arange(50)
    frames = to_frames(data, "flow", 100)
    assert frames.shape == (25, 60, 60, 2)
    for t in range(25):
        assert (frames[t, ..., 0] == 2 * t).all() and (frames[t, ..., 1] == 2 * t + 1).all()
    colours = np.zeros((60, 60, 75), np.uint8) + np.arange(75, dtype=np.uint8)
    assert to_frames(colours, "rgb", 0)[4, 0, 0].tolist() == [12, 13, 14]
    for array, modality in ((data, "flow"), (colours, "rgb"), (colours[..., :25], "grey")):
        np.testing.assert_array_equal(to_data(to_frames(array, modality, 100)), array)


def test_flow_of_any_factor_becomes_hundredths_of_a_pixel():
    data = np.array([[[-123, 5], [30000, -30000]]], np.int16)
    assert to_frames(data, "flow", 100)[0, 0].tolist() == [[-123, 5], [30000, -30000]]
    assert to_frames(data, "flow", 50)[0, 0].tolist() == [[-246, 10], [32767, -32768]]
    assert to_frames(data, "flow", 200)[0, 0].tolist() == [[-62, 2], [15000, -15000]]
    assert to_frames(data, "flow", 0)[0, 0].tolist() == [[-12300, 500], [32767, -32768]]


def test_depth_becomes_millimetres():
    data = np.array([[[0, 1, 255]]], np.uint8)
    assert to_frames(data, "depth", 0).ravel().tolist() == [0, 16, 4080]
    assert to_frames(data, "depth", 0).dtype == np.uint16
    assert to_frames(data.astype(np.uint16) * 100, "depth", 0).ravel().tolist() == [0, 100, 25500]
    assert to_frames(np.array([[[-5, 30, 3000]]], np.int16), "depth", 10).ravel().tolist() == [0, 3, 300]


def test_pictures_and_whole_videos_stay_as_they_are():
    grey = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    assert to_frames(grey, "grey", 0).tolist() == np.moveaxis(grey, 2, 0)[..., None].tolist()
    video = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4, 1)
    assert to_frames(video, "silhouettes", 0).tolist() == video.tolist() == to_data(video, True).tolist()


@pytest.mark.parametrize(
    ("data", "modality"),
    [
        (np.zeros((60, 60, 50), np.float32), "flow"),
        (np.zeros((60, 60, 50), np.uint8), "flow"),
        (np.zeros((60, 60, 25), np.int16), "flow"),
        (np.zeros((60, 60, 25), np.int16), "grey"),
        (np.zeros((60, 60, 25), np.uint8), "rgb"),
        (np.zeros((60, 60), np.uint8), "grey"),
        (np.zeros((5, 60, 60, 2), np.uint8), "grey"),
        (np.zeros((0, 60, 25), np.uint8), "grey"),
    ],
)
def test_data_of_another_modality(data, modality):
    with pytest.raises(DataError, match=rf"data of {modality} must be"):
        to_frames(data, modality, 100)
