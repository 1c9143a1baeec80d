"""One walk, from its videos or frames to a file of windows, whole or absent."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from tfgait.core.errors import DataError
from tfgait.core.files import record_hash, whole_file
from tfgait.preprocess import images, tracks, video
from tfgait.preprocess.estimators import estimator_of
from tfgait.preprocess.flow import flow_windows
from tfgait.preprocess.windows import picture_windows
from tfgait.workflows.prepare_sources import boxes_file, fingerprint

PICTURES = {"flow": "image", "grey": "image", "rgb": "image", "depth": "depth", "silhouettes": "silhouettes"}


@dataclass(frozen=True)
class Plan:
    """What all walks have in common; see `PrepareOptions`. `parts` is the folder of the files of windows."""

    modalities: tuple
    window: int
    step: int
    estimator: str
    fps: float
    parts: str


def prepare_walk(plan, walk):
    """Write the windows of one `Walk` unless they are there already; return (path of their file, whether they were).

    Its name covers what the walk is made from, so that what was made before is taken only where nothing has changed.

    Raises:
        DataError: pictures of a wanted kind are missing or bad, or not one window shows the person.
        ConfigError: the estimator gives no flow.
    """
    path = Path(plan.parts) / f"{record_hash([walk.name, fingerprint(walk)], 32)}.npz"
    if path.is_file() and _readable(path):
        return str(path), True
    arrays = windows_of(plan, walk)
    with whole_file(path) as temporary:
        np.savez(temporary, **arrays)
    return str(path), False


def windows_of(plan, walk):
    """Return the windows of one `Walk`: ``{modality: (N, window, H, W, C)}``, ``starts`` and ``boxes``.

    Raises:
        DataError, ConfigError: as `prepare_walk`.
    """
    missing = {PICTURES[m] for m in plan.modalities} - set(walk.inputs)
    if missing:
        raise DataError(f"there are no pictures of the kind {', '.join(sorted(missing))}.")
    seen = _read(plan, walk)
    boxes = _track(walk, seen)
    found = {m: dict(_cut(plan, m, seen, boxes)) for m in plan.modalities}
    # Flow also finds people by their motion where nobody is boxed; the others cannot.
    starts = sorted(set.intersection(*(set(windows) for windows in found.values())))
    if not starts:
        raise DataError("not one window shows the person in all modalities.")
    arrays = {m: np.stack([windows[s] for s in starts]) for m, windows in found.items()}
    return {**arrays, "starts": np.array(starts), "boxes": np.stack([boxes[s : s + plan.window] for s in starts])}


def _read(plan, walk):
    """Return ``{kind: (T, H, W[, 3])}`` of all pictures that are needed, in equal numbers and sizes."""
    seen, fps, paths = {}, 0.0, walk.inputs
    if "image" in paths:
        colour = "rgb" in plan.modalities
        if paths["image"].is_file():
            frames, fps = video.read_video_file(paths["image"], colour)
        else:
            frames = images.read_video(paths["image"], images.read_colour if colour else images.read_frame)
        if colour:
            seen["rgb"] = frames
            frames = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames])
        seen["grey"] = frames
        if images.shows_masks(frames):
            raise DataError("its images are silhouettes; the frames of the video were expected.")
    if "depth" in plan.modalities:
        seen["depth"] = images.read_video(_folder(paths["depth"]), images.read_depth)
    if "silhouettes" in paths:
        masks = images.read_video(_folder(paths["silhouettes"]))
        seen["silhouettes"] = masks * np.uint8(255) if masks.max() == 1 else masks
    sizes = {kind: frames.shape[:3] for kind, frames in seen.items()}
    if len(set(sizes.values())) > 1:
        said = ", ".join(f"{kind} {shape[0]} of {shape[2]}×{shape[1]}" for kind, shape in sizes.items())
        raise DataError(f"all its pictures must be equal in number and size. Received: {said}.")
    picked = _at_rate(len(next(iter(seen.values()))), fps, plan.fps)
    return seen if picked is None else {kind: frames[picked] for kind, frames in seen.items()}


def _folder(path):
    if path.is_file():
        raise DataError(f"{path} must be a folder of images: a video holds no depth and no silhouettes.")
    return path


def _at_rate(length, fps, wanted):
    """Return the frames that show a video of `fps` at a lower rate, or None for all of them."""
    if not wanted or fps <= wanted:
        return None
    return np.floor(np.arange(int(length * wanted / fps)) * fps / wanted + 1e-6).astype(int)


def _track(walk, seen):
    """Return one box a frame (T, 4): from a file, from the silhouettes, from what moves; the first that is there."""
    frames = next(iter(seen.values()))
    for path in walk.inputs.values():
        if boxes_file(path).is_file():
            return tracks.smooth(tracks.read_boxes(boxes_file(path), len(frames), frames.shape[1:3]))
    if "silhouettes" in seen:
        return tracks.smooth(tracks.boxes_of_masks(seen["silhouettes"]))
    if "grey" in seen:
        return tracks.smooth(tracks.boxes_of_motion(seen["grey"]))
    raise DataError("who walks where must be told by images, silhouettes or a file of boxes; there are none.")


def _cut(plan, modality, seen, boxes):
    if modality == "flow":
        return flow_windows(seen["grey"], boxes, estimator_of(plan.estimator), plan.window, plan.step)
    return picture_windows(seen[modality], modality, boxes, plan.window, plan.step)


def _readable(path):
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (OSError, zipfile.BadZipFile):
        return False
