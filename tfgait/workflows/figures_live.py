"""From a film to a name: how well masks fit, who is named right, and what a frame costs, stage by stage."""

import functools
import statistics
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from tfgait.core.home import models_dir
from tfgait.preprocess import pool
from tfgait.preprocess.annotation import KNOWN, annotate
from tfgait.preprocess.silhouettes import align, cut
from tfgait.preprocess.video import open_video
from tfgait.preprocess.video_writer import video_writer
from tfgait.runtime import open_runner
from tfgait.runtime.encoder import Encoder
from tfgait.runtime.gallery import Gallery
from tfgait.runtime.sidecar import network_hash
from tfgait.runtime.stream import open_stream
from tfgait.synthesis.film import film
from tfgait.synthesis.sequence import make_sequence
from tfgait.workflows.film_walks import Replay, film_walk, learnt
from tfgait.workflows.live import LiveOptions
from tfgait.workflows.models import SHIPPED, load_network
from tfgait.workflows.naming import Naming
from tfgait.workflows.walker_films import write_film

PEOPLE, FIRST, FRAMES = 20, 9201, 110  # who took part in no training
VIEWS = ("054", "090")
ENROLLED, PROBES = ("nm-01", "nm-02"), ("nm-05", "bg-01", "cl-01")
TRAINED = range(1000, 1008)  # numbers, from 0, of walkers that the shipped network knows; they set the ranges of int8
EVERY = LiveOptions.every


def figures_live(progress=None, people=PEOPLE, frames=FRAMES):
    """Name walkers never seen in training, filmed before a wall, by the shipped GaitSet in int8.

    Everybody is enrolled from two films a view and named in three others (chance: 100 / people); the same is done with
    the silhouettes that were rendered.

    Returns:
        record: `iou` of found and rendered masks, their 5th percentile and the percentage of `missed` frames; rank-1 in
        percent, ``rank1 <kind>`` of names from films and ``rank1 <kind>, exact masks``; ``rank1 <kind>, streamed`` of
        the same network as one frame graph and one set graph; and CPU ms of a frame that shows somebody on one thread:
        of each stage, of all of them with a question to the gallery every 10 frames, and the frames a second they
        leave room for.
    """
    jobs = [
        (number, condition, view)
        for number in range(FIRST - 1, FIRST - 1 + people)
        for condition in ENROLLED + PROBES
        for view in VIEWS
    ]
    say = (lambda done, total: progress(done, total, "films")) if progress else None
    films = dict(zip(jobs, pool.run(functools.partial(film_walk, frames), jobs, progress=say), strict=True))
    overlaps = [overlap for filmed in films.values() for overlap in filmed.overlaps]
    there = sum(sighting is not None for filmed in films.values() for sighting in filmed.exact)
    record = {
        "people": people,
        "films": len(jobs),
        "iou": round(float(np.mean(overlaps)), 3),
        "iou, 5th percentile": round(float(np.percentile(overlaps, 5)), 3),
        "missed, %": round(100 * (1 - len(overlaps) / there), 2),
    }
    model = models_dir() / SHIPPED / "model_int8.tflite"
    with tempfile.TemporaryDirectory(prefix="tfgait-") as folder:
        staged = _staged(Path(folder) / "staged.tflite")
        gallery = _gallery(model, films, "seen")
        record |= _rank1(model, gallery, films, "seen", "")
        record |= _rank1(model, _gallery(model, films, "exact"), films, "exact", ", exact masks")
        record |= _rank1(staged, gallery, films, "seen", ", streamed")
        path = write_film(Path(folder) / "walk.mp4", film(*jobs[-1], seed=0, frames=frames)[0])
        record |= _stages(path, gallery, {"": model, ", streamed": staged})
    return record


def _gallery(model, films, which):
    """Return a `Gallery` of the films that enrol, of what was ``seen`` or of ``exact`` silhouettes."""
    gallery, encoder = Gallery(network_hash(model), "parts"), Encoder(open_runner(model))
    for (number, condition, _), filmed in films.items():
        silhouettes = [sighting.silhouette for sighting in getattr(filmed, which) if sighting]
        if condition in ENROLLED and silhouettes:
            gallery.enrol(str(number), encoder.encode([np.stack(silhouettes)]))
    return gallery


def _rank1(model, gallery, films, which, suffix):
    right = {condition: [] for condition in PROBES}
    for (number, condition, _), filmed in films.items():
        if condition in PROBES:
            naming = Naming(open_stream(model), gallery, EVERY, follower=Replay())
            for sighting in getattr(filmed, which):
                naming.see(sighting)
            naming.end()
            longest = max(naming.tracks, key=lambda track: track.frames, default=None)
            right[condition].append(longest is not None and longest.name == str(number))
    return {f"rank1 {c[:2]}{suffix}": round(100 * statistics.mean(hits), 1) for c, hits in right.items()}


def _staged(path):
    """Write the shipped network as int8 in two stages, calibrated on walkers of its training; return the path."""
    from tfgait.deploy.calibration import Calibration
    from tfgait.deploy.conversion import write
    from tfgait.deploy.formats import check_format

    made = [make_sequence(n, "nm-01", view, seed=1, frames=30)["silhouettes"] for n in TRAINED for view in VIEWS]
    walks = [cut(align(masks)[0])[..., None] for masks in made]
    calibration = Calibration(walks, [str(n) for n in TRAINED for _ in VIEWS], 0)
    write(load_network(SHIPPED), path, check_format("tflite", "int8"), calibration, stream=True)
    return path


def _stages(path, gallery, models):
    """Return CPU ms a frame of every stage of a video, by frames that show somebody, on one thread."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    streams = {name: open_stream(model) for name, model in models.items()}
    clock = _Clock()
    try:
        follower = learnt(path)
        with open_video(path) as video, video_writer(path.with_name("named.mp4"), video.size, 25) as add:
            frames = iter(video)
            while (frame := clock("decode", next, frames, None)) is not None:
                person = clock("find the person", follower.foreground.find, frame)
                if person is None:
                    continue
                silhouette = cut(clock("align", align, [person.mask])[0])[0, ..., None]
                for name, stream in streams.items():
                    clock(f"frame{name}", stream.push, silhouette)
                    found = clock(f"answer{name}", stream.embedding)
                clock("look up", gallery.identify, found)
                drawn = clock("draw", annotate, frame, person.box, "Ada 1.25", KNOWN, "25 frames/s")
                clock("write", add, drawn)
    finally:
        cv2.setNumThreads(threads)
    taken = clock.mean_ms()
    record = {f"ms, {name}": round(ms, 3) for name, ms in taken.items()}
    shared = sum(taken[name] for name in ("decode", "find the person", "align", "draw", "write"))
    for name in models:
        total = shared + taken[f"frame{name}"] + (taken[f"answer{name}"] + taken["look up"]) / EVERY
        record |= {f"ms a frame{name}": round(total, 2), f"frames a second{name}": round(1000 / total)}
    return record


class _Clock:
    """Calls functions and keeps the CPU time of each by name."""

    def __init__(self):
        self._taken = {}

    def __call__(self, name, function, *arguments):
        began = time.process_time()
        found = function(*arguments)
        self._taken.setdefault(name, []).append(time.process_time() - began)
        return found

    def mean_ms(self):
        return {name: 1000 * statistics.mean(times) for name, times in self._taken.items()}
