import functools
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.datasets.embedded_gait_layout import to_frames
from tfgait.datasets.store import Store
from tfgait.preprocess import tracks
from tfgait.preprocess.estimators import Dis, estimator_of
from tfgait.preprocess.flow import flow_windows
from tfgait.preprocess.windows import picture_windows
from tfgait.synthesis.sequence import make_sequence
from tfgait.workflows import prepare as module
from tfgait.workflows.data import open_data, split_of
from tfgait.workflows.prepare import PrepareOptions, prepare
from tfgait.workflows.synthesize import SynthesizeOptions, synthesize

FAST = functools.partial(PrepareOptions, estimator="dis", processes=1)
KINDS = ("grey", "depth", "silhouettes")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def tum(tmp_path_factory):
    """Four walkers as a TUM-GAID-like tree of PNG, the last of whom walks again."""
    out = tmp_path_factory.mktemp("tum") / "set"
    synthesize(
        SynthesizeOptions(
            subjects=2, elapsed=2, layout="tum_gaid", format="png", conds=("n-01", "b-01", "n-07"), frames=32,
            modalities=KINDS, out=str(out), processes=1,
        )
    )  # fmt: skip
    return out


def film(path, frames, codec="FFV1", fps=25):
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), fps, frames.shape[2:0:-1])
    for frame in frames:
        writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    writer.release()
    return path


def walk(subject=0, frames=32, kinds=("grey", "silhouettes")):
    return make_sequence(subject, "n-01", "090", seed=0, frames=frames, modalities=kinds)


def test_frames_become_aligned_windows(tum, tmp_path):
    result = prepare(FAST(source=str(tum), out=str(tmp_path / "out"), modalities=("of", *KINDS)))
    assert (result.dataset, result.subjects, result.videos, result.windows) == ("walkers_tum", 2, 5, 10)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "depth.h5", "flow.h5", "grey.h5", "prepared.json", "silhouettes.h5",
    ]  # fmt: skip
    stores = {m: Store(f) for m, f in result.files.items()}
    raw = make_sequence(1, "n-07", "090", seed=0, frames=32, modalities=KINDS)
    boxes = tracks.smooth(tracks.boxes_of_masks(raw["silhouettes"]))
    expected = {m: picture_windows(raw[m], m, boxes) for m in KINDS} | {"flow": flow_windows(raw["grey"], boxes, Dis())}
    for modality, store in stores.items():
        assert store.table.name.tolist()[-2:] == ["002-n-07-090#0", "002-n-07-090#5"]
        for row, (_, frames) in zip((-2, -1), expected[modality], strict=True):
            np.testing.assert_array_equal(store.read(row), frames)
    assert split_of(stores["flow"]).subjects(stores["flow"].table) == (["001"], ["002"])
    assert open_data(tmp_path / "out", "depth").hash == stores["depth"].hash


def test_videos_give_what_their_frames_give(tmp_path):
    grey = walk()["grey"]
    film(tmp_path / "videos/p001-n01.avi", grey)
    folder = tmp_path / "frames/image/p001/n01"
    folder.mkdir(parents=True)
    for number, frame in enumerate(grey):
        cv2.imwrite(str(folder / f"{number}.png"), frame)
    options = FAST(modalities=("flow", "grey"))
    made = [
        prepare(replace(options, source=str(tmp_path / s), out=str(tmp_path / f"out-{s}")))
        for s in ("videos", "frames")
    ]
    for modality in ("flow", "grey"):
        one, two = (Store(r.files[modality]) for r in made)
        assert one.table.name.tolist() == ["001-n-01-090#0", "001-n-01-090#5"]
        assert np.abs(one.frames.astype(int) - two.frames).max() <= 1  # the codec's colours round
    expected = picture_windows(grey, "grey", tracks.smooth(tracks.boxes_of_motion(grey)))
    np.testing.assert_array_equal(two.read(1), expected[1][1])


def test_colour_windows_and_fewer_frames_a_second(tmp_path):
    made = walk(frames=60, kinds=("rgb",))["rgb"]
    path = tmp_path / "set/ann/walk.avi"
    path.parent.mkdir(parents=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"FFV1"), 50, (320, 240))
    for frame in made:
        writer.write(frame[..., ::-1])
    writer.release()
    result = prepare(FAST(source=str(tmp_path / "set"), modalities=("rgb",), fps=25.0))
    slow = made[::2]
    grey = np.stack([cv2.cvtColor(f, cv2.COLOR_RGB2GRAY) for f in slow])
    [(_, expected)] = picture_windows(slow, "rgb", tracks.smooth(tracks.boxes_of_motion(grey)))
    store = Store(result.files["rgb"])
    assert (result.dataset, result.windows) == ("folder", 1) and store.table.view.tolist() == [""]
    assert np.abs(store.read(0).astype(int) - expected).mean() < 1


