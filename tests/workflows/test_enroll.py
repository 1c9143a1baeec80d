"""People into a gallery by the command's own function: from a store, videos, masks; a threshold; what is refused."""

import json

import cv2
import numpy as np
import pytest
from films import filmed, whole, write_film

from tfgait.core.errors import ConfigError, DataError, UserError
from tfgait.core.files import file_hash
from tfgait.core.table import SequenceTable
from tfgait.datasets.store import Store, StoreWriter
from tfgait.evaluation.open_set import choose_threshold, open_set_distances
from tfgait.preprocess.silhouettes import align, cut
from tfgait.preprocess.walks import walks_in
from tfgait.runtime import open_runner
from tfgait.runtime.encoder import Encoder
from tfgait.runtime.gallery import Gallery
from tfgait.synthesis.sequence import make_sequence
from tfgait.workflows.enroll import EnrollOptions, enroll

PEOPLE = {"ada": 1, "bob": 2, "cy": 3}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with a tiny untrained GaitSet and CNN, and walkers as a store, masks, videos."""
    import keras

    from tfgait.deploy.artefact import export_network
    from tfgait.deploy.formats import check_format
    from tfgait.nets import build

    home = tmp_path_factory.mktemp("home")
    keras.utils.set_random_seed(0)
    network = build("gaitset_tiny", height=64, width=44)
    network.save(home / "model.keras")
    build("cnn2d_tiny", height=60, width=60).save(home / "flow.keras")
    walk = np.random.default_rng(0).integers(0, 256, (30, 64, 44, 1)).astype(np.uint8)
    source = {"model_sha256": file_hash(home / "model.keras")}
    export_network(network, home / "model.tflite", check_format("tflite", "fp32"), [walk], source=source)
    store = StoreWriter(home / "walks" / "silhouettes.h5", "silhouettes", (64, 44, 1), {"dataset": "walkers"})
    with store as writer:
        for name, number in PEOPLE.items():
            for condition in ("nm-01", "nm-02", "bg-01"):
                masks = make_sequence(number, condition, "090", seed=0, frames=20)["silhouettes"]
                labels = {"subject": name, "condition": condition, "view": "090"}
                writer.add(cut(align(masks)[0])[..., None], name=f"{name}-{condition}", **labels)
                folder = home / "masks" / name / condition.partition("-")[0] / f"walk{condition[-1]}"
                folder.mkdir(parents=True)
                for frame, mask in enumerate(masks):
                    cv2.imwrite(str(folder / f"{frame:03d}.png"), mask)
    for condition in ("nm-01", "nm-02"):
        (home / "one" / condition / "090").mkdir(parents=True)
        cv2.imwrite(str(home / "one" / condition / "090" / "000.png"), masks[0])
    for name in ("ada", "bob"):
        (home / "videos").mkdir(exist_ok=True)
        write_film(home / "videos" / f"{name}.mp4", filmed(PEOPLE[name])[0])
    return home


@pytest.fixture(autouse=True)
def at_home(home, monkeypatch):
    monkeypatch.setenv("TFGAIT_HOME", str(home))


def options(home, path, source="walks", **changes):
    given = {"model": str(home / "model.tflite"), "gallery": str(path / "people.npz"), "processes": 1}
    return EnrollOptions(**{**given, "source": source and str(home / source), **changes})


def test_store_is_enrolled_by_subject(home, tmp_path):
    result = enroll(options(home, tmp_path, conds=("nm",), dtype="int8"))
    assert result.people == result.added == {"ada": 2, "bob": 2, "cy": 2}
    gallery = Gallery.load(tmp_path / "people.npz", file_hash(home / "model.keras"))
    assert (gallery.modality, gallery.metric, gallery.dtype, result.sequences) == ("silhouettes", "parts", "int8", 6)
    store = Store(home / "walks" / "silhouettes.h5")
    encoder = Encoder(open_runner(home / "model.tflite"))
    for row in np.flatnonzero(store.table.kind == "nm"):
        found = gallery.identify(encoder.encode([store.read(row)])[0])
        assert found.name == store.table.subject[row]
        assert found.distance < 1e-3  # of int8's rounding


def test_masks_give_the_embeddings_of_the_store(home, tmp_path):
    enroll(options(home, tmp_path, "masks"))
    enroll(options(home, tmp_path, "walks", gallery=str(tmp_path / "store.npz")))
    masks, store = Gallery.load(tmp_path / "people.npz"), Gallery.load(tmp_path / "store.npz")
    assert masks.people == store.people == dict.fromkeys(PEOPLE, 3)
    order = [1, 2, 0, 4, 5, 3, 7, 8, 6]  # folders come in the order of names: bg before nm
    np.testing.assert_array_equal(masks._stored["values"][order], store._stored["values"])


def test_videos_are_enrolled_under_their_names(home, tmp_path):
    result = enroll(options(home, tmp_path, "videos"))
    assert result.people == {"ada": 1, "bob": 1}
    result = enroll(options(home, tmp_path, "videos/ada.mp4", name="Ada Lovelace"))
    assert result.people == {"ada": 1, "bob": 1, "Ada Lovelace": 1}
    exact = [cut(align([mask for mask in filmed(PEOPLE[name])[1] if whole(mask)])[0])[..., None] for name in PEOPLE]
    near = Gallery.load(tmp_path / "people.npz").distances(Encoder(open_runner(home / "model.tflite")).encode(exact))
    assert near[0, 0] == near[0, 2] < near[0, 1]
    assert near[1, 1] < near[1, 0]


def test_frames_of_a_video_do_as_well(home, tmp_path):
    pictures, _ = filmed(PEOPLE["bob"])
    for number, picture in enumerate(pictures):
        (tmp_path / "frames").mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / "frames" / f"{number}.png"), picture)
    assert enroll(options(home, tmp_path, tmp_path / "frames", name="bob")).people == {"bob": 1}
    enroll(options(home, tmp_path, "videos"))
    gallery = Gallery.load(tmp_path / "people.npz")
    frames, ada, bob = gallery._stored["values"].astype(np.float32)
    assert np.abs(frames - bob).max() < np.abs(frames - ada).max()


def test_flow_network_takes_windows_of_videos(home, tmp_path):
    result = enroll(options(home, tmp_path, "videos/ada.mp4", model=str(home / "flow.keras")))
    assert result.modality == "flow"
    assert result.people["ada"] >= 5


def test_files_of_one_network_share_a_gallery(home, tmp_path):
    enroll(options(home, tmp_path, conds=("nm-01",)))
    result = enroll(options(home, tmp_path, conds=("nm-01",), model=str(home / "model.keras")))
    assert result.people == dict.fromkeys(PEOPLE, 2)
    halves = Gallery.load(tmp_path / "people.npz")._stored["values"].astype(np.float32)
    np.testing.assert_allclose(halves[3:], halves[:3], rtol=2e-3, atol=1e-4)


def test_more_is_added_and_a_name_removed(home, tmp_path):
    enroll(options(home, tmp_path, conds=("nm-01",)))
    result = enroll(options(home, tmp_path, conds=("bg",), remove="cy"))
    assert result.people == {"ada": 2, "bob": 2, "cy": 1}
    result = enroll(options(home, tmp_path, "", remove="ada", model="absent.tflite"))
    assert (result.people, result.removed, result.model) == ({"bob": 2, "cy": 1}, 2, "")


def test_threshold_is_chosen_on_validation_data_and_kept(home, tmp_path):
    asked = {"validation": str(home / "walks"), "false_accept": 0.3}
    result = enroll(options(home, tmp_path, conds=("nm-01",), **asked))
    assert result.threshold["impostors"] == result.threshold["genuines"] == 9
    assert 0 < result.threshold["false_accept"] <= 0.3
    assert "9 strangers" in result.notes[0]
    again = enroll(options(home, tmp_path, conds=("nm-02",)))
    assert again.threshold == result.threshold
    given = enroll(options(home, tmp_path, "", threshold=1.5))
    assert given.threshold["distance"] == Gallery.load(tmp_path / "people.npz").threshold.distance == 1.5


def test_threshold_is_chosen_on_videos_as_those_who_are_named(home, tmp_path):
    for name in ("ada", "bob"):
        for condition in ("nm-01", "nm-02"):
            (tmp_path / "films" / name / condition).mkdir(parents=True)
            path = tmp_path / "films" / name / condition / "090.mp4"
            write_film(path, filmed(PEOPLE[name], condition)[0])
    result = enroll(options(home, tmp_path, "videos", validation=str(tmp_path / "films"), false_accept=0.25))
    assert result.people == {"ada": 1, "bob": 1}
    assert result.threshold["impostors"] == result.threshold["genuines"] == 4
    encoder = Encoder(open_runner(home / "model.tflite"))
    walks = [walks_in(film)[0] for film in sorted((tmp_path / "films").rglob("*.mp4"))]
    names = [(n, c, "090", f"{n}{c}", 0, "") for n in ("ada", "bob") for c in ("nm-01", "nm-02")]
    distances = open_set_distances(encoder.encode(walks), SequenceTable.from_rows(names))
    assert result.threshold["distance"] == pytest.approx(choose_threshold(*distances, 0.25).distance)


def test_gallery_of_another_network_is_left_alone(home, tmp_path):
    from tfgait.nets import build

    enroll(options(home, tmp_path))
    before = (tmp_path / "people.npz").read_bytes()
    build("gaitset_tiny", height=64, width=44).save(tmp_path / "other.keras")
    with pytest.raises(DataError, match="must be of the network"):
        enroll(options(home, tmp_path, model=str(tmp_path / "other.keras")))
    assert (tmp_path / "people.npz").read_bytes() == before


WRONG = [
    ({"dtype": "int4"}, "Did you mean 'int8'"),
    ({"metric": "part"}, "Did you mean 'parts'"),
    ({"threshold": 1.0, "validation": "walks"}, "one of threshold and validation"),
    ({"threshold": float("nan")}, "threshold must be a finite distance"),
    ({"threshold": -1.0, "model": "absent"}, "threshold must be a finite distance from 0. Received: threshold=-1.0"),
    ({"validation": "walks", "false_accept": 1.0, "model": "absent"}, "false_accept must lie in"),
    ({"min_frames": 0}, "min_frames must be at least 1"),
    ({"min_frames": 30}, "no sequence of .* has 30 frames"),
    ({"source": "masks", "min_frames": 30}, "min_frames=30 frames. Received: at most 20 together"),
    ({"source": "absent"}, "absent"),
    ({"source": "masks", "views": ("054",)}, "has no walk of views=054, conds="),
    (
        {"source": "one"},
        "one must hold a folder a person, or name must say whose walks they are. Received: nm-01, nm-0",
    ),
    ({"source": "", "remove": "ada"}, "people.npz does not exist"),
    ({"name": "a\nb"}, "name must be printable text"),
    ({"gallery": "people.txt"}, "gallery must end in .npz"),
    ({"model": "walks"}, "model"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_wrong_options_write_nothing(home, tmp_path, wrong, message):
    with pytest.raises(UserError, match=message):
        enroll(options(home, tmp_path, **wrong))
    assert not list(tmp_path.iterdir())


def test_what_a_gallery_has_cannot_be_changed(home, tmp_path):
    enroll(options(home, tmp_path, conds=("nm-01",), dtype="int8"))
    with pytest.raises(ConfigError, match="dtype must be left out, or int8"):
        enroll(options(home, tmp_path, dtype="float16"))
    enroll(options(home, tmp_path, "", remove="ada"))
    enroll(options(home, tmp_path, "", remove="bob"))
    with pytest.raises(ConfigError, match="remove must leave somebody"):
        enroll(options(home, tmp_path, "", remove="cy"))


def test_video_without_people_stops_or_is_left_out(home, tmp_path):
    wall = np.random.default_rng(0).integers(90, 110, (1, 240, 320, 3)).astype(np.uint8).repeat(60, axis=0)
    (tmp_path / "films").mkdir()
    write_film(tmp_path / "films" / "empty.mp4", wall)
    with pytest.raises(DataError, match="empty: somebody must be seen whole in min_frames=15 frames. Received: none"):
        enroll(options(home, tmp_path, tmp_path / "films"))
    with pytest.raises(DataError, match="films must show somebody to enrol. Received: nobody; left out: empty"):
        enroll(options(home, tmp_path, tmp_path / "films", skip_bad=True))
    (tmp_path / "films" / "ada.mp4").write_bytes((home / "videos" / "ada.mp4").read_bytes())
    (tmp_path / "films" / "cut.mp4").write_bytes((home / "videos" / "ada.mp4").read_bytes()[:3000])
    result = enroll(options(home, tmp_path, tmp_path / "films", skip_bad=True))
    assert (result.people, result.left_out) == ({"ada": 1}, 2)
    assert {note.split(":")[1].strip() for note in result.notes[:2]} == {"empty", "cut"}


def test_command_ends_with_table_and_json(home, tmp_path, capsys):
    from tfgait.cli.main import run

    arguments = f"--source {home / 'walks'} --model {home / 'model.tflite'} --gallery {tmp_path / 'p.npz'}"
    with pytest.raises(SystemExit) as ended:
        run("enroll", arguments.split())
    out = capsys.readouterr().out.splitlines()
    assert ended.value.code == 0
    assert json.loads(out[-1])["people"] == dict.fromkeys(PEOPLE, 3)
    assert any(line.split() == ["ada", "3", "3"] for line in out)
