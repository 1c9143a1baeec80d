"""Packs Embedded-Gait's samples into a store: its indices read, every sample checked, by all cores."""

import functools
import itertools
import logging
from operator import attrgetter

from tfgait.core.errors import DataError
from tfgait.datasets import embedded_gait
from tfgait.datasets.embedded_gait_layout import DEPTH_STRETCH
from tfgait.datasets.held_out import held_out_text
from tfgait.datasets.store import StoreWriter
from tfgait.preprocess import pool, silhouettes
from tfgait.workflows.packing import LeftOut, say

SHOWN = 3
VALIDATION = 2
LOG = logging.getLogger(__name__)


def pack_samples(path, root, modality, source, cut=True, skip_bad=False, processes=None, progress=None):
    """Write the store `path` from a datadir of Embedded-Gait and return the record of what was left out.

    Windows are rows named ``video#number``, whole videos ``video``. Who trains (``source["train_subjects"]``) follows
    from the folders, who validates (``source["held_out"]``) from the indices. Samples without content, which stand
    for videos in which nobody was seen, are left out and counted; a sample named twice is taken once.

    Args:
        path: the store to make.
        root: the datadir.
        modality: name of one.
        source: record of where the samples came from; kept in the store with the counts added.
        cut: take the empty columns from both sides of whole silhouettes, 64 × 64 to 64 × 44.
        skip_bad: leave bad samples out, named and counted; False raises at the first.
        processes: None takes all cores.
        progress: called with (done, total, what).

    Raises:
        DataError: a bad index or sample, or nothing left to pack.
    """
    if modality == "depth":
        LOG.warning(
            "depth of 8 bits is taken as steps of %d mm: its unit is not said, so distances are a guess", DEPTH_STRETCH
        )
    samples, findings = read_indices(root, modality, processes)
    left_out = LeftOut(skip_bad)
    if findings and not skip_bad:
        some = "; ".join(map(str, findings[:SHOWN]))
        raise DataError(f"{len(findings)} samples that {root} names cannot be used: {some}.")
    for finding in findings:
        left_out.add(finding.path, finding.what)
    unique = list({sample.path.rpartition("/")[2]: sample for sample in reversed(samples)}.values())[::-1]
    work = functools.partial(_load, str(root), modality, cut)
    results = pool.run(work, unique, processes, say(progress), "return" if skip_bad else "raise", attrgetter("path"))
    counts = {"samples_without_content": 0, "samples_named_twice": len(samples) - len(unique)}
    loaded = (
        (sample, frames) for sample, frames in zip(unique, results, strict=True) if _usable(frames, left_out, counts)
    )
    first = next(loaded, None)
    if first is None:
        raise DataError(f"{root} has not one sample of {modality} with content.")
    shape, validate = first[1].shape[1:], []
    with StoreWriter(path, modality, shape, source) as writer:
        for sample, frames in itertools.chain([first], loaded):
            if frames.shape[1:] != shape:
                left_out.add(sample.path, f"frames must be {shape}, as those before. Received: {frames.shape[1:]}.")
                continue
            name = sample.name
            number = "" if name.window is None else f"#{name.window:02d}"
            writer.add(frames, name.subject, name.condition, name.view, name.video + number)
            validate.append(sample.set == VALIDATION)
        counts |= left_out.record()
        writer.source = {**source, **counts, "train_subjects": train_subjects(samples)}
        if any(validate):
            writer.source["held_out"] = held_out_text(validate)
    return counts


def read_indices(root, modality, processes=None):
    """Return ([`Sample`], [`Finding`]) of all folders of a modality, in the order of the folders' names."""
    folders = iter(embedded_gait.folders_of(root, modality))  # of unknown length, so that even one goes to a process
    read = pool.run(
        functools.partial(embedded_gait.read_folder, str(root)), folders, processes, name=attrgetter("path")
    )
    samples, findings = [], []
    for more_samples, more_findings in read:
        samples += more_samples
        findings += more_findings
    return samples, findings


def train_subjects(samples):
    """Return who trains, sorted: everybody in a folder of training samples."""
    train = {sample.name.subject for sample in samples if sample.part == "train"}
    both = sorted(train & {sample.name.subject for sample in samples if sample.part != "train"})
    if both:
        LOG.warning("%d people are in training and test folders, they count as trained on: %s …", len(both), both[0])
    return sorted(train)


def _load(root, modality, cut, sample):
    frames = embedded_gait.load(root, modality, sample)
    if frames is None or not cut or modality != "silhouettes":
        return frames
    return silhouettes.cut(frames[..., 0])[..., None]  # windows, which are 60 wide, stay whole


def _usable(frames, left_out, counts):
    if isinstance(frames, pool.Failure):
        left_out.add(frames.item, frames.message)
    elif frames is None:
        counts["samples_without_content"] += 1
    else:
        return True
    return False
