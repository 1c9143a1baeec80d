"""Optical flow between two grey frames: plain callables ``estimator(first, second) -> (h, w, 2) float32``.

They get two (H, W) uint8 frames. The field may be coarser than the frames but covers them; component 0 is the motion
to the right, component 1 the motion down, in pixels of the frames given, from the first to the second. Anything of
that form can be given to `tfgait.preprocess.flow.flow_windows`.
"""

import importlib
from dataclasses import dataclass
from functools import cache, partial

import cv2
import numpy as np

from tfgait.core.errors import ConfigError, check_choice

DIS_PRESETS = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}


@dataclass(frozen=True)
class Farneback:
    """Farnebäck's polynomial expansion, by OpenCV.

    Args:
        scale: in (0, 1]: the frames are shrunk by it first and the flow is given in full pixels all the same.
            0.5 costs a fifth of 1; on a textured shift both are within 0.06 pixels.
        window: averaging window in pixels of the shrunk frame.

    Reference: Farnebäck, "Two-frame motion estimation based on polynomial expansion", SCIA 2003.
    """

    scale: float = 1.0
    window: int = 15

    def __post_init__(self):
        if not 0 < self.scale <= 1:
            raise ConfigError(f"scale must lie in (0, 1]. Received: scale={self.scale}.")
        if self.window < 3:
            raise ConfigError(f"window must be at least 3. Received: window={self.window}.")

    def __call__(self, first, second):
        shrunk = (first, second)
        if self.scale != 1:
            size = [max(1, round(n * self.scale)) for n in first.shape[::-1]]
            shrunk = [cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in shrunk]
        flow = cv2.calcOpticalFlowFarneback(*shrunk, None, 0.5, 3, self.window, 3, 5, 1.2, 0)
        if self.scale != 1:
            flow[..., 0] *= first.shape[1] / size[0]
            flow[..., 1] *= first.shape[0] / size[1]
        return flow


@dataclass(frozen=True)
class Dis:
    """Dense inverse search, by OpenCV: about ten times faster than Farnebäck and coarser.

    Args:
        preset: ``"ultrafast"``, ``"fast"`` or ``"medium"``.

    Reference: Kroeger et al., "Fast optical flow using dense inverse search", ECCV 2016.
    """

    preset: str = "fast"

    def __post_init__(self):
        check_choice("preset", self.preset, list(DIS_PRESETS))

    def __call__(self, first, second):
        return _dis(self.preset).calc(first, second, None)


@cache
def _dis(preset):
    return cv2.DISOpticalFlow_create(DIS_PRESETS[preset])


@dataclass(frozen=True)
class Foreign:
    """A callable of others: whatever goes wrong in it is a `ConfigError` that names it.

    Args:
        name: of it, ``package.module:callable``.
        function: itself.
    """

    name: str
    function: object

    def __call__(self, first, second):
        try:
            return self.function(first, second)
        except Exception as error:  # a function of others may fail in any way
            raise ConfigError(
                f"estimator must take two grey frames (H, W) uint8. Received: estimator={self.name}, which gives "
                f"{type(error).__name__}: {error}."
            ) from error


# Names for options; each is called without arguments to get the estimator.
ESTIMATORS = {"farneback": Farneback, "farneback_half": partial(Farneback, 0.5), "dis": Dis}


@cache
def estimator_of(name):
    """Return the estimator that an option names: a key of `ESTIMATORS`, or ``package.module:callable``.

    A callable of others is tried on two small frames.

    Raises:
        ConfigError: no such name, module or callable, or one that gives something else than finite flow.
    """
    if ":" not in name:
        check_choice("estimator", name, list(ESTIMATORS))
        return ESTIMATORS[name]()
    module, _, attribute = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except Exception as error:  # a module of others may fail in any way when it is imported
        raise ConfigError(
            f"estimator must be one of {', '.join(ESTIMATORS)}, or package.module:callable on the PYTHONPATH. "
            f"Received: estimator={name}, which gives {type(error).__name__}: {error}."
        ) from error
    if not callable(found):
        raise ConfigError(f"estimator must be callable. Received: estimator={name}, a {type(found).__name__}.")
    found = Foreign(name, found)
    checked_flow(found(*np.random.default_rng(0).integers(0, 256, (2, 48, 64), dtype=np.uint8)), name)
    return found


def estimator_file(name):
    """Return the file with the code of an estimator of others; None for ours, or where Python knows of no file."""
    return getattr(importlib.import_module(name.partition(":")[0]), "__file__", None) if ":" in name else None


def checked_flow(flow, where):
    """Return flow as (h, w, 2) float32; `ConfigError` with `where` it comes from if it is none, or not finite."""
    flow = np.asarray(flow, np.float32)
    if flow.ndim != 3 or flow.shape[2] != 2 or 0 in flow.shape or not np.isfinite(flow).all():
        raise ConfigError(
            f"an estimator must give finite flow of shape (h, w, 2). Received: shape {flow.shape} from {where}."
        )
    return flow
