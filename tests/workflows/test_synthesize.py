import errno
import functools
import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.datasets.store import Store
from tfgait.preprocess.estimators import ESTIMATORS
from tfgait.preprocess.flow import flow_windows
from tfgait.preprocess.silhouettes import align, boxes, cut
from tfgait.preprocess.windows import picture_windows
from tfgait.synthesis.sequence import make_sequence
from tfgait.workflows import synthesize as module
from tfgait.workflows import walker_jobs
from tfgait.workflows.data import open_data, protocol_of, split_of
from tfgait.workflows.synthesize import SynthesizeOptions, default_walkers, synthesize
from tfgait.workflows.walker_jobs import FLOW_ESTIMATOR

SMALL = functools.partial(
    SynthesizeOptions, subjects=2, frames=4, views=("90", "018"), conds=("nm-01", "cl"), processes=1
)
TUM_PNG = {"layout": "tum_gaid", "views": (), "format": "png", "conds": ("n",)}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_store_holds_the_aligned_walks(tmp_path):
    result = synthesize(SMALL(out=str(tmp_path / "w"), seed=3))
    store = Store(result.files["silhouettes"])
    assert store.table.name.tolist()[:3] == ["001-nm-01-018", "001-nm-01-090", "001-cl-01-018"]
    assert (result.subjects, result.sequences, result.frames) == (2, 12, 48) and not result.reused
    raw = make_sequence(1, "cl-02", "090", seed=3, frames=4)["silhouettes"]
    np.testing.assert_array_equal(store.read(11)[..., 0], cut(align(raw)[0]))
    assert protocol_of(store).name == "multi_view" and split_of(store).subjects(store.table) == (["001"], ["002"])


def test_same_bytes_whatever_the_processes(tmp_path):
    files = [synthesize(SMALL(out=str(tmp_path / str(n)), processes=n)).files["silhouettes"] for n in (1, 2)]
    one, two = (Path(f).read_bytes() for f in files)
    assert one == two


def test_made_once_by_the_hash_of_its_options(home):
    first = synthesize(SMALL())
    assert first.out.startswith(str(home / "data/walkers-")) and first.seconds > 0
    again = synthesize(SMALL(processes=2, views=("018", "090")))
    assert again.reused and again.out == first.out and again.frames == first.frames
    others = [SMALL(seed=1), SMALL(frames=5), SMALL(subjects=1), SMALL(views=("090",)), SMALL(conds=("nm",))]
    assert len({synthesize(o).out for o in others} | {first.out}) == 6


def test_out_with_something_else_is_left_alone(tmp_path):
    synthesize(SMALL(out=str(tmp_path / "w")))
    with pytest.raises(DataError, match="made with other options"):
        synthesize(SMALL(out=str(tmp_path / "w"), seed=1))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/silhouettes.h5").write_text("precious")
    with pytest.raises(DataError, match="holds something else"):
        synthesize(SMALL(out=str(tmp_path / "mine")))
    with pytest.raises(DataError, match="holds something else"):
        synthesize(SMALL(out=str(tmp_path / "mine"), format="png"))
    assert (tmp_path / "mine/silhouettes.h5").read_text() == "precious"
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="out must be a folder"):
        synthesize(SMALL(out=str(tmp_path / "file")))
    (tmp_path / "w/walkers.json").write_text("{")
    with pytest.raises(DataError, match="not a readable JSON"):
        synthesize(SMALL(out=str(tmp_path / "w")))


def test_png_has_the_layout_of_casia_b_and_packs_to_the_same_frames(tmp_path):
    result = synthesize(SMALL(out=str(tmp_path / "png"), format="png"))
    file = tmp_path / "png/002/cl-02/090/002-cl-02-090-001.png"
    frame = make_sequence(1, "cl-02", "090", seed=0, frames=4)["silhouettes"][0]
    np.testing.assert_array_equal(cv2.imread(str(file), cv2.IMREAD_UNCHANGED), frame)
    assert (result.subjects, result.sequences, result.frames) == (2, 12, 48)
    packed = open_data(tmp_path / "png", processes=1)
    direct = Store(synthesize(SMALL()).files["silhouettes"])
    assert protocol_of(packed).name == "multi_view"
    for row, name in enumerate(packed.table.name.tolist()):
        np.testing.assert_array_equal(packed.read(row), direct.read(direct.table.name.tolist().index(name)))