def test_a_file_of_boxes_is_taken_before_anything_else(tum, tmp_path):
    shutil.copytree(tum, tmp_path / "set")
    lines = [f"{t},200,10,40,150" for t in range(32)]
    (tmp_path / "set/image/p001/n01.csv").write_text("frame,x,y,width,height\n" + "\n".join(lines))
    result = prepare(FAST(source=str(tmp_path / "set"), modalities=("grey",)))
    expected = picture_windows(walk()["grey"], "grey", np.tile([200.0, 10, 40, 150], (32, 1)))
    store = Store(result.files["grey"])
    row = store.table.name.tolist().index("001-n-01-090#0")
    np.testing.assert_array_equal(store.read(row), expected[0][1])
    (tmp_path / "set/image/p001/n01.csv").write_text("frame,x,y,width,height\n0,200,10,40\n")
    with pytest.raises(DataError, match="001-n-01-090: .*n01.csv, line 2 must hold five numbers"):
        prepare(FAST(source=str(tmp_path / "set"), modalities=("grey",)))


def test_files_that_embedded_gait_reads(tum, tmp_path):
    options = FAST(source=str(tum), out=str(tmp_path / "tf"), modalities=("flow", "grey"), format="hdf5")
    result = prepare(options)
    folders = [
        f"tfimdb_tum_gaid_{part}_{m}25_60x60"
        for part in ("N016_ft", "N150_train", "N155_ft", "N155_test_b01-02")
        for m in ("gray", "of")
    ]
    assert sorted(result.files) == folders and (result.videos, result.windows) == (5, 10)
    assert [p.name for p in sorted((tmp_path / "tf" / folders[3]).iterdir())] == [
        "p001-b01-01.h5", "p001-b01-02.h5", "p001-n01-01.h5", "p001-n01-02.h5",
    ]  # fmt: skip
    raw = walk()
    boxes = tracks.smooth(tracks.boxes_of_masks(raw["silhouettes"]))
    windows = {"flow": flow_windows(raw["grey"], boxes, Dis()), "grey": picture_windows(raw["grey"], "grey", boxes)}
    for modality, folder in (("flow", folders[3]), ("grey", folders[2])):
        with h5py.File(tmp_path / "tf" / folder / "p001-n01-02.h5") as sample:
            found = to_frames(sample["data"][:], modality, sample.attrs["compressFactor"])
            assert sample.attrs["label"] == 1 and sample.attrs["gait"] == 1
            np.testing.assert_array_equal(sample["frames"][:], np.arange(5, 30))
            np.testing.assert_allclose(sample["bbs"][:], boxes[5:30], atol=0.5)
        np.testing.assert_array_equal(found, windows[modality][1][1])
        with h5py.File(result.files[folder]) as index:
            np.testing.assert_array_equal(index["videoId"][:], [1, 1, 2, 2])
            np.testing.assert_array_equal(index["set"][:], [1, 1, 1, 1])
    store = open_data(tmp_path / "tf", "flow", processes=1)
    assert store.attributes["source"]["train_subjects"] == ["001"]
    row = store.table.name.tolist().index("001-n-01-090#02")
    np.testing.assert_array_equal(store.read(row), windows["flow"][1][1])
    with h5py.File(result.files["tfimdb_tum_gaid_N155_test_b01-02_of25_60x60"]) as index:
        np.testing.assert_array_equal(index["set"][:], [3, 3])
        np.testing.assert_array_equal(index["gait"][:], [2, 2])


def test_cameras_have_folders_of_their_own_in_casia_b(tmp_path):
    out = str(tmp_path / "set")
    synthesize(
        SynthesizeOptions(
            subjects=2, format="png", conds=("nm-01", "nm-05"), views=("090", "072"), frames=27,
            modalities=("silhouettes",), out=out, processes=1,
        )
    )  # fmt: skip
    result = prepare(FAST(source=out, modalities=("silhouettes",), format="hdf5"))
    ends = ["N050_ft", "N050_test_nm05-06_072", "N050_test_nm05-06_090", "N074_train"]
    assert sorted(result.files) == [f"tfimdb_casia_b_{end}_silhouette25_60x60" for end in ends]
    with h5py.File(result.files["tfimdb_casia_b_N050_ft_silhouette25_60x60"]) as index:
        np.testing.assert_array_equal(index["cam"][:], [72, 90])
        np.testing.assert_array_equal(index["label"][:], [2, 2])


