"""What to prepare of which videos: the options, checked."""

from dataclasses import dataclass, replace

from tfgait.core.errors import ConfigError, check_choice
from tfgait.core.modality import modality as modality_of
from tfgait.preprocess.estimators import estimator_of
from tfgait.preprocess.windows import STEP, WINDOW
from tfgait.workflows.prepare_walk import PICTURES

FORMATS = ("store", "hdf5")
MOST_WINDOW = 1000


@dataclass(frozen=True)
class PrepareOptions:
    """What to make of which videos.

    Args:
        source: folder of videos (avi, mp4, mov, mkv) or of frames (png, jpg, bmp), named as in TUM-GAID
            (image/p001/n01/*.jpg or p001-n01.avi), as in CASIA-B (001/nm-01/090/*.png or 001-nm-01-090.avi), or as
            subject[/condition][/view]/name; depth and silhouettes lie in folders of that name beside image. A file
            name.csv beside a video or folder tells where the person is (frame,x,y,width,height; frames from 0).
            Empty: a few walkers, made first
        out: folder to make; empty: data/prepared-<hash of the options>
        modalities: flow, grey, rgb, depth, silhouettes
        format: store, or hdf5 for the sample and index files of Embedded-Gait
        window: frames of a window
        step: frames between the starts of two windows
        estimator: farneback, farneback_half, dis, or package.module:callable of two grey frames that gives flow
        fps: take no more frames a second than these from video files; 0 takes all
        processes: 0 takes all cores
        skip_bad: leave bad videos out, named and counted; without it the first one stops the run
    """

    source: str = ""
    out: str = ""
    modalities: tuple[str, ...] = ("flow",)
    format: str = "store"
    window: int = WINDOW
    step: int = STEP
    estimator: str = "farneback"
    fps: float = 0.0
    processes: int = 0
    skip_bad: bool = False


def checked(options):
    """Return the options with modalities by our names; raise `ConfigError` at the first that is out of its range."""
    if not options.modalities:
        raise ConfigError("modalities must name at least one. Received: none.")
    names = tuple(dict.fromkeys(modality_of(m).name for m in options.modalities))
    for name in names:
        check_choice("modalities", name, list(PICTURES))
    check_choice("format", options.format, ("store", "hdf5"))
    for name, low, high in (("window", 1, MOST_WINDOW), ("step", 1, MOST_WINDOW), ("processes", 0, 1024)):
        value = getattr(options, name)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ConfigError(f"{name} must be an integer in [{low}, {high}]. Received: {name}={value}.")
    if not 0 <= options.fps <= 1000:
        raise ConfigError(f"fps must lie in [0, 1000]. Received: fps={options.fps}.")
    estimator_of(options.estimator)
    return replace(options, modalities=names)
