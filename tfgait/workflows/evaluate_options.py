"""What `test_knn` can be asked, and what it answers."""

from dataclasses import dataclass, field

from tfgait.core.errors import ConfigError, check_choice
from tfgait.evaluation.distance import METRICS

PEOPLE = ("test", "train", "all")
# Embedded-Gait's words for a distance; on networks without parts, whose codes have length 1, it is the cosine.
PUBLISHED_METRICS = {"L2": "flattened"}


@dataclass(frozen=True)
class EvaluateOptions:
    """What to score, on whom, how.

    Args:
        model: a run, a preset or a model file (.keras, .tflite, .onnx, .engine, or .h5, .hdf5 of Embedded-Gait); empty:
            the latest run, else the shipped preset
        last_dense: of such an .h5 file without classifier: goes (the signature is what it reads), as was published for
            150 classes, or stays (empty too), as for 155
        knn: neighbours that vote; rank-1 is always the nearest one alone
        datadir: data set; empty: the data of the run, else the default walkers
        protocol: which sequences are gallery and probes; empty: the data set's own (tfgait list shows them)
        split: how people are divided into training and test; empty: the run's, else the data set's first
        people: test (never seen), train or all; empty: test
        nclasses: whom to score, and how, by the number of people: 155 or 16 (elapsed time) of TUM-GAID, 50 of CASIA-B
        camera: score probes of these views alone, such as 90, against the gallery of all; empty: all probes
        allcameras: score probes of all views, whatever camera says
        metric: distance: parts, flattened or cosine; empty: the one the network was published with
        metrics: the published name of the distance: L2
        mod: modality the model must take, such as flow (or of), silhouettes, grey (or gray); empty: any
        use3d: the model must be a 3D-CNN
        frames: central (30 silhouettes or 25 flow maps, cycled) or all
        nframes: central frames of a sequence; 0: as many as the network was made for
        cut: take the ten empty columns from both sides of silhouettes 64 wide when they are packed
        bs: sequences encoded at a time; 0: as many as hold 240 frames
        views: keep these only, with commas
        conds: keep these only, such as nm or cl-02
        skip_bad: leave damaged sequences out, named and counted
        min_frames: leave shorter sequences out
        threads: of the interpreter
        verbose: show the scores of every view too
        out: folder of the reports; empty: beside the model, for a shipped preset in runs/scores
    """

    model: str = ""
    last_dense: str = ""
    knn: int = 7
    datadir: str = ""
    protocol: str = ""
    split: str = ""
    people: str = ""
    nclasses: int = 0
    camera: tuple[str, ...] = ()
    allcameras: bool = False
    metric: str = ""
    metrics: str = ""
    mod: str = ""
    use3d: bool = False
    frames: str = "central"
    nframes: int = 0
    cut: bool = True
    bs: int = 0
    views: tuple[str, ...] = ()
    conds: tuple[str, ...] = ()
    skip_bad: bool = False
    min_frames: int = 1
    threads: int = 2
    verbose: bool = False
    out: str = ""

    def check(self):
        """Raise `ConfigError` for what cannot be right whatever the model and the data are."""
        check_choice("frames", self.frames, ("central", "all"))
        for name, choices in (("people", PEOPLE), ("metric", METRICS), ("metrics", tuple(PUBLISHED_METRICS))):
            if getattr(self, name):
                check_choice(name, getattr(self, name), choices)
        if self.metric and self.metrics:
            raise ConfigError(f"one of metric and metrics is enough. Received: {self.metric} and {self.metrics}.")
        if self.knn < 1:
            raise ConfigError(f"knn must be at least 1. Received: knn={self.knn}.")
        for name in ("nframes", "bs", "nclasses"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} must be at least 0. Received: {name}={getattr(self, name)}.")
        if self.frames == "all" and self.nframes:
            raise ConfigError(f"nframes must be left out with frames=all. Received: nframes={self.nframes}.")


@dataclass(frozen=True)
class EvaluateResult:
    """Scores in percent, keyed by kind of probe (nm, bg, cl).

    Args:
        model: the file scored.
        data: what it was scored on.
        people: whom: test, train or all; `seen` counts those the model was trained on.
        protocol, metric, k: how.
        subjects, gallery, probes: how many; a probe is compared with `gallery_cell` sequences of the gallery at a time.
        rank1, rank5, rank10, mAP, mINP: of the nearest gallery items.
        knn_accuracy, knn_accuracy_video: of the vote of k neighbours; of the majority over a video's sub-sequences.
        chance, chance_per_kind: rank-1 of random guessing.
        per_view: where asked for, of each kind ``{probe view: {rate: percent}}``.
        notes: what a reader must know beside the scores.
        cached: whether embeddings were read back.
        seconds: of embedding.
        files: reports written.
    """

    model: str
    data: str
    people: str
    seen: int
    protocol: str
    metric: str
    k: int
    subjects: int
    gallery: int
    gallery_cell: int
    probes: dict
    rank1: dict
    rank5: dict
    rank10: dict
    mAP: dict
    mINP: dict
    knn_accuracy: dict
    knn_accuracy_video: dict
    chance: float
    chance_per_kind: dict
    notes: tuple
    cached: bool
    seconds: float
    per_view: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)
