"""TUM-GAID: 305 subjects from one side, in colour and depth, 640 × 480, 30 frames a second.

| | |
|---|---|
| subjects | 305, ``001`` to ``305``: 150 train (100 and 50 to validate), 155 test |
| conditions | ``n-01..06`` normal, ``b-01,02`` with a backpack, ``s-01,02`` in coating shoes |
| elapsed time | 32 came back months later, 16 of them test subjects: ``n-07..12``, ``b-03,04``, ``s-03,04`` |
| views | one, from the side: ``090`` |
| sequences | 305 × 10 + 32 × 10 = 3,370 |

Layout: ``root/image/p001/n01/001.jpg`` (subject / condition / frames), beside it ``root/depth/…`` and, where somebody
has made them, ``root/silhouettes/…`` of the same folders. Who trains stands in the lists that come with the data,
``tumgaidtrainids.lst``, ``tumgaidvalids.lst`` or both as ``tumgaidtrainvalids.lst``, in the root or in
``root/labels``. Request the data from its makers (Technical University of Munich).

Reference: Hofmann, Geiger, Bachmann, Schuller, Rigoll, "The TUM Gait from Audio, Image and Depth (GAID) database:
Multimodal recognition of subjects and traits", Journal of Visual Communication and Image Representation 25, 2014.
"""

import re
from pathlib import Path

from tfgait.core.errors import DataError
from tfgait.core.table import SequenceTable
from tfgait.datasets.casia_b import missing
from tfgait.datasets.image_tree import Finding, image_folders
from tfgait.datasets.protocol import Protocol, Role, Split

MODALITIES = ("flow", "grey", "rgb", "depth", "silhouettes")
SUBJECTS = tuple(f"{i:03d}" for i in range(1, 306))
FIRST_SESSION = (*(f"n-{i:02d}" for i in range(1, 7)), "b-01", "b-02", "s-01", "s-02")
SECOND_SESSION = (*(f"n-{i:02d}" for i in range(7, 13)), "b-03", "b-04", "s-03", "s-04")
CONDITIONS = FIRST_SESSION + SECOND_SESSION
VIEW = "090"

GALLERY = ("n-01", "n-02", "n-03", "n-04")
LATER_GALLERY = ("n-07", "n-08", "n-09", "n-10")
PROBES = {"n": ("n-05", "n-06"), "b": ("b-01", "b-02"), "s": ("s-01", "s-02")}
LATER_PROBES = {"n": ("n-11", "n-12"), "b": ("b-03", "b-04"), "s": ("s-03", "s-04")}

SPLITS = {
    "150/155": Split("150/155", None),
    "150/16": Split("150/16", None, having=SECOND_SESSION),
}
PROTOCOLS = {
    "tum_gaid": Protocol("tum_gaid", GALLERY, PROBES, cross_view=False),
    # The standard one: who was enrolled in January is to be recognised in April.
    "elapsed": Protocol("elapsed", GALLERY, LATER_PROBES, cross_view=False),
    # Embedded-Gait's own, whose gallery is of the same day as the probes.
    "elapsed_same_session": Protocol(
        "elapsed_same_session",
        LATER_GALLERY,
        LATER_PROBES,
        cross_view=False,
        note="gallery and probes are of the same session, as in Embedded-Gait; the standard test of elapsed time has "
        "the gallery of the first: --protocol elapsed",
    ),
}
NCLASSES = {
    150: Role("150/155", "train", FIRST_SESSION),
    155: Role("150/155", "test", GALLERY, "tum_gaid"),
    16: Role("150/16", "test", LATER_GALLERY, "elapsed_same_session"),
}

FOLDERS = {"flow": "image", "grey": "image", "rgb": "image", "depth": "depth", "silhouettes": "silhouettes"}
LISTS = ("tumgaidtrainids.lst", "tumgaidvalids.lst", "tumgaidtrainvalids.lst")  # of those who train or validate
MOST_LIST = 1 << 16  # bytes of a list; the whole data set needs two thousand
PARTS = (re.compile(r"p(\d{3})"), re.compile(r"([nbs])(\d{2})"))


def index(root):
    """Return the `SequenceTable` of the frames below `root`, or below ``root/image`` where there is such a folder.

    Raises:
        DataError: no folder, or not one sequence in the layout above.
    """
    return read(root)[0]


def check(root):
    """Return a list of `Finding`: what is missing of the first session, empty or does not belong; errors as `index`."""
    table, findings = read(root)
    return findings + missing(table, SUBJECTS, FIRST_SESSION, (VIEW,))


def read(root):
    """Return (`SequenceTable`, findings about single folders): `index` and `check` in one walk."""
    inner = FOLDERS["grey"] if (Path(root) / FOLDERS["grey"]).is_dir() else ""
    folders, findings = image_folders(Path(root) / inner)
    rows = []
    for parts, count in folders:
        path = "/".join((inner, *parts)).lstrip("/")
        if is_sequence(parts):
            subject, (kind, repetition) = PARTS[0].fullmatch(parts[0])[1], PARTS[1].fullmatch(parts[1]).groups()
            condition = f"{kind}-{repetition}"
            rows.append((subject, condition, VIEW, f"{subject}-{condition}-{VIEW}", count, path))
        else:
            findings.append(Finding(path, "images outside the layout subject/condition"))
    if not rows:
        raise DataError(
            f"{root} holds no sequence of TUM-GAID's layout, such as image/p001/n01/001.jpg."
            + (f" Found instead: {findings[0]}." if findings else " It is empty.")
        )
    return SequenceTable.from_rows(rows), findings


def is_sequence(parts):
    """Return whether folder names are subject and condition in TUM-GAID's spelling."""
    return len(parts) == len(PARTS) and all(p.fullmatch(name) for p, name in zip(PARTS, parts, strict=True))


def train_subjects(root):
    """Return who trains, sorted, by the lists in `root` or ``root/labels``; None where there are none.

    Raises:
        DataError: a list holds something else than numbers of subjects.
    """
    paths = [folder / name for folder in (Path(root), Path(root) / "labels") for name in LISTS]
    present = [path for path in paths if path.is_file()]
    return sorted({subject for path in present for subject in _subjects(path)}) if present else None


def _subjects(path):
    with open(path, "rb") as file:
        text = file.read(MOST_LIST + 1)
    words = text.split()
    wrong = next((word for word in words if not re.fullmatch(rb"p?\d{1,3}", word)), None)
    if wrong is not None or len(text) > MOST_LIST:
        received = f"{len(text)} bytes" if wrong is None else wrong[:50].decode(errors="replace")
        raise DataError(f"{path} must hold one number of a subject a line, such as 001. Received: {received}.")
    return [f"{int(word.lstrip(b'p')):03d}" for word in words]