def test_interrupted_png_goes_on(tmp_path, monkeypatch):
    made, options = [], SMALL(out=str(tmp_path / "png"), format="png")
    real = module.pictures

    def stop_at_third(plan, out, job):
        made.append(job)
        if len(made) == 3:
            raise KeyboardInterrupt
        return real(plan, out, job)

    monkeypatch.setattr(module, "pictures", stop_at_third)
    with pytest.raises(KeyboardInterrupt):
        synthesize(options)
    monkeypatch.undo()
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path / "home"))
    assert json.loads((tmp_path / "png/walkers.json").read_text())["done"] is False
    kept = tmp_path / "png/001/nm-01/018/001-nm-01-018-001.png"
    before = kept.stat().st_mtime_ns
    assert synthesize(options).frames == 48 and kept.stat().st_mtime_ns == before
    assert synthesize(options).reused
    assert not list((tmp_path / "png").rglob(".making-*"))
    record = tmp_path / "png/walkers.json"
    record.write_text(record.read_text().replace('"done": true', '"done": false'))
    monkeypatch.setattr(walker_jobs, "render", lambda *_: pytest.fail("rendered again"))
    assert synthesize(options).frames == 48


def test_interrupted_store_leaves_no_store(tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    options = SMALL(out=str(tmp_path / "w"))
    monkeypatch.setattr(module, "stored", stop)
    with pytest.raises(KeyboardInterrupt):
        synthesize(options)
    assert [p.name for p in (tmp_path / "w").iterdir()] == ["walkers.json"]
    monkeypatch.undo()
    assert synthesize(options).frames == 48


def test_fewer_conditions_can_still_be_scored():
    result = synthesize(SMALL(conds=(), seq_per_subject=4, views=("090",), subjects=1))
    assert result.options["conds"] == ("nm-01", "nm-05", "bg-01", "cl-01")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"subjects": 0}, r"subjects must be an integer in \[1, 99999\]. Received: subjects=0"),
        ({"frames": 100_000}, "frames must be"),
        ({"seq_per_subject": 11}, "seq_per_subject must be"),
        ({"seed": -1}, "seed must be"),
        ({"faults": 1.5}, "faults must lie"),
        ({"faults": float("nan")}, "faults must lie"),
        ({"views": ("200",)}, "views must be degrees from 000 to 180. Received: views=200"),
        ({"views": ("side",)}, "views must be"),
        ({"conds": ("nm-07",)}, "conds must be one of.*Did you mean"),
        ({"format": "hdf5"}, "format must be one of store, png"),
        ({"modalities": ("silhouete",)}, "Did you mean 'silhouettes'"),
        ({"modalities": ("flow",), "format": "png"}, "modalities must be one of silhouettes, grey, rgb, depth"),
        ({"modalities": ("grey",)}, "frames must be at least 27 for grey. Received: frames=4"),
        ({"layout": "tum"}, "layout must be one of casia_b, tum_gaid. Received: layout=tum"),
        ({**TUM_PNG, "conds": ("nm",)}, "conds must be one of n, b, s.*Received: conds=nm"),
        ({**TUM_PNG, "views": ("018",)}, "views must be 090 with layout tum_gaid. Received: views=018"),
        ({"layout": "tum_gaid", "conds": (), "views": ()}, "frames must be at least 27 for silhouettes"),
        ({"layout": "tum_gaid", "conds": (), "views": (), "modalities": ("poses",)}, "modalities must be one of"),
        ({**TUM_PNG, "modalities": ("grey", "rgb")}, "modalities must name grey or rgb, which share the folder image"),
        ({**TUM_PNG, "conds": ("n-07",)}, "conds must leave a walk to make"),
        ({"layout": "tum_gaid", "mocap": "/no/such/folder"}, "layout must be casia_b with mocap"),
        ({"elapsed": -1}, "elapsed must be an integer from 0"),
        ({"modalities": ()}, "at least one"),
        ({"modalities": ("flow",)}, "frames must be at least 27 for flow. Received: frames=4"),
        ({"mocap": "/no/such/folder"}, "conds must be one of nm, bg, cl"),
        ({"mocap": "/no/such/folder", "conds": ()}, "is no folder"),
    ],
)
def test_bad_options(change, message, home):
    with pytest.raises((ConfigError, DataError), match=message):
        synthesize(SMALL(**change))
    assert not home.exists()


