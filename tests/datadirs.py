"""Small datadirs of Embedded-Gait for tests."""

import shutil

import numpy as np
from deepdish_files import REAL

from tfgait.core.modality import modality as modality_of
from tfgait.datasets.embedded_gait_layout import folder_name
from tfgait.datasets.embedded_gait_writer import EmbeddedGaitWriter

BOXES = np.tile([1, 2, 300, 400], (25, 1))


def window(number, modality="flow", size=(60, 60)):
    """Frames (25, H, W, C) of a modality's own type that differ from those of every other number."""
    kind = modality_of(modality)
    values = np.random.default_rng(number).integers(0, 250, (25, 1, 1, kind.shape[2])) - (
        100 if modality == "flow" else 0
    )
    made = np.zeros((25, *size, kind.shape[2]), kind.dtype)
    made[:, 20:40, 25:35] = values
    return made


def tum(root, modality="flow"):
    """TUM-GAID with two people who train and one who is tested; the second of two windows of a video validates."""
    parts = {
        ("train", 150): [("001", "n-01"), ("001", "b-01"), ("002", "n-01")],
        ("ft", 155): [("151", "n-01")],
        ("test_n05-06", 155): [("151", "n-05")],
    }
    for (part, people), videos in parts.items():
        with EmbeddedGaitWriter(root, folder_name("tum_gaid", people, part, modality)) as writer:
            for video, (subject, condition) in enumerate(videos, 1):
                for number, belongs in ((1, 1), (2, 2)):
                    frames, belongs = window(1000 * video + number, modality), 3 if part[:4] == "test" else belongs
                    writer.add(frames, subject, condition, "090", video, number, range(25), BOXES, belongs)
    return root


def casia(root):
    """CASIA-B with files that deepdish made: a window, and one of a video in which nobody was seen."""
    name = folder_name("casia_b", 50, "test_nm05-06_090", "flow")
    (root / name).mkdir(parents=True)
    shutil.copy(REAL / "tfimdb_casia_b_few.h5", root / f"{name}.h5")
    for file in ("075-nm-05-090-01.h5", "075-bg-02-018-01.h5"):
        shutil.copy(REAL / file, root / name)
    return root


def video(frames, seed=0):
    """Silhouettes (T, 64, 64, 1) of somebody in the middle columns."""
    made = np.zeros((frames, 64, 64, 1), np.uint8)
    made[:, 4:60, 20:44] = np.random.default_rng(seed).integers(0, 2, (frames, 56, 24, 1), np.uint8) * 255
    return made


def gaitset(root):
    """GaitSet's silhouettes of CASIA-B: one file a video, with an index."""
    with EmbeddedGaitWriter(root, folder_name("casia_b", 74, "train", "silhouettes")) as writer:
        for number, view in enumerate(("000", "018"), 1):
            boxes = np.ones((30 + number, 4))
            frames = video(30 + number, number)
            writer.add(frames, "001", "nm-01", view, number, None, range(len(frames)), boxes, 1)
    return root
