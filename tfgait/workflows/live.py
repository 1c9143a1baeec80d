"""From pictures to a name: whoever walks through a video or past a camera is looked up in a gallery."""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2

from tfgait.core.errors import ConfigError, DataError, Stopped, check_choice
from tfgait.core.home import models_dir
from tfgait.evaluation.distance import check_k
from tfgait.preprocess.background import background_of
from tfgait.preprocess.foreground import Foreground
from tfgait.preprocess.video import open_video
from tfgait.preprocess.video_writer import CODECS
from tfgait.preprocess.walks import Follower
from tfgait.runtime import RUNNERS
from tfgait.runtime.gallery import Gallery
from tfgait.runtime.sidecar import network_hash
from tfgait.runtime.stream import open_stream
from tfgait.workflows.enroll_options import NO_THRESHOLD
from tfgait.workflows.models import latest_run, resolve_model
from tfgait.workflows.naming import Naming
from tfgait.workflows.watching import check_window, watch

CAMERA = re.compile(r"(?:/dev/video)?(\d{1,3})")


@dataclass(frozen=True)
class LiveOptions:
    """Where people walk, and who they might be.

    Args:
        source: a video file (avi, mp4, mov, mkv), or a camera: its number, or /dev/video0
        gallery: file of the people who are known, as tfgait enroll writes it
        model: file of the gallery's network (.tflite, .onnx, …), or a run or a preset, of which model_int8.tflite goes
            first; empty: the latest run or the shipped preset that the gallery is of
        out: video to write, with box, name, distance and speed in it; empty: none
        show: open a window; q or Esc ends
        every: frames of a walk between two questions to the gallery
        knn: nearest sequences of the gallery that vote
        window: how many of the last frames count; 0: all of the walk with a file exported with --stream, with another
            as many as it takes
        frames: stop after so many; 0: when the video ends
        threads: of the network and of OpenCV
        delegate: what computes in the processor's place: xnnpack, none or a library for .tflite, a provider for .onnx
    """

    source: str = "0"
    gallery: str = "people.npz"
    model: str = ""
    out: str = ""
    show: bool = False
    every: int = 10
    knn: int = 1
    window: int = 0
    frames: int = 0
    threads: int = 1
    delegate: str = ""


@dataclass(frozen=True)
class LiveResult:
    """Who walked by.

    Args:
        source, model, gallery: what was taken.
        frames: of the video; `with_people` of them show somebody whole.
        tracks: a dict a track: number, first and last frame, frames, name, distance, known, answers of the gallery.
        fps: frames a second from picture to name, writing and showing included.
        cpu_ms: CPU time of a frame, ms; below 40 on one thread keeps up with 25 frames a second on one core.
        file: the annotated video, or empty.
        notes: what a reader should know.
    """

    source: str
    model: str
    gallery: str
    frames: int
    with_people: int
    tracks: list
    fps: float
    cpu_ms: float
    file: str = ""
    notes: list = field(default_factory=list)


def live(options, progress=None):
    """Name whoever walks through a video or past a camera that stands still; return the `LiveResult`.

    A file is read twice, the first time for its background. A camera should see its background alone for half a second.
    Ctrl-C, or q in the window, ends it with what was found. A video without people is no error.

    Args:
        options: `LiveOptions`.
        progress: called with (done, total, what).

    Raises:
        ConfigError: an option out of its range, or no window can be opened.
        DataError: no such camera, a damaged video, a gallery of another network, a network that does not take
            silhouettes.
        Stopped: by Ctrl-C; it holds the result.
    """
    options = replace(options, out=options.out and str(Path(options.out).expanduser()))
    _check(options)
    model, network = _named(options.model) if options.model else (None, None)
    gallery = Path(options.gallery).expanduser()
    if not gallery.exists():
        raise DataError(f"{gallery} does not exist; tfgait enroll makes a gallery.")
    gallery = Gallery.load(gallery, network)
    check_k(options.knn, len(gallery))
    model = model or _found(options, gallery.network)
    stream = open_stream(model, options.window, options.threads, options.delegate)
    if stream.modality.name != "silhouettes":
        raise DataError(f"{model} must take silhouettes to name people in a video. Received: {stream.modality.name}.")
    camera = CAMERA.fullmatch(options.source)
    source = int(camera[1]) if camera else Path(options.source).expanduser()
    before = cv2.getNumThreads()
    cv2.setNumThreads(options.threads)
    try:
        naming = Naming(stream, gallery, options.every, options.knn, Follower(_foreground(source)))
        with open_video(source) as video:
            seen = watch(video, naming, options, progress)
    finally:
        cv2.setNumThreads(before)
    tracks = [track.record() for track in naming.tracks]
    shown = sum(track["frames"] for track in tracks)
    result = LiveResult(
        options.source, str(model), options.gallery, seen.frames, shown, tracks,
        seen.fps, seen.cpu_ms, options.out, _notes(tracks, gallery),
    )  # fmt: skip
    if seen.stopped:
        raise Stopped("stopped by Ctrl-C; what was found until then is told", result)
    return result


def _check(options):
    for name in ("every", "threads", "window", "frames"):
        least = 0 if name in ("window", "frames") else 1
        value = getattr(options, name)
        if value < least:
            raise ConfigError(f"{name} must be a whole number from {least}. Received: {name}={value}.")
    if options.out:
        check_choice("suffix of out", Path(options.out).suffix, list(CODECS))
        if Path(options.out).resolve() == Path(options.source).expanduser().resolve():
            raise ConfigError(f"out must be another file than source. Received: out={options.out}.")
    if options.show:
        check_window()


def _named(model):
    """Return (file, hash of its network) of a model that was asked for: a file, a run or a preset."""
    path = Path(model).expanduser()
    if path.suffix in RUNNERS:
        return path, network_hash(path)
    ref = resolve_model(model)
    network = network_hash(ref.path)
    return _of_network(network, (ref.path.parent, ref.exports)) or ref.path, network


def _found(options, network):
    """Return the file to run where none was asked for: of the latest run, or of a shipped preset."""
    latest = latest_run()
    folders = [latest] if latest else []
    path = _of_network(network, (*folders, *sorted(models_dir().glob("*"))))
    if path is None:
        raise ConfigError(
            f"model must name the file that the people of {options.gallery} were enrolled with: neither the latest run "
            "nor a shipped network is it. Received: model=''."
        )
    return path


def _of_network(network, folders):
    """Return the first file of a network, int8 before Keras, in some folders, or None."""
    paths = [folder / name for name in ("model_int8.tflite", "model.keras") for folder in folders]
    return next((path for path in paths if path.is_file() and _is_of(path, network)), None)


def _is_of(path, network):
    """Return whether a file is of a network; a damaged one is of none."""
    try:
        return network_hash(path) == network
    except DataError:
        return False


def _foreground(source):
    """Return a `Foreground` that has learnt the background of a file; that of a camera comes with its first frames."""
    foreground = Foreground()
    if not isinstance(source, int):
        with open_video(source) as video:
            foreground.learn(background_of(video))
    return foreground


def _notes(tracks, gallery):
    notes = (
        [] if tracks else ["nobody was seen whole: the camera must stand still, and show a person from head to feet"]
    )
    short = sum(not track["answers"] for track in tracks)
    if short:
        notes.append(f"{short} of {len(tracks)} walks were too short for an answer")
    if gallery.threshold is None and short < len(tracks):
        notes.append(f"strangers are given the name of the nearest: {NO_THRESHOLD}")
    return notes
