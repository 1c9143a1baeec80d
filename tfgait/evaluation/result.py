"""What an evaluation found, as plain values."""

import dataclasses
from dataclasses import dataclass

RATES = ("rank1", "rank5", "rank10", "mAP", "mINP", "knn_accuracy", "knn_accuracy_video")


@dataclass(frozen=True)
class Example:
    """One probe and what was found for it; rows are rows of the table.

    Args:
        kind: of the probe.
        right: whether the nearest gallery item is the same subject.
        probe, nearest, match: rows of the probe, of the nearest item, and of the nearest item of the right subject.
        subject, found: subject of the probe and of the nearest item.
        probe_view, gallery_view: views compared.
        rank: rank of ``match``.
        distance: from the probe to the nearest item.
    """

    kind: str
    right: bool
    probe: int
    nearest: int
    match: int
    subject: str
    found: str
    probe_view: str
    gallery_view: str
    rank: int
    distance: float


@dataclass(frozen=True)
class EvaluationResult:
    """Scores of a set of embeddings under one protocol. Rates in percent, unrounded; dicts are keyed by probe kind.

    Args:
        protocol: its name.
        metric: of the distance.
        k: neighbours that vote.
        cross_view: whether scores are means over probe view × gallery view without the identical view.
        subjects: number of subjects in the gallery.
        gallery: sequences in the gallery.
        gallery_cell: sequences one probe is compared with at a time; the smallest such number.
        probes: number of probes.
        rank1, rank5, rank10: share of probes with the right subject among the nearest 1, 5, 10 gallery items
            (of all, where the gallery is smaller).
        mAP, mINP: OpenGait's definitions; a probe without a right item in a cell counts 0.
        knn_accuracy: share of probes whose k nearest items vote for the right subject.
        knn_accuracy_video: share of videos for which most sub-sequences do.
        chance: expected rank-1 of random guessing, mean over kinds.
        chance_per_kind: the same of each kind.
        views: of the matrices.
        matrices: rank-1 [probe view][gallery view], identical view included, None where nothing was compared.
        per_view: of each kind ``{probe view: {rate: percent}}``; with ``cross_view`` the mean over the other gallery
            views.
        confusion: without views, for at most 50 subjects: ``{"subjects": names, "counts": [subject][voted for]}``.
        examples: probes answered right and wrong, for pictures.
        notes: what a reader must know beside the scores.
    """

    protocol: str
    metric: str
    k: int
    cross_view: bool
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
    views: tuple
    matrices: dict
    per_view: dict
    confusion: dict
    examples: tuple
    notes: tuple

    def to_record(self):
        """Return everything as dicts, lists, numbers and text, ready for JSON."""
        return dataclasses.asdict(self)

    def summary(self, digits=2):
        """Return the scores alone, rounded: what fits into a line."""
        return {
            "protocol": self.protocol,
            "metric": self.metric,
            "k": self.k,
            "subjects": self.subjects,
            "gallery": self.gallery,
            "gallery_cell": self.gallery_cell,
            "probes": dict(self.probes),
            **{rate: {kind: round(v, digits) for kind, v in getattr(self, rate).items()} for rate in RATES},
            "chance": round(self.chance, digits),
            "chance_per_kind": {kind: round(v, digits) for kind, v in self.chance_per_kind.items()},
            "notes": list(self.notes),
        }