SLOW = """
import os
import time
import numpy as np
def flow(first, second):
    time.sleep(0.02 if "SLOW" in os.environ else 0)
    return np.ones((*first.shape, 2), np.float32)
"""


def test_a_killed_run_goes_on_where_it_was(tum, tmp_path, monkeypatch):
    (tmp_path / "plug").mkdir()
    (tmp_path / "plug/slow_motion.py").write_text(SLOW)
    monkeypatch.syspath_prepend(tmp_path / "plug")
    out = tmp_path / "out"
    options = FAST(source=str(tum), out=str(out), estimator="slow_motion:flow")
    code = f"from tfgait.workflows.prepare import *; prepare({options!r})"
    environment = {**os.environ, "SLOW": "", "PYTHONPATH": os.pathsep.join(map(str, sys.path))}
    killed = subprocess.Popen([sys.executable, "-c", code], env=environment)
    until = time.monotonic() + 60
    while len(list(out.glob(".parts/[!.]*.npz"))) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    kept = {p: p.stat().st_mtime_ns for p in out.glob(".parts/[!.]*.npz")}
    assert 2 <= len(kept) < 5 and not list(out.glob("*.h5"))
    cut = sorted(kept)[0]
    cut.write_bytes(cut.read_bytes()[:-200])  # as after a power cut
    seen = []
    real = module.prepare_walk

    def watched(plan, walk):
        seen.append(real(plan, walk))
        return seen[-1]

    monkeypatch.setattr(module, "prepare_walk", watched)
    result = prepare(options)
    assert result.resumed == len(kept) - 1 and result.videos == 5
    assert {path for path, was_there in seen if was_there} == {str(p) for p in kept if p != cut}
    assert sorted(p.name for p in out.iterdir()) == ["flow.h5", "prepared.json"]
    whole = prepare(replace(options, out=str(tmp_path / "whole")))
    assert (out / "flow.h5").read_bytes() == Path(whole.files["flow"]).read_bytes()


def test_what_another_estimator_of_the_same_name_made_is_not_taken(tum, tmp_path, monkeypatch):
    (tmp_path / "plug").mkdir()
    monkeypatch.syspath_prepend(tmp_path / "plug")
    found = []
    for code in (SLOW, SLOW.replace("np.ones", "2 * np.ones")):
        (tmp_path / "plug/changing.py").write_text(code)
        sys.modules.pop("changing", None)
        importlib.invalidate_caches()
        estimator_of.cache_clear()
        found.append(prepare(FAST(source=str(tum), estimator="changing:flow")))
    estimator_of.cache_clear()
    assert found[0].out != found[1].out and not found[1].reused


