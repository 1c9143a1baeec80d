"""What `enroll` can be asked, and what it answers."""

import math
from dataclasses import dataclass, field

from tfgait.core.errors import ConfigError, check_choice
from tfgait.evaluation.distance import METRICS
from tfgait.evaluation.open_set import check_false_accept
from tfgait.runtime.stored_embeddings import STORED

NO_THRESHOLD = (
    "the gallery has no threshold; tfgait enroll --validation with videos of others, taken as these, chooses one"
)


@dataclass(frozen=True)
class EnrollOptions:
    """Whom to enrol, with which network, in which gallery.

    Args:
        source: a video; a folder of videos, one a person (ada.mp4) or ada/*.mp4; folders of images as CASIA-B or
            subject[/condition][/view]/sequence; a packed store or what else --datadir takes. Empty: nobody where
            remove, threshold or validation is given, else the data of the model's run, or the default walkers
        name: whose walks they all are; empty: as files and folders say
        model: a run, a preset or a model file (.tflite, .onnx, .engine, .savedmodel, .keras); empty: the latest run,
            else the shipped preset
        gallery: file to make or to add to; one of another network is refused
        remove: forget the person of this name
        dtype: of embeddings in a new gallery: float16, or int8, half the size; empty: float16, or as the gallery has
        metric: distance of a new gallery: parts, flattened or cosine; empty: the one the network was published with
        threshold: distance beyond which a walk is nobody's
        validation: choose that distance on this data set, or on a folder of videos as of source, two or more a person:
            of people the network was not trained on, taken as those are who will be named
        false_accept: share of strangers that may be taken for somebody, on the validation data
        views: enrol these only, with commas
        conds: enrol these only, such as nm or nm-01
        min_frames: least frames of a sequence
        skip_bad: leave bad sequences out, named and counted
        threads: of the interpreter
        delegate: what computes in the processor's place: xnnpack, none or a library for .tflite, a provider for .onnx
        processes: that read videos and images; 0 takes all cores
    """

    source: str = ""
    name: str = ""
    model: str = ""
    gallery: str = "people.npz"
    remove: str = ""
    dtype: str = ""
    metric: str = ""
    threshold: float | None = None
    validation: str = ""
    false_accept: float = 0.01
    views: tuple[str, ...] = ()
    conds: tuple[str, ...] = ()
    min_frames: int = 15
    skip_bad: bool = False
    threads: int = 2
    delegate: str = ""
    processes: int = 0

    def check(self):
        """Raise `ConfigError` for what cannot be right whatever the model and the data are."""
        for name, choices in (("dtype", STORED), ("metric", METRICS)):
            if getattr(self, name):
                check_choice(name, getattr(self, name), choices)
        if self.threshold is not None and self.validation:
            raise ConfigError(
                f"one of threshold and validation is enough. Received: {self.threshold} and {self.validation}."
            )
        if self.threshold is not None and not 0 <= self.threshold < math.inf:
            raise ConfigError(f"threshold must be a finite distance from 0. Received: threshold={self.threshold}.")
        check_false_accept(self.false_accept)
        for name, least in (("min_frames", 1), ("processes", 0)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} must be at least {least}. Received: {name}={getattr(self, name)}.")

    @property
    def changes_only(self):
        """Whether nobody is to be enrolled."""
        return not self.source and bool(self.remove or self.threshold is not None or self.validation)


@dataclass(frozen=True)
class EnrollResult:
    """What a gallery holds now.

    Args:
        gallery: its file.
        bytes: of it.
        people: ``{name: sequences}``.
        added: ``{name: sequences}``, of them, now.
        removed: sequences that were forgotten.
        sequences: in all.
        model: the file that enrolled; empty where none did.
        network: hash of the network the gallery belongs to.
        modality, metric, dtype: of its embeddings.
        threshold: the distance beyond which a walk is nobody's, and how it came about; empty: there is none.
        left_out: bad walks.
        notes: what a reader must know.
    """

    gallery: str
    bytes: int
    people: dict
    added: dict
    removed: int
    sequences: int
    model: str
    network: str
    modality: str
    metric: str
    dtype: str
    threshold: dict = field(default_factory=dict)
    left_out: int = 0
    notes: tuple = ()