def test_default_walkers_are_made_once(monkeypatch):
    monkeypatch.setitem(module.DEFAULTS, "silhouettes", {"subjects": 1, "frames": 3, "seq_per_subject": 1})
    for modality in ("grey", "rgb", "depth"):
        monkeypatch.setitem(
            module.DEFAULTS, modality, {**module.DEFAULTS[modality], "subjects": 1, "seq_per_subject": 1}
        )
        windows = Store(default_walkers(modality, processes=1))
        assert windows.modality.name == modality and set(windows.table.view) == {"090"} and len(windows) == 3
    path = default_walkers("silhouettes", processes=1)
    assert path.name == "silhouettes.h5" and default_walkers("silhouettes") == path
    assert len(open_data(processes=1)) == 11
    with pytest.raises(ConfigError, match="modality must be one of"):
        default_walkers("heatmaps")


def test_several_modalities_are_of_the_same_walks(tmp_path):
    options = SMALL(subjects=1, frames=27, conds=("nm-01",), modalities=("silhouettes", "poses", "flow"))
    result = synthesize(options)
    raw = make_sequence(0, "nm-01", "090", seed=0, frames=27, modalities=("silhouettes", "poses", "grey"))
    stores = {m: Store(f) for m, f in result.files.items()}
    assert stores["poses"].table.name.tolist() == stores["silhouettes"].table.name.tolist()
    np.testing.assert_array_equal(stores["poses"].read(1)[..., 0], raw["poses"])
    assert stores["flow"].table.name.tolist() == ["001-nm-01-018#0", "001-nm-01-090#0"]
    estimator = ESTIMATORS[FLOW_ESTIMATOR]()
    (_, window), *_ = flow_windows(raw["grey"], boxes(raw["silhouettes"]), estimator)
    np.testing.assert_array_equal(stores["flow"].read(1), window)
    # Seen from its left side a person walks to the left: most of what moves has negative x.
    moving = window[..., 0][np.abs(window[..., 0]) > 50]
    assert len(moving) > 1000 and np.mean(moving < 0) > 0.7
    assert result.sequences == 2


def test_pictures_of_several_modalities_pack_to_each(tmp_path):
    out = tmp_path / "png"
    options = SMALL(subjects=1, frames=27, conds=("nm-01",), views=("090",), modalities=("silhouettes", "grey"))
    synthesize(replace(options, format="png", out=str(out)))
    assert sorted(p.name for p in out.iterdir()) == ["grey", "silhouettes", "walkers.json"]
    assert open_data(out, processes=1).shape == (64, 44, 1)
    assert open_data(out, "flow", processes=1).table.name.tolist() == ["001-nm-01-090#0"]


def test_pictures_become_windows_like_those_of_flow(tmp_path):
    kinds = ("flow", "grey", "rgb", "depth")
    options = SMALL(subjects=1, frames=32, conds=("nm-01",), views=("090",), modalities=kinds)
    stores = {m: Store(f) for m, f in synthesize(options).files.items()}
    raw = make_sequence(0, "nm-01", "090", seed=0, frames=32, modalities=("silhouettes", "grey", "rgb", "depth"))
    for modality in kinds:
        assert stores[modality].table.name.tolist() == ["001-nm-01-090#0", "001-nm-01-090#5"]
        if modality == "flow":
            continue
        for row, (_, window) in enumerate(picture_windows(raw[modality], modality, boxes(raw["silhouettes"]))):
            np.testing.assert_array_equal(stores[modality].read(row), window)


def test_a_set_like_tum_gaid(tmp_path):
    options = SynthesizeOptions(
        subjects=4,
        frames=27,
        layout="tum_gaid",
        elapsed=3,
        processes=1,
        seq_per_subject=4,
        modalities=("silhouettes", "grey"),
    )
    result = synthesize(options)
    assert "/walkers_tum-" in result.out
    store = Store(result.files["silhouettes"])
    first, later = ["n-01", "n-05", "b-01", "s-01"], ["n-07", "n-11", "b-03", "s-03"]
    for subject in ("001", "002", "003", "004"):
        had = store.table.condition[store.table.subject == subject].tolist()
        assert had == (first + later if subject == "003" else first)
    assert store.shape == (60, 60, 1) and set(store.length) == {25}
    assert set(store.table.view) == {"090"} and store.table.name[0] == "001-n-01-090#0"
    assert Store(result.files["grey"]).table.name.tolist() == store.table.name.tolist()
    assert split_of(store).subjects(store.table) == (["001", "002"], ["003", "004"])
    assert split_of(store, "150/16").subjects(store.table) == (["001", "002"], ["003"])
    assert protocol_of(store).name == "tum_gaid" and protocol_of(store, "elapsed").gallery[0] == "n-01"