def test_what_is_there_is_made_again_only_where_a_source_changed(tum, tmp_path):
    shutil.copytree(tum, tmp_path / "set")
    options = FAST(source=str(tmp_path / "set"), modalities=("grey",))
    first = prepare(options)
    again = prepare(replace(options, processes=2))
    assert again.reused and again.files == first.files and again.windows == 10
    picture = tmp_path / "set/image/p002/n01/0001.png"
    cv2.imwrite(str(picture), 255 - cv2.imread(str(picture), cv2.IMREAD_UNCHANGED))
    changed = prepare(options)
    assert not changed.reused and changed.out == first.out
    with pytest.raises(DataError, match="made with other options"):
        prepare(replace(options, out=first.out, step=4))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("precious")
    with pytest.raises(DataError, match="holds something else"):
        prepare(replace(options, out=str(tmp_path / "mine")))
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_one_bad_video_among_many(tmp_path):
    grey = walk()["grey"]
    film(tmp_path / "set/p001-n01.avi", grey)
    whole = film(tmp_path / "set/p001-n02.avi", grey).read_bytes()
    (tmp_path / "set/p001-n02.avi").write_bytes(whole[: len(whole) // 2])
    film(tmp_path / "set/p001-n03.avi", grey[:26])
    (tmp_path / "set/p001-n04.avi").write_text("no video")
    film(tmp_path / "set/p002-n01.avi", np.repeat(grey[:1], 30, axis=0))
    options = FAST(source=str(tmp_path / "set"), out=str(tmp_path / "out"), modalities=("grey",))
    with pytest.raises(DataError, match="001-n-02-090: .*p001-n02.avi is cut short: its header promises 32 frames"):
        prepare(options)
    result = prepare(replace(options, skip_bad=True))
    assert (result.videos, result.windows, result.left_out, result.resumed) == (1, 2, 4, 1)
    source = Store(result.files["grey"]).attributes["source"]
    assert source["sequences_left_out"] == 4
    for message, said in zip(
        ("cut short", "at least 27 frames for grey. Received: 26", "is no AVI", "nobody is boxed"),
        source["left_out"],
        strict=True,
    ):
        assert message in said
    film(tmp_path / "set/p001-n01.avi", grey[:20])
    with pytest.raises(DataError, match="not one sequence was left"):
        prepare(replace(options, out="", skip_bad=True))


def without(*folders):
    return lambda source: [shutil.rmtree(source / folder) for folder in folders]


def lone_frame(source):
    (source / "depth/p002/n07/0032.png").unlink()


def swapped(source):
    shutil.rmtree(source / "image")
    (source / "silhouettes").rename(source / "image")


def damaged(source):
    (source / "image/p001/n01/0003.png").write_bytes(b"\x89PNG")


@pytest.mark.parametrize(
    ("spoil", "kind", "message"),
    [
        (lone_frame, "depth", "Received: grey 32 of 320×240, .*depth 31"),
        (without("depth/p002/n07"), "depth", "002-n-07-090: there are no pictures of the kind depth"),
        (without("image"), "flow", "no pictures of the kind image"),
        (swapped, "flow", "its images are silhouettes"),
        (without("image", "silhouettes"), "depth", "who walks where must be told"),
        (damaged, "flow", "001-n-01-090: .*0003.png is"),
    ],
)
def test_sources_that_cannot_be_used(tum, tmp_path, spoil, kind, message):
    shutil.copytree(tum, tmp_path / "set")
    spoil(tmp_path / "set")
    with pytest.raises(DataError, match=message):
        prepare(FAST(source=str(tmp_path / "set"), modalities=(kind,)))


def test_hdf5_needs_to_know_who_trains_and_what_is_what(tum, tmp_path):
    shutil.copytree(tum, tmp_path / "set")
    (tmp_path / "set/walkers.json").unlink()
    for name in ("train", "test"):
        (tmp_path / f"set/tumgaid{name}ids.lst").rename(tmp_path / f"{name}.lst")
    options = FAST(source=str(tmp_path / "set"), modalities=("grey",), format="hdf5")
    with pytest.raises(DataError, match="who trains must stand in tumgaidtrainids.lst"):
        prepare(options)
    (tmp_path / "test.lst").rename(tmp_path / "set/tumgaidtrainids.lst")
    prepare(replace(options, format="store", out=str(tmp_path / "s")))
    source = Store(tmp_path / "s/grey.h5").attributes["source"]
    assert (source["dataset"], source["train_subjects"]) == ("tum_gaid", ["002"])
    film(tmp_path / "mine/ann/walk.avi", walk()["grey"])
    with pytest.raises(DataError, match="format hdf5 needs videos named as in TUM-GAID"):
        prepare(replace(options, source=str(tmp_path / "mine")))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"modalities": ()}, "at least one"),
        ({"modalities": ("flwo",)}, "Did you mean 'flow'"),
        ({"modalities": ("poses",)}, "modalities must be one of flow, grey, rgb, depth, silhouettes"),
        ({"format": "h5"}, "format must be one of store, hdf5"),
        ({"window": 0}, r"window must be an integer in \[1, 1000\]. Received: window=0"),
        ({"step": 2.5}, "step must be an integer"),
        ({"processes": -1}, "processes must be an integer"),
        ({"fps": float("nan")}, r"fps must lie in \[0, 1000\]"),
        ({"estimator": "spynet"}, "estimator must be one of"),
        ({"source": "/no/such/folder"}, "is no folder"),
    ],
)
def test_bad_options(tmp_path, change, message):
    with pytest.raises((ConfigError, DataError), match=message):
        prepare(replace(FAST(source=str(tmp_path)), **change))


def test_without_a_source_walkers_are_made_first(tmp_path, monkeypatch):
    small = replace(module.DEMO, subjects=1, seq_per_subject=1, frames=27, elapsed=0)
    monkeypatch.setattr(module, "DEMO", small)
    said = []
    result = prepare(FAST(), progress=lambda *a: said.append(a))
    assert (result.dataset, result.videos, result.windows) == ("walkers_tum", 1, 1)
    assert "/walkers_tum-" in result.options["source"]
    assert (1, 1, "making walks") in said and (1, 1, "preparing videos") in said
    assert json.loads((Path(result.out) / "prepared.json").read_text())["done"] is True
