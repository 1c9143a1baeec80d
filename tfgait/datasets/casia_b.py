"""CASIA-B: 124 subjects, 10 sequences each, 11 views; silhouettes of 320 × 240, 25 frames a second.

Layout: ``root/001/nm-01/090/001-nm-01-090-001.png`` (subject / condition / view / frames).

| | |
|---|---|
| subjects | 124, ``001`` to ``124`` |
| conditions | ``nm-01..06`` normal, ``bg-01,02`` with a bag, ``cl-01,02`` in a coat |
| views | 0° to 180° in steps of 18° |
| sequences | 124 × 10 × 11 = 13,640, a few of them missing or empty in the data as distributed |

Subject ``005`` lacks sequences; GaitSet drops it from training (``73/50``), OpenGait keeps it (``74/50``).
Request the data from its makers (Institute of Automation, Chinese Academy of Sciences).

Reference: Yu, Tan, Tan, "A Framework for Evaluating the Effect of View Angle, Clothing and Carrying Condition on Gait
Recognition", ICPR 2006.
"""

import re

from tfgait.core.errors import DataError
from tfgait.core.table import SequenceTable
from tfgait.datasets.image_tree import Finding, image_folders
from tfgait.datasets.protocol import Protocol, Role, Split

MODALITIES = ("silhouettes", "flow", "grey", "rgb", "depth")
SUBJECTS = tuple(f"{i:03d}" for i in range(1, 125))
CONDITIONS = (*(f"nm-{i:02d}" for i in range(1, 7)), "bg-01", "bg-02", "cl-01", "cl-02")
VIEWS = tuple(f"{v:03d}" for v in range(0, 181, 18))

SPLITS = {
    "74/50": Split("74/50", SUBJECTS[:74]),
    "73/50": Split("73/50", SUBJECTS[:74], left_out=("005",)),
    "62/62": Split("62/62", SUBJECTS[:62]),
    "24/100": Split("24/100", SUBJECTS[:24]),
}
GALLERY = ("nm-01", "nm-02", "nm-03", "nm-04")
PROBES = {"nm": ("nm-05", "nm-06"), "bg": ("bg-01", "bg-02"), "cl": ("cl-01", "cl-02")}
CASIA_B = Protocol("casia_b", GALLERY, PROBES, cross_view=True)
PROTOCOLS = {
    "casia_b": CASIA_B,
    "single_view": Protocol("single_view", GALLERY, PROBES, cross_view=False),
    "other_views": Protocol("other_views", GALLERY, PROBES, cross_view=False, other_views=True),
}
NCLASSES = {74: Role("74/50", "train"), 50: Role("74/50", "test", GALLERY, "other_views")}

PARTS = (re.compile(r"\d{3,5}"), re.compile(r"[a-z]{2}-\d{2}"), re.compile(r"\d{3}"))


def index(root):
    """Return the `SequenceTable` of the silhouette folders below `root`.

    Raises:
        DataError: no folder, or not one sequence in the layout above.
    """
    return read(root)[0]


def check(root):
    """Return a list of `Finding`: what is missing, empty or does not belong; see `index` for errors."""
    table, findings = read(root)
    return findings + missing(table, SUBJECTS, CONDITIONS, VIEWS)


def missing(table, subjects, conditions, views):
    """Return one `Finding` a subject that lacks any of its conditions × views."""
    present, findings = {}, []
    for subject, condition, view in zip(table.subject, table.condition, table.view, strict=True):
        present.setdefault(str(subject), set()).add((str(condition), str(view)))
    for subject in subjects:
        lacking = [(c, v) for c in conditions for v in views if (c, v) not in present.get(subject, ())]
        if lacking:
            some = ", ".join(f"{c}/{v}" for c, v in lacking[:5]) + (" …" if len(lacking) > 5 else "")
            what = f"{len(lacking)} of {len(conditions) * len(views)} sequences are missing: {some}"
            findings.append(Finding(subject, what if subject in present else "the whole subject is missing"))
    return findings


def read(root):
    """Return (`SequenceTable`, findings about single files): `index` and `check` in one walk."""
    folders, findings = image_folders(root)
    rows = []
    for parts, count in folders:
        if is_sequence(parts):
            rows.append((*parts, "-".join(parts), count, "/".join(parts)))
        else:
            findings.append(Finding("/".join(parts), "images outside the layout subject/condition/view"))
    if not rows:
        raise DataError(
            f"{root} holds no sequence of CASIA-B's layout, subject/condition/view/*.png such as 001/nm-01/090/001.png."
            + (f" Found instead: {findings[0]}." if findings else " It is empty.")
        )
    return SequenceTable.from_rows(rows), findings


def is_sequence(parts):
    """Return whether folder names are subject, condition and view in CASIA-B's spelling."""
    return len(parts) == len(PARTS) and all(p.fullmatch(name) for p, name in zip(PARTS, parts, strict=True))
