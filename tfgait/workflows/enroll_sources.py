"""Whose walks videos and images show, and the sequences a network takes of each; no store is needed."""

import functools
import re
from pathlib import Path

from tfgait.core.errors import DataError
from tfgait.core.modality import modality as modality_of
from tfgait.datasets.image_tree import image_folders
from tfgait.datasets.protocol import natural
from tfgait.preprocess import images, pool, silhouettes, video
from tfgait.preprocess.background import background_of
from tfgait.preprocess.walks import walks_before, walks_in
from tfgait.preprocess.windows import STEP
from tfgait.workflows import prepare_sources
from tfgait.workflows.prepare_sources import Walk
from tfgait.workflows.prepare_walk import PICTURES, Plan, windows_of

CONDITION = re.compile(r"(nm|bg|cl)-?\d\d")  # of CASIA-B; nobody is called so


def walks_of(source, modality, name=""):
    """Return the `Walk`s of a source: a video, a folder of videos, or folders of images.

    Args:
        source: its path. Videos that lie in the folder itself are one a person, unless named as in TUM-GAID or CASIA-B.
        modality: name of what the network takes.
        name: whose walks they all are; empty: as files and folders say.

    Raises:
        DataError: nothing there, not named as a layout has it, or the folder of one person and no name.
    """
    path = Path(source).expanduser()
    if path.is_file():
        return [Walk(name or path.stem, "nm-01", "", path.stem, {"image": path})]
    alone = _films(path)
    if alone:
        return [Walk(name or film.stem, "nm-01", "", film.stem, {"image": film}) for film in alone]
    if name and path.is_dir() and not any(entry.is_dir() for entry in path.iterdir()):
        return [Walk(name, "nm-01", "", path.name, {"image": path})]
    walks = prepare_sources.find(path, (modality,)).walks
    if not name and all(CONDITION.fullmatch(walk.subject) for walk in walks):
        people = ", ".join(dict.fromkeys(walk.subject for walk in walks))
        raise DataError(
            f"{path} must hold a folder a person, or name must say whose walks they are. Received: {people}."
        )
    return [Walk(name or walk.subject, walk.condition, walk.view, walk.name, walk.inputs) for walk in walks]


def sequences(walks, encoder, options, progress=None):
    """Yield (walk, its sequences (T, H, W, C) as stored, or a `pool.Failure` where bad ones may be left out).

    Args:
        walks: of `walks_of`.
        encoder: `Encoder` of the network.
        options: `EnrollOptions`: min_frames, skip_bad, processes.
        progress: called with (done, total, what).
    """
    kind = encoder.modality.name
    width = encoder.runner.inputs[kind].shape[3]
    found = pool.run(
        functools.partial(sequences_of, kind, width, options.min_frames),
        walks,
        options.processes or None,
        (lambda done, total: progress(done, total, "enrolling")) if progress else None,
        on_error="return" if options.skip_bad else "raise",
        name=lambda walk: walk.name,
    )
    return zip(walks, found, strict=True)


def sequences_of(modality, width, min_frames, walk):
    """Return the sequences of one `Walk`: silhouettes of all its frames, or windows of what else a network takes.

    A video of somebody who comes, goes and comes again gives several.

    Raises:
        DataError: nobody is seen, too few frames, or no pictures of the kind.
    """
    if modality == "silhouettes":
        found = _silhouettes(walk, width)
    elif modality in PICTURES:
        kind = modality_of(modality)
        plan = Plan((modality,), kind.frames, STEP, "farneback", 0.0, "")
        found = list(windows_of(plan, walk)[modality])
    else:
        raise DataError(f"videos and images cannot be made {modality}; a packed store of it can be enrolled.")
    long = [sequence for sequence in found if len(sequence) >= min_frames]
    if not long:
        seen = f"at most {max(map(len, found))} together" if found else "none"
        raise DataError(f"somebody must be seen whole in min_frames={min_frames} frames. Received: {seen}.")
    return long


def has_videos(source):
    """Return whether a source is a video, or a folder with one at any depth."""
    path = Path(source).expanduser()
    return any(f.suffix.lower() in video.SUFFIXES for f in (path.rglob("*") if path.is_dir() else (path,)))


def _films(folder):
    """Return the videos in a folder that has no folders, where their names tell no more than who it is."""
    if not folder.is_dir() or image_folders(folder)[0] or any(entry.is_dir() for entry in folder.iterdir()):
        return []
    films = [f for f in folder.iterdir() if f.suffix.lower() in video.SUFFIXES and not f.name.startswith(".")]
    if films and any(all(p.fullmatch(f.stem) for f in films) for p in prepare_sources.NAMES.values()):
        return []
    return sorted(films, key=lambda film: natural(film.name))


def _silhouettes(walk, width):
    """Return the silhouettes (T, 64, 44, 1) of a walk: of its masks, or of whoever moves before its background."""
    path = walk.inputs.get("silhouettes") or walk.inputs.get("image")
    if path is None:
        raise DataError(f"there are no pictures of the kind silhouettes or image. Received: {', '.join(walk.inputs)}.")
    if path.is_file():
        return walks_in(path)
    if not images.is_mask(images.read_frame(images.frame_paths(path)[0])):
        frames = images.read_video(path, images.read_colour)
        return walks_before(background_of(frames), frames)
    aligned, _ = silhouettes.align(images.read_masks(path))
    return [(aligned if width == silhouettes.SIZE else silhouettes.cut(aligned))[..., None]]
