"""Random changes of training batches, as stored: uint8, uint16 or int16, (B, T, H, W, C).

A transform is a callable ``transform(batch, rng) -> batch``. It draws once a sequence where it does not say that it
draws for every frame, writes into `batch`, which it returns, and keeps type and shape. The generator is made from
(seed, epoch, step) by the caller, and how much is drawn does not depend on what a batch shows, so item i of a step is
always changed the same way.
"""

from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import ConfigError
from tfgait.core.modality import modality
from tfgait.data.erasing import Erase, EraseInside, Noise
from tfgait.data.geometry import Affine, Mirror, check_share


@dataclass(frozen=True)
class Threshold:
    """Set flow that is too fast or too slow for a limb to zero.

    Args:
        p: share of the sequences that are changed.
        fast, slow: pixels a frame; what is above `fast` or below `slow`, x and y each on its own, becomes zero.

    Reference: 23 and 0.5 pixels of Embedded-Gait.
    """

    p: float = 0.5
    fast: float = 23.0
    slow: float = 0.5

    def __post_init__(self):
        check_share(p=self.p)
        if not 0 <= self.slow < self.fast:
            raise ConfigError(f"slow must lie between 0 and fast. Received: slow={self.slow}, fast={self.fast}.")

    def __call__(self, batch, rng):
        fast, slow = (round(v / modality("flow").scale) for v in (self.fast, self.slow))
        for item in np.flatnonzero(rng.random(len(batch)) < self.p):
            # As uint16, for the absolute value of the least int16 is itself.
            speed = np.abs(batch[item]).view(np.uint16)
            batch[item] *= (speed >= slow) & (speed <= fast)
        return batch


@dataclass(frozen=True)
class Chain:
    """Apply transforms one after the other; none at all leaves the batch as it is.

    Args:
        transforms: what is applied, in this order.
        p: share of the sequences that they are applied to.
    """

    transforms: tuple = ()
    p: float = 1.0

    def __post_init__(self):
        check_share(p=self.p)

    def __call__(self, batch, rng):
        if self.p == 1:
            return self._apply(batch, rng)
        for item in np.flatnonzero(rng.random(len(batch)) < self.p):
            self._apply(batch[item : item + 1], rng)
        return batch

    def _apply(self, batch, rng):
        for transform in self.transforms:
            batch = transform(batch, rng)
        return batch


# Embedded-Gait moves three quarters of its windows and mirrors half of these. Where it divides pictures that came out
# three times as bright by 255 once more, nothing has to be done here: no transform brightens.
PICTURES = Affine(mirror=0.5, nearest=True)
AUGMENTATIONS = {
    # Its thresholds come first, before interpolation makes fast flow slower at the edge of a limb.
    "flow": Chain((Threshold(), Affine(mirror=0.5, flow=True, nearest=True))),
    "grey": Chain((PICTURES,)),
    "rgb": Chain((PICTURES,)),
    "depth": Chain((PICTURES,)),
    # OpenGait's.
    "silhouettes": Chain((Affine(p=0.2, shifts=(0,), zoom=0.0, degrees=10.0), Mirror(0.2), Erase(0.2))),
    # Of Embedded-Gait's GaitSet, without its blank frames and exchanged axes.
    "silhouettes_embedded": Chain((Affine(p=1, degrees=10.0, mirror=0.5), Noise(), EraseInside()), p=0.75),
}
