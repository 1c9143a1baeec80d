"""Which folder of Embedded-Gait's data a walk belongs to: who trains, the gallery, each kind of probe."""

from tfgait.core.errors import DataError
from tfgait.datasets import casia_b, tum_gaid
from tfgait.datasets.embedded_gait_layout import SETS, folder_name

ALIKE = {"walkers": "casia_b", "walkers_tum": "tum_gaid"}  # sets that are written as another
# {data set: (classes trained on, their conditions or () for all, [(classes tested, gallery, probes)], name the view)}
PARTS = {
    "tum_gaid": (
        150,
        tum_gaid.FIRST_SESSION,
        [(155, tum_gaid.GALLERY, tum_gaid.PROBES), (16, tum_gaid.LATER_GALLERY, tum_gaid.LATER_PROBES)],
        False,
    ),
    "casia_b": (74, (), [(50, casia_b.GALLERY, casia_b.PROBES)], True),
}


def folder_of(dataset, modality, window, trains, condition, view):
    """Return (folder, set) of the samples of one walk, or None where the published data have no place for it.

    The numbers in the names are those of the published sets, by which its commands choose them (``--nclasses``),
    however many people there are.

    Args:
        dataset: ``tum_gaid``, ``casia_b``, or the walkers like them.
        modality, window: as prepared.
        trains: whether the subject trains.
        condition, view: as in a `SequenceTable`.

    Raises:
        DataError: a data set of another kind.
    """
    dataset = ALIKE.get(dataset, dataset)
    if dataset not in PARTS:
        raise DataError(
            "format hdf5 needs videos named as in TUM-GAID (p001/n01) or CASIA-B (001/nm-01/090); use format store."
        )
    classes, trained, tested, views = PARTS[dataset]
    if trains:
        if trained and condition not in trained:
            return None
        return folder_name(dataset, classes, "train", modality, window), SETS["train"]
    for people, gallery, probes in tested:
        if condition in gallery:
            return folder_name(dataset, people, "ft", modality, window), SETS["train"]
        for kind, conditions in probes.items():
            if condition in conditions:
                numbers = "-".join(c.rpartition("-")[2] for c in conditions)
                part = f"test_{kind}{numbers}" + (f"_{view}" if views else "")
                return folder_name(dataset, people, part, modality, window), SETS["test"]
    return None
