"""Real walks as motion capture: a folder of ASF/AMC like a part of the CMU database, or of BVH.

Layout: ``root/08/08.asf`` with ``root/08/08_01.amc``, ``08_02.amc``, …; or ``root/<subject>/<trial>.bvh``.
Conditions are ``nm-01``, ``nm-02``, … in the order of a subject's trials; a view is chosen when a walk is rendered.

CMU: 120 frames a second. Its subjects 08 and 39 may be one person, so the split ``distinct`` leaves 08 out: never score
one as an impostor of the other. So few people are shown as an example; their score is never a headline.

Reference: mocap.cs.cmu.edu; the database was created with funding from NSF EIA-0196217.
"""

from pathlib import Path

from tfgait.core.errors import DataError
from tfgait.core.table import SequenceTable
from tfgait.datasets.asf_amc import read_amc, read_asf
from tfgait.datasets.bvh import read_bvh
from tfgait.datasets.image_tree import Finding, inside
from tfgait.datasets.landmarks import Lines
from tfgait.datasets.protocol import Protocol, Split, natural

MODALITIES = ("silhouettes", "flow", "grey", "poses")
SPLITS = {"distinct": Split("distinct", 0.0, left_out=("08",)), "all_test": Split("all_test", 0.0)}
PROBES = {"nm": tuple(f"nm-{i:02d}" for i in range(2, 100))}
PROTOCOLS = {
    "first": Protocol("first", ("nm-01",), PROBES, cross_view=False),
    "first_multi_view": Protocol("first_multi_view", ("nm-01",), PROBES, cross_view=True),
}


def index(root):
    """Return the `SequenceTable` of the motions below `root`; lengths are frames of the motion capture.

    Raises:
        DataError: no folder, or not one motion with its skeleton in the layout above; or one of them is no such file.
    """
    return read(root)[0]


def check(root):
    """Return a list of `Finding`: folders with no motion, motions without a skeleton; see `index` for errors."""
    return read(root)[1]


def load(root, path):
    """Return the `Landmarks` of one motion by its path in the table; `DataError` where it is damaged."""
    file = inside(root, path)
    return read_bvh(file) if file.suffix.lower() == ".bvh" else read_amc(read_asf(_skeleton(file.parent)), file)


def is_mocap(root):
    """Return whether `root` holds subject folders with motion capture files."""
    return any(True for pattern in ("*/*.amc", "*/*.bvh") for _ in Path(root).glob(pattern))


def _skeleton(folder):
    found = sorted(folder.glob("*.asf"))
    if len(found) != 1:
        raise DataError(f"{folder} must hold one skeleton (.asf). Received: {len(found)}.")
    return found[0]


def read(root):
    """Return (`SequenceTable`, findings about single files): `index` and `check` in one walk."""
    root = Path(root)
    if not root.is_dir():
        raise DataError(f"{root} is no folder; folders of motion capture were expected there.")
    rows, findings = [], []
    for folder in sorted((p for p in root.iterdir() if p.is_dir()), key=lambda p: natural(p.name)):
        motions = [p for p in folder.iterdir() if p.suffix.lower() in (".amc", ".bvh")]
        if not motions:
            findings.append(Finding(folder.name, "no motion (.amc or .bvh)"))
        elif any(p.suffix.lower() == ".amc" for p in motions) and len(list(folder.glob("*.asf"))) != 1:
            findings.append(Finding(folder.name, "its motions need one skeleton (.asf); left out"))
            motions = []
        for number, motion in enumerate(sorted(motions, key=lambda p: natural(p.name)), 1):
            path = inside(root, Path(folder.name) / motion.name)
            rows.append(
                (folder.name, f"nm-{number:02d}", "", motion.stem, _frames(path), f"{folder.name}/{motion.name}")
            )
    if not rows:
        raise DataError(
            f"{root} holds no motion capture in the layout subject/trial.amc with one subject/*.asf, or .bvh."
        )
    return SequenceTable.from_rows(rows), findings


def _frames(path):
    """Return the number of frames without reading them: what BVH announces, or AMC's lines of one number."""
    lines = Lines(path, comment="" if path.suffix.lower() == ".bvh" else "#")
    if path.suffix.lower() == ".bvh":
        count = next((int(w[1]) for w in lines if w[0] == "Frames:" and len(w) == 2 and w[1].isdecimal()), 0)
    else:
        count = sum(len(words) == 1 and words[0].isdecimal() for words in lines)
    if not count:
        raise lines.fail("the file ends without a frame; it is damaged, or cut short.")
    return count
