"""Embedded-Gait's k-NN commands: whom they score, how, on which frames; and numbers equal to scikit-learn's."""

from collections import Counter

import numpy as np
import pytest

from tfgait.cli.arguments import parse
from tfgait.core.errors import ConfigError, DataError
from tfgait.datasets import casia_b, tum_gaid
from tfgait.datasets.store import Store, StoreWriter
from tfgait.runtime import open_runner
from tfgait.runtime.encoder import Encoder
from tfgait.workflows import evaluate as workflow
from tfgait.workflows import score_files
from tfgait.workflows.evaluate import EvaluateOptions, evaluate

VIEWS = ("054", "090", "126")


def write(path, modality, shape, rows, frames, source):
    """Write a store of noise around a pattern of each person's own; rows are (subject, condition, view, window)."""
    rng = np.random.default_rng(0)
    patterns = {s: rng.integers(40, 216, shape) for s in sorted({r[0] for r in rows})}
    with StoreWriter(path, modality, shape, source) as writer:
        for subject, condition, view, window in rows:
            walk = patterns[subject] + rng.normal(0, 120, (frames, *shape))
            walk = walk.clip(0, 255) if modality == "silhouettes" else 4 * (walk - 128)
            name = f"{subject}-{condition}-{view}#{window}"
            writer.add(walk.astype(writer.modality.dtype), subject=subject, condition=condition, view=view, name=name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twelve people of TUM-GAID, four of whom train and four of whom came twice; six of CASIA-B; untrained networks."""
    import keras

    from tfgait.nets import build

    # Another seed may leave so few filters alive that all codes tie.
    keras.utils.set_random_seed(3)
    root = tmp_path_factory.mktemp("published")
    people = [f"{i:03d}" for i in range(1, 13)]
    tum = [(s, c, "090", w) for s in people for c in tum_gaid.CONDITIONS for w in (0, 5, 10)]
    tum = [r for r in tum if r[1] in tum_gaid.FIRST_SESSION or r[0] > "008"]
    source = {"dataset": "tum_gaid", "train_subjects": people[:4]}
    write(root / "tum" / "flow.h5", "flow", (48, 48, 2), tum, 4, source)
    walks = [(f"{s:03d}", c, v, 0) for s in range(73, 79) for c in casia_b.CONDITIONS for v in VIEWS]
    write(root / "casia" / "flow.h5", "flow", (48, 48, 2), walks, 4, {"dataset": "casia_b"})
    write(root / "casia" / "silhouettes.h5", "silhouettes", (16, 12, 1), walks, 6, {"dataset": "casia_b"})
    for name in ("cnn2d", "another"):
        build("cnn2d_tiny").save(root / f"{name}.keras")
    for name in ("cnn3d", "cnn2plus1d"):
        build(f"{name}_tiny").save(root / f"{name}.keras")
    build("gaitset_tiny").save(root / "gaitset.keras")
    return root


@pytest.fixture
def scored(folder, tmp_path, monkeypatch):
    """Return a function that runs the command as the user types it and gives the result."""
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path))
    # Drawing takes longer than scoring, and is tested beside this.
    monkeypatch.setattr(score_files, "pictures_of", lambda *_: {})

    def run(line, model="cnn2d", data="tum"):
        line = f"--model {folder}/{model}.keras --datadir {folder}/{data} {line}"
        return evaluate(parse(EvaluateOptions, line.split(), "tfgait test_knn", "score", ""))

    return run


@pytest.mark.parametrize(
    ("line", "people", "gallery", "probes"),
    [
        ("--nclasses 155", 8, tum_gaid.GALLERY, tum_gaid.PROBES),
        ("--nclasses 16", 4, tum_gaid.LATER_GALLERY, tum_gaid.LATER_PROBES),
        ("--nclasses 16 --protocol elapsed", 4, tum_gaid.GALLERY, tum_gaid.LATER_PROBES),
    ],
)
def test_tum_gaid_equals_scikit_learn_on_the_codes_of_a_network(folder, scored, line, people, gallery, probes):
    neighbors = pytest.importorskip("sklearn.neighbors")
    result = scored(f"{line} --knn 7 --mod of --bs 5")
    store = Store(folder / "tum" / "flow.h5")
    table = store.table
    codes = Encoder(open_runner(folder / "cnn2d.keras")).encode(store.read(row) for row in range(len(store)))[:, 0]
    codes /= np.linalg.norm(codes, axis=1, keepdims=True)
    assert len(np.unique(codes.round(4), axis=0)) == len(codes)
    able = table.subject > ("004" if people == 8 else "008")
    known = able & np.isin(table.condition, gallery)
    classifier = neighbors.KNeighborsClassifier(7).fit(codes[known], table.subject[known])
    assert (result.subjects, result.gallery, result.gallery_cell) == (people, known.sum(), known.sum())
    for kind, conditions in probes.items():
        rows = np.flatnonzero(able & np.isin(table.condition, conditions))
        named = classifier.predict(codes[rows])
        right = named == table.subject[rows]
        assert result.knn_accuracy[kind] == round(100 * right.mean(), 2) and result.probes[kind] == len(rows)
        # A Counter lists equal counts in the order they were met.
        videos = [Counter(named[i : i + 3].tolist()).most_common(1)[0][0] for i in range(0, len(rows), 3)]
        assert result.knn_accuracy_video[kind] == round(100 * np.mean(videos == table.subject[rows[::3]]), 2)
        assert result.chance_per_kind[kind] == round(100 / people, 2)
    assert any(0 < accuracy < 100 for accuracy in result.knn_accuracy.values())


def test_elapsed_time_names_the_standard_gallery(scored):
    own, standard = scored("--nclasses 16 --knn 1"), scored("--nclasses 16 --knn 1 --protocol elapsed")
    assert own.protocol == "elapsed_same_session" and "--protocol elapsed" in " ".join(own.notes)
    assert standard.protocol == "elapsed" and "--protocol elapsed" not in " ".join(standard.notes)
    # Scores of another protocol do not replace them.
    usual = scored("--nclasses 155 --knn 1")
    assert len({result.files["json"] for result in (own, standard, usual)}) == 3
    assert scored("--knn 1").files == usual.files


@pytest.mark.parametrize(("model", "protocol", "cell"), [("cnn2d", "other_views", 32), ("gaitset", "casia_b", 16)])
def test_casia_b_by_the_test_of_its_network(scored, model, protocol, cell):
    """74 people are trained on, four of these six are scored; each meets 4 × 4 gallery sequences a view."""
    options = "--nclasses 50 --knn 1" + (" --nframes 2" if model == "gaitset" else "")
    result = scored(f"{options} --verbose", model, "casia")
    assert (result.protocol, result.subjects, result.gallery, result.gallery_cell) == (protocol, 4, 48, cell)
    assert list(result.per_view["nm"]) == list(VIEWS)
    whole = scored(f"{options} --allcameras --camera 90", model, "casia")
    assert whole.knn_accuracy == result.knn_accuracy and whole.per_view == {}
    one = scored(f"{options} --camera 90 --verbose", model, "casia")
    assert one.gallery == 48 and one.probes == {"nm": 8, "bg": 8, "cl": 8}
    for kind in one.probes:
        assert one.per_view[kind] == {"090": pytest.approx(result.per_view[kind]["090"])}


def test_only_what_is_compared_is_encoded(scored, tmp_path):
    scored("--nclasses 155 --knn 1")
    [kept] = (tmp_path / "data" / "embeddings").glob("*.npy")
    assert len(np.load(kept)) == 8 * 10 * 3


def test_other_frames_or_another_model_never_meet_kept_embeddings(scored):
    options = "--nclasses 50 --knn 1"
    assert not scored(f"{options} --nframes 1", "gaitset", "casia").cached
    assert scored(f"{options} --nframes 1", "gaitset", "casia").cached
    assert not scored(f"{options} --nframes 2", "gaitset", "casia").cached
    assert not scored(f"{options} --camera 54 --nframes 1", "gaitset", "casia").cached
    assert not scored(options, "cnn2d", "casia").cached
    assert not scored(options, "another", "casia").cached


def test_silhouettes_are_cut_unless_asked_not_to(scored, monkeypatch):
    asked = []
    whole = workflow.open_data
    monkeypatch.setattr(workflow, "open_data", lambda *a, cut, **k: asked.append(cut) or whole(*a, cut=cut, **k))
    for line in ("", "--cut", "--no_cut"):
        scored(f"--nclasses 155 --knn 1 {line}")
    assert asked == [True, True, False]


@pytest.mark.parametrize(("model", "metric"), [("gaitset", "flattened"), ("cnn2d", "cosine")])
def test_the_published_distance_is_euclidean(scored, model, metric):
    frames = "--nframes 1" if model == "gaitset" else ""
    assert scored(f"--nclasses 50 --knn 1 --metrics L2 {frames}", model, "casia").metric == metric


@pytest.mark.parametrize("model", ["cnn3d", "cnn2plus1d"])
def test_use3d_of_a_3d_network_is_accepted(scored, model):
    with pytest.raises(DataError, match="48, 48"):
        scored("--nclasses 155 --use3d", model)


def test_nobody_who_came_twice_is_said(scored):
    with pytest.raises(ConfigError, match="150/16 has 4 training and 0 test people; .* have one of n-07"):
        scored("--nclasses 16 --conds n-01,n-02,n-03,n-04,n-05")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--nclasses 150", "nclasses must be 155 or 16 to score tum_gaid; those 150 people are trained on"),
        ("--nclasses 50", "nclasses must be 150 or 155 or 16 for tum_gaid"),
        ("--nclasses -1", "nclasses must be at least 0"),
        ("--nclasses 155 --people all", "people must be left out or test with nclasses=155. Received: people=all"),
        ("--nclasses 16 --split 150/155", "split must be left out or 150/16"),
        ("--nclasses 155 --protocol elasped", "Did you mean 'elapsed'"),
        ("--nclasses 155 --camera 54", "views must name what the data set has: 090. Received: 054"),
        ("--mod gray", "mod must be flow, which .*cnn2d.keras takes. Received: mod=gray"),
        ("--mod off", "Did you mean 'of'|modality must be one of"),
        ("--use3d", "use3d must be left out for .*cnn2d.keras, a cnn2d"),
        ("--metrics L1", "metrics must be one of L2. Received: metrics=L1. Did you mean 'L2'"),
        ("--metrics L2 --metric cosine", "one of metric and metrics"),
        ("--bs -1", "bs must be at least 0"),
        ("--nframes 30", "frames must be 4, to which .*cnn2d.keras is fixed. Received: frames=30"),
        ("--nframes 2 --frames all", "nframes must be left out with frames=all"),
    ],
)
def test_what_contradicts_is_one_clear_error(scored, line, message):
    with pytest.raises(ConfigError, match=message):
        scored(line)
