import contextlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from films import filmed, whole, write_film

from tfgait.cli import main
from tfgait.core.errors import ConfigError, DataError, Stopped, UserError
from tfgait.core.home import models_dir
from tfgait.preprocess.annotation import KNOWN
from tfgait.preprocess.video import read_video_file
from tfgait.preprocess.walks import walks_in
from tfgait.runtime import open_runner
from tfgait.runtime.encoder import Encoder
from tfgait.runtime.gallery import Gallery
from tfgait.runtime.sidecar import network_hash
from tfgait.workflows import live as module
from tfgait.workflows import watching
from tfgait.workflows.live import LiveOptions, live

MODEL = models_dir() / "gaitset_walkers" / "model_int8.tflite"
PEOPLE = {"Ada": 9201, "Ben": 9203}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with a gallery of two people, another walk of each, the two after each other, and an empty room."""
    home = tmp_path_factory.mktemp("live")
    gallery, encoder = Gallery(network_hash(MODEL), "parts"), Encoder(open_runner(MODEL))
    for name, subject in PEOPLE.items():
        walks = walks_in(write_film(home / "enrolled.mp4", filmed(subject, "nm-02")[0]))
        gallery.enrol(name, encoder.encode(walks))
        write_film(home / f"{name}.mp4", filmed(subject)[0])
    gallery.save(home / "anybody.npz")
    gallery.threshold = 10.0
    gallery.save(home / "people.npz")
    write_film(home / "empty.mp4", filmed(9201)[0][:25])
    return home


def options(home, name, **changes):
    return LiveOptions(**{"source": str(home / name), "gallery": str(home / "people.npz"), **changes})


def test_who_walks_by_is_named_and_drawn(home, tmp_path):
    for name in PEOPLE:
        result = live(options(home, f"{name}.mp4", out=str(tmp_path / f"{name}.mp4")))
        [track] = result.tracks
        assert (track["name"], track["known"]) == (name, True) and track["answers"] >= 1
        assert result.frames == 95 and result.with_people == track["frames"] > 30
        assert result.model == str(MODEL) and result.notes == [] and result.fps > 0 and result.cpu_ms > 0
        drawn, fps = read_video_file(tmp_path / f"{name}.mp4", colour=True)
        plain, _ = read_video_file(home / f"{name}.mp4", colour=True)
        assert drawn.shape == plain.shape and fps == 25
        middle = (track["first"] + track["last"]) // 2 + 10
        green = np.abs(drawn[middle].astype(int) - KNOWN[::-1]).max(axis=-1) < 60
        assert green.sum() > 150 and (np.abs(drawn[0, 30:].astype(int) - plain[0, 30:]) < 40).all()


def test_without_a_threshold_nobody_is_said_to_be_known(home):
    result = live(options(home, "Ada.mp4", gallery=str(home / "anybody.npz")))
    assert (result.tracks[0]["name"], result.tracks[0]["known"]) == ("Ada", None)
    assert "has no threshold" in result.notes[0]


def test_a_camera_shows_its_background_first(home, tmp_path, monkeypatch):
    asked = []

    class Camera:
        size, fps, promised = (240, 320), 0.0, 0

        def __iter__(self):
            return iter(filmed(PEOPLE["Ben"])[0])

    monkeypatch.setattr(module, "open_video", lambda source: asked.append(source) or contextlib.nullcontext(Camera()))
    result = live(options(home, "", source="/dev/video2", out=str(tmp_path / "a.avi")))
    assert asked == [2] and result.frames == 95 and result.tracks[0]["name"] == "Ben"
    assert read_video_file(tmp_path / "a.avi")[1] == 25


def test_a_stranger_is_not_known(home, tmp_path):
    gallery = Gallery.load(home / "people.npz")
    gallery.remove("Ben")
    gallery.threshold = 0.9
    gallery.save(tmp_path / "people.npz")
    known, unknown = (
        live(options(home, f"{name}.mp4", gallery=str(tmp_path / "people.npz"))).tracks[0] for name in PEOPLE
    )
    assert known["known"] and not unknown["known"] and known["distance"] < 0.9 < unknown["distance"]


def test_a_video_without_people_is_no_error(home):
    result = live(options(home, "empty.mp4"))
    assert result.tracks == [] and result.frames == 25 and result.with_people == 0
    assert "nobody was seen whole" in result.notes[0]


def test_a_walk_without_an_answer_is_told(home):
    came = next(k for k, silhouette in enumerate(filmed(PEOPLE["Ada"])[1]) if whole(silhouette))
    result = live(options(home, "Ada.mp4", frames=came + 9))
    assert result.frames == came + 9 and result.tracks[0]["name"] == ""
    assert result.notes == ["1 of 1 walks were too short for an answer"]


def test_what_was_found_until_ctrl_c_is_told(home, tmp_path, monkeypatch):
    class Impatient(module.Naming):
        count = 0

        def see(self, frame):
            self.count += 1
            if self.count == 81:
                raise KeyboardInterrupt
            return super().see(frame)

    monkeypatch.setattr(module, "Naming", Impatient)
    with pytest.raises(Stopped) as stopped:
        live(options(home, "Ada.mp4", out=str(tmp_path / "a.mp4")))
    assert stopped.value.code == 130 and stopped.value.result.frames == 80
    assert stopped.value.result.tracks[0]["name"] == "Ada"
    assert len(read_video_file(tmp_path / "a.mp4")[0]) == 80


def test_the_shipped_network_of_the_gallery_is_found(home, tmp_path):
    gallery = Gallery("0" * 64, "parts")
    gallery.enrol("Ada", np.zeros((1, 30, 128), np.float32))
    gallery.save(tmp_path / "others.npz")
    with pytest.raises(ConfigError, match="model must name the file that the people of .*others.npz"):
        live(options(home, "Ada.mp4", gallery=str(tmp_path / "others.npz")))
    with pytest.raises(DataError, match="must be of the network b817ff91"):
        live(options(home, "Ada.mp4", gallery=str(tmp_path / "others.npz"), model=str(MODEL)))


def test_a_run_or_a_preset_is_named_as_other_commands_take_it(home, tmp_path, monkeypatch):
    assert live(options(home, "Ada.mp4", model="gaitset_walkers", frames=1)).model == str(MODEL)
    run = tmp_path / "runs" / "mine"
    run.mkdir(parents=True)
    for file in (MODEL, MODEL.with_name(f"{MODEL.name}.json"), MODEL.with_name("model.keras")):
        shutil.copy(file, run)
    (tmp_path / "runs" / "latest").symlink_to("mine")
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path))
    for model in ("", "mine"):
        assert live(options(home, "Ada.mp4", model=model, frames=1)).model == str(run / MODEL.name)
    (run / MODEL.name).write_bytes(b"cut short")
    assert live(options(home, "Ada.mp4", frames=1)).model == str(MODEL)
    with pytest.raises(UserError, match="Did you mean 'mine'"):
        live(options(home, "Ada.mp4", model="min"))
    gallery = Gallery("0" * 64, "parts")
    gallery.enrol("Ada", np.zeros((1, 30, 128), np.float32))
    gallery.save(tmp_path / "others.npz")
    with pytest.raises(DataError, match="must be of the network b817ff91"):
        live(options(home, "Ada.mp4", gallery=str(tmp_path / "others.npz"), model="mine"))


def test_out_may_lie_in_the_own_home(home, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    result = live(options(home, "Ada.mp4", out="~/named.mp4", frames=3))
    assert result.file == str(tmp_path / "named.mp4") and Path(result.file).is_file()


def test_networks_on_flow_are_refused(home, tmp_path):
    model = models_dir() / "cnn2d_walkers" / "model_int8.tflite"
    gallery = Gallery(network_hash(model), "cosine")
    gallery.enrol("Ada", np.ones((1, 1, 128), np.float32))
    gallery.save(tmp_path / "flow.npz")
    with pytest.raises(DataError, match="must take silhouettes .* Received: flow"):
        live(options(home, "Ada.mp4", gallery=str(tmp_path / "flow.npz")))


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"every": 0}, ConfigError, "every must be a whole number from 1. Received: every=0"),
        ({"frames": -1}, ConfigError, "frames must be a whole number from 0"),
        ({"out": "a.mp3"}, ConfigError, "Did you mean '.mp4'"),
        ({"gallery": "absent.npz"}, DataError, "absent.npz does not exist; tfgait enroll makes a gallery"),
        ({"model": "absent.tflite"}, DataError, "absent.tflite does not exist"),
        ({"source": "absent.mp4"}, DataError, "absent.mp4 cannot be read"),
        ({"source": "97"}, DataError, "camera 97 cannot be opened"),
        ({"source": "/dev/video97"}, DataError, "camera 97 cannot be opened"),
        ({"window": 7}, ConfigError, "window must be 30"),
        ({"delegate": "xnpack"}, ConfigError, "Did you mean 'xnnpack'"),
    ],
)
def test_what_is_asked_for_and_cannot_be(home, changes, error, message):
    with pytest.raises(error, match=message):
        live(options(home, "Ada.mp4", **changes))


def test_a_gallery_too_small_for_the_vote_is_told_before_anybody_comes(home):
    with pytest.raises(ConfigError, match="k must be a whole number from 1 to 2, .* Received: k=3"):
        live(options(home, "empty.mp4", knn=3))


def test_nothing_is_written_of_a_damaged_video_nor_over_the_source(home, tmp_path):
    before = (home / "Ada.mp4").read_bytes()
    source = tmp_path / "Ada.avi"
    write_film(source, filmed(9201)[0], "MJPG")
    source.write_bytes(source.read_bytes()[:-300_000])
    with pytest.raises(DataError, match="is cut short"):
        live(options(tmp_path, "Ada.avi", gallery=str(home / "people.npz"), out=str(tmp_path / "named.mp4")))
    shutil.copy(home / "Ada.mp4", tmp_path / "Ada.mp4")
    with pytest.raises(ConfigError, match="out must be another file than source"):
        live(options(tmp_path, "Ada.mp4", gallery=str(home / "people.npz"), out=str(tmp_path / "Ada.mp4")))
    assert (tmp_path / "Ada.mp4").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["Ada.avi", "Ada.mp4"]


def test_a_window_needs_an_opencv_that_has_them(home, monkeypatch):
    monkeypatch.setattr(cv2, "getBuildInformation", lambda: "  GUI:                           NONE\n")
    with pytest.raises(ConfigError, match="show needs an OpenCV with windows"):
        live(options(home, "Ada.mp4", show=True))
    shown = []
    monkeypatch.setattr(cv2, "getBuildInformation", lambda: "  GUI:                           QT5\n")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    if sys.platform == "linux":
        with pytest.raises(ConfigError, match="show needs a display"):
            live(options(home, "Ada.mp4", show=True))
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(watching.cv2, "imshow", lambda title, frame: shown.append(frame.shape))
    monkeypatch.setattr(watching.cv2, "waitKey", lambda ms: ord("q") if len(shown) == 7 else -1)
    monkeypatch.setattr(watching.cv2, "destroyAllWindows", lambda: shown.append("gone"))
    assert live(options(home, "Ada.mp4", show=True)).frames == 7
    assert shown == [(240, 320, 3)] * 7 + ["gone"]


BLOCKED = """
import sys
absent = {"tensorflow", "keras", "tf_keras", "h5py", "sklearn", "matplotlib", "onnxruntime"}
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"{name} is not on a board", name=name)
sys.meta_path.insert(0, Block())
from tfgait.cli.main import run
run("live", sys.argv[1:])
"""


def test_a_board_needs_neither_tensorflow_nor_h5py(home, tmp_path):
    arguments = ["--source", home / "Ben.mp4", "--gallery", home / "people.npz", "--out", tmp_path / "named.avi"]
    done = subprocess.run([sys.executable, "-c", BLOCKED, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout.splitlines()[-1])
    assert record["tracks"][0]["name"] == "Ben" and Path(record["file"]).is_file()
    assert "Ben" in done.stdout.partition("{")[0]


def test_a_keras_file_is_named_by_without_the_lines_of_tensorflow(home):
    command = [sys.executable, "-m", "tfgait.cli", "live", "--source", home / "Ada.mp4", "--frames", "3"]
    command += ["--gallery", home / "people.npz", "--model", MODEL.with_name("model.keras")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if line and not line.startswith("frames: ")] == []


def test_ctrl_c_shows_what_was_found(home, monkeypatch, capsys):
    class Stopping(module.Naming):
        def see(self, frame):
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "Naming", Stopping)
    with pytest.raises(SystemExit) as left:
        main.run("live", ["--source", str(home / "Ada.mp4"), "--gallery", str(home / "people.npz")])
    captured = capsys.readouterr()
    assert left.value.code == 130 and "Ctrl-C" in captured.err
    assert json.loads(captured.out.splitlines()[-1])["tracks"] == []
