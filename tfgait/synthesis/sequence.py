"""One sequence of a walker, or of a recorded walk, in every modality: the entry that others use."""

import zlib

import numpy as np

from tfgait.core.errors import ConfigError, check_choice
from tfgait.synthesis import body as bodies
from tfgait.synthesis import outfit as outfits
from tfgait.synthesis import surface
from tfgait.synthesis.camera import NOMINAL_SPEED, VIEWS, beside, parse_view
from tfgait.synthesis.colours import rgb
from tfgait.synthesis.depth import depth as measured_depth
from tfgait.synthesis.faults import add_faults
from tfgait.synthesis.grey import grey
from tfgait.synthesis.outfit import CONDITIONS
from tfgait.synthesis.outline import outlines, wider
from tfgait.synthesis.poses import poses
from tfgait.synthesis.render import silhouettes
from tfgait.synthesis.settings import WalkerSettings, stream
from tfgait.synthesis.skeleton import resample
from tfgait.synthesis.walker import MAX_FRAMES, Walk, Walker, check_seed

__all__ = ["CONDITIONS", "MODALITIES", "VIEWS", "WalkerSettings", "make_sequence", "render_motion"]
MODALITIES = ("silhouettes", "poses", "grey", "rgb", "depth")
_RECORDED = zlib.crc32(b"recorded")  # in place of a subject: a recorded walk has no number
_DEFAULT = WalkerSettings()


def make_sequence(subject, condition, view, *, seed, frames=60, modalities=("silhouettes",), settings=_DEFAULT):
    """One walk of one person past one camera.

    The same subject, condition and seed is the same walk from every view, filmed by one camera each; the subject alone
    decides who walks, so another seed gives other walks of the same people. Bit-identical again on the same machine
    and versions, in whatever order and number of processes sequences are made.

    Args:
        subject: the person's number, from 0.
        condition: nm-, bg- or cl- and two digits, 01 to 99; `CONDITIONS` are CASIA-B's ten. Or TUM-GAID's: n-, b- and
            s-, of which those from n-07, b-03 and s-03 are a second session, months later.
        view: three digits from 000 (walks towards the camera) to 180; `VIEWS` are CASIA-B's eleven.
        seed: a number from 0.
        frames: 1 to 150 frames of `settings.fps`.
        modalities: among `MODALITIES`; all are of the same frames.
        settings: `WalkerSettings`.

    Returns:
        A dict with the modalities asked for: `silhouettes (T, 240, 320)` uint8, 0 or 255; `poses (T, 17, 3)` float32,
        COCO-17 as x, y in pixels and a confidence in [0, 1]; `grey (T, 240, 320)` uint8; `rgb (T, 240, 320, 3)` uint8,
        the same in colour; `depth (T, 240, 320)` uint16, millimetres, 0 where unknown.

    Raises:
        ConfigError: an argument is none of these.
    """
    walk = Walker(subject, settings).walk(condition, seed, frames)
    return _film(walk, frames / settings.fps, view, (seed, subject, *_number(condition)), modalities, settings)


def render_motion(
    motion, body, condition="nm-01", view="090", *, seed=0, modalities=("silhouettes",), settings=_DEFAULT
):
    """A recorded walk past one camera, by the same renderer as the walkers.

    Args:
        motion: a `Motion` of at most 6 seconds, as `motion_from_landmarks` gives it; resampled to `settings.fps`.
        body: a `Body`, whose girths are used, or None for an average one that fits.
        condition, view, seed, modalities, settings: as in `make_sequence`; a bag or a coat is put on the body, but
            hampers no recorded motion.

    Returns:
        As `make_sequence`.
    """
    motion = resample(motion, settings.fps)
    if len(motion) > MAX_FRAMES:
        raise ConfigError(f"motion must have at most {MAX_FRAMES} frames. Received: {len(motion)} frames")
    kind, number = _number(condition)
    key = (check_seed(seed), _RECORDED, kind, number)
    outfit = outfits.sample(outfits.KINDS[kind], stream("outfit", *key))
    walk = Walk(motion, body or bodies.fit(motion), outfit, 0.0)
    # recorded people may walk faster than ours do, or farther in the same time: the camera stands back for them
    seconds = max(len(motion) / motion.fps, float(np.ptp(motion["pelvis"][:, 0])) / NOMINAL_SPEED)
    return _film(walk, seconds, view, key, modalities, settings)


def _number(condition):
    kind, number = outfits.parse_condition(condition)
    return outfits.KINDS.index(kind), number


def _film(walk, seconds, view, key, modalities, settings):
    if isinstance(modalities, str) or not modalities:
        raise ConfigError(f"modalities must be a sequence of {', '.join(MODALITIES)}. Received: {modalities!r}")
    for modality in modalities:
        check_choice("modalities", modality, MODALITIES)
    degrees = parse_view(view)
    key = (*key, degrees)
    camera = beside(degrees - walk.heading, seconds, stream("camera", *key))
    made = {}
    if set(modalities) != {"poses"}:
        shape = surface.build(walk.motion, walk.body, walk.outfit, settings.coat_hides)
        outline, depth = outlines(camera, shape.centres, shape.axes)
    for modality in modalities:
        if modality == "silhouettes":
            made[modality] = _segmented(outline, settings, stream("segmentation", *key))
        elif modality == "poses":
            made[modality] = poses(
                walk.motion, camera, stream("poses", *key), settings.pose_noise, settings.pose_misses
            )
        elif modality == "depth":
            made[modality] = measured_depth(shape, outline, camera, stream("depth", *key))
        else:
            clothes, wall = stream("clothes", *key[:-1]), stream("background", *key)
            made[modality] = grey(shape, outline, depth, camera, clothes, wall)
            if modality == "rgb":
                colours = stream("colours", *key[:-1])
                made[modality] = rgb(made[modality], shape.names, outline, depth, colours)
    return made


def _segmented(outline, settings, rng):
    bias = settings.threshold_bias * rng.standard_normal()
    noise = settings.edge_noise * rng.standard_normal(outline.shape, dtype=np.float32)
    pictures = silhouettes(wider(outline, bias) + noise)
    if settings.faults:
        add_faults(pictures, settings.faults, rng)
    return pictures