def test_pictures_like_those_of_tum_gaid(tmp_path):
    options = SynthesizeOptions(
        subjects=3, first=2, frames=3, format="png", layout="tum_gaid", elapsed=2, conds=("n-02", "b-04"), processes=1,
        modalities=("rgb", "depth", "silhouettes"), out=str(tmp_path / "tum"),
    )  # fmt: skip
    result = synthesize(options)
    assert (result.subjects, result.sequences, result.frames) == (3, 15, 45)
    made = sorted(str(p.relative_to(tmp_path / "tum")) for p in (tmp_path / "tum").rglob("*") if p.is_file())
    walks = ["p002/b04", "p002/n02", "p003/n02", "p004/b04", "p004/n02"]
    files = [f"{f}/{w}/000{i}.png" for f in ("depth", "image", "silhouettes") for w in walks for i in (1, 2, 3)]
    assert made == [*files, "tumgaidtestids.lst", "tumgaidtrainids.lst", "walkers.json"]
    raw = make_sequence(1, "b-04", "090", seed=0, frames=3, modalities=("rgb", "depth"))
    colour, depth = (
        cv2.imread(str(tmp_path / "tum" / f / "p002/b04/0003.png"), cv2.IMREAD_UNCHANGED) for f in ("image", "depth")
    )
    np.testing.assert_array_equal(colour[..., ::-1], raw["rgb"][2])
    np.testing.assert_array_equal(depth, raw["depth"][2])
    lists = [(tmp_path / "tum" / f"tumgaid{name}ids.lst").read_text().split() for name in ("train", "test")]
    assert lists == [["002", "003"], ["004"]]


def test_faults_change_the_masks_alone():
    clean, faulty = (Store(synthesize(SMALL(faults=f)).files["silhouettes"]) for f in (0.0, 1.0))
    assert clean.hash != faulty.hash and clean.table.name.tolist() == faulty.table.name.tolist()


def test_real_walks_from_any_view(mocap, tmp_path):
    folder = tmp_path / "walks"
    for subject, trials in (("02", ("02_01", "02_02")), ("06", ("06_01",))):
        (folder / subject).mkdir(parents=True)
        shutil.copy(mocap / subject / f"{subject}.asf", folder / subject)
        for trial in trials:
            shutil.copy(mocap / subject / f"{trial}.amc", folder / subject)
    options = SynthesizeOptions(mocap=str(folder), views=("018", "090"), conds=("nm", "cl"), processes=1)
    result = synthesize(options)
    store = Store(result.files["silhouettes"])
    assert store.table.name.tolist()[:4] == ["02-nm-01-018", "02-nm-01-090", "02-cl-01-018", "02-cl-01-090"]
    assert "mocap-" in result.out and set(store.table.condition) == {"nm-01", "nm-02", "cl-01", "cl-02"}
    # 343 frames at 120 a second last 2.85 s, 72 frames at 25 a second.
    assert store.length[0] == 72 and protocol_of(store).name == "first_multi_view"
    assert synthesize(options).reused
    # A person who walks: 64 rows high, wider in mid-stride than standing, both feet and head in the picture.
    side = store.read(1)[..., 0] > 127
    widths = side.any(axis=1).sum(axis=1)
    assert side.any(axis=2).sum(axis=1).min() >= 62 and widths.max() > 1.5 * widths.min() > 12
    assert len(open_data(folder, views=("090",), subjects=("06",), processes=1)) == 1
    (folder / "06/06_01.amc").write_text("1\nroot 0 0 0 0 0 0\n")
    with pytest.raises(DataError, match=r"06_01\.amc, line 2: frame 1 lacks"):
        synthesize(options)


def test_full_disk_while_pictures_are_written(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DataError, match="could not be written: No space left on device"):
        synthesize(SMALL(out=str(tmp_path / "png"), format="png"))
    assert not [p for p in (tmp_path / "png").rglob("*") if p.name.startswith(".") or p.suffix == ".png"]


def test_progress_is_told():
    said = []
    synthesize(SMALL(subjects=1), progress=lambda *a: said.append(a))
    assert said[-1] == (3, 3, "making walks")


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine" / "001").mkdir(parents=True)
    with pytest.raises(DataError, match="something else"):
        synthesize(SynthesizeOptions(subjects=1, out=str(tmp_path / "mine")))
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["001"]


def test_a_sheet_shows_them(tmp_path):
    options = {"subjects": 1, "seq_per_subject": 1, "frames": 2, "views": ("000", "090"), "out": str(tmp_path / "x")}
    synthesize(SynthesizeOptions(**options, sheet=str(tmp_path / "sheet.png")))
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ConfigError, match="sheet must end in .png"):
        synthesize(SynthesizeOptions(**options, sheet="sheet.txt"))
