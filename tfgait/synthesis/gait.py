"""Gaits: joint-angle curves over one stride as Fourier series, and how people differ in them.

Hip, knee and ankle in the sagittal plane are after the normal curves of Winter (2009; natural cadence, trunk vertical)
and Perry & Burnfield, "Gait Analysis" (2010), from memory of the published curves, one value every 5 % of the stride,
then changed by up to about 5 degrees, mostly in swing, so that the toes of this skeleton clear the ground. Pelvis,
trunk and arms are single harmonics with ranges after Perry & Burnfield (pelvis) and Murray, Sepic & Barnard, Phys.
Ther. 47 (1967) (arms). The ankle is kept as the angle of the foot to the floor (hip - knee + ankle), so that a personal
knee does not tilt the sole of a standing foot. The differences between people are estimates; `settings.py` tells how
they were judged.

Channels and signs (degrees): flexion and lifting the toes are positive; leans and pitches are positive forwards;
rotations are positive to the left; `pelvis_list` and `trunk_list` are positive with the left side up.
"""

from dataclasses import dataclass

import numpy as np

HARMONICS = 6

# At 0, 5, … 95 % of the stride, from heel strike to heel strike of the same foot.
_HIP = (20, 19.5, 18, 15, 12, 8.5, 4.5, 0.5, -4, -8, -11, -12, -8, 0, 9, 16, 20.5, 22.5, 23, 21.5)
_KNEE = (5, 11, 16, 18.5, 17.5, 14.5, 11, 8, 5.5, 6, 10, 20, 36, 52, 62, 63, 55, 38, 17, 5)
_ANKLE = (0, -5, -4.5, 0, 3.5, 5.5, 7, 8.5, 9.8, 10, 6, -4, -16, -17, -9, -1, 4, 5, 3, 0.5)
_FOOT = tuple(h - k + a for h, k, a in zip(_HIP, _KNEE, _ANKLE, strict=True))


@dataclass(frozen=True)
class Channel:
    """One angle: its normal curve and the standard deviations between people.

    Args:
        curve: one value each 5 % of the stride, or `(mean, amplitude, harmonic, peak)` with the peak as a part of the
            stride.
        offset: standard deviation of the mean, degrees.
        amplitude: relative standard deviation of the size of the swing.
        phase: standard deviation of the shift, as a part of the stride.
        shape: standard deviation of the first free harmonic, degrees; the k-th has 1/k of it.
        paired: left and right have a curve each, half a stride apart.
    """

    curve: tuple
    offset: float
    amplitude: float
    phase: float
    shape: float
    paired: bool


CHANNELS = {
    "hip": Channel(_HIP, 2.2, 0.11, 0.008, 1.2, True),
    "knee": Channel(_KNEE, 2.5, 0.08, 0.008, 1.4, True),
    "foot": Channel(_FOOT, 1.0, 0.09, 0.008, 1.0, True),
    "toe_out": Channel((6.0, 0.0, 1, 0.0), 5.0, 0.0, 0.0, 0.8, True),
    "leg_spread": Channel((-1.6, 0.0, 1, 0.0), 1.1, 0.0, 0.0, 0.3, True),
    "shoulder": Channel((-4.0, 16.0, 1, 0.52), 5.0, 0.32, 0.025, 1.6, True),
    "shoulder_spread": Channel((8.0, 1.0, 1, 0.5), 3.5, 0.3, 0.02, 0.6, True),
    "elbow": Channel((25.0, 9.0, 1, 0.55), 8.0, 0.45, 0.03, 2.0, True),
    "pelvis_turn": Channel((0.0, 5.0, 1, 0.5), 0.8, 0.35, 0.02, 0.5, False),
    "pelvis_list": Channel((0.0, 3.5, 1, 0.15), 0.8, 0.35, 0.02, 0.4, False),
    "pelvis_tilt": Channel((8.0, 1.2, 2, 0.10), 3.0, 0.3, 0.02, 0.3, False),
    "trunk_lean": Channel((3.0, 0.8, 2, 0.10), 3.0, 0.3, 0.02, 0.4, False),
    "trunk_turn": Channel((0.0, 4.0, 1, 0.0), 0.8, 0.4, 0.02, 0.5, False),
    "trunk_list": Channel((0.0, 1.3, 1, 0.75), 0.9, 0.4, 0.03, 0.4, False),
    "head_pitch": Channel((4.0, 0.8, 2, 0.10), 6.0, 0.3, 0.02, 0.4, False),
    "sway": Channel((0.0, 1.4, 1, 0.27), 0.0, 0.3, 0.02, 0.15, False),  # of the pelvis, as an angle of the leg
}
NAMES = tuple(CHANNELS)
CADENCE = (0.92, 0.06)  # strides a second; relative standard deviation between people
ASYMMETRY = 0.35  # the difference of the two sides, as a part of the differences between people


def _series(channel):
    """Mean and complex harmonics `(HARMONICS,)` of a channel's normal curve, in degrees, for the left side."""
    harmonics = np.zeros(HARMONICS, complex)
    if len(channel.curve) == 4:
        mean, size, order, peak = channel.curve
        harmonics[order - 1] = size * np.exp(-2j * np.pi * order * peak)
        return mean, harmonics
    spectrum = np.fft.rfft(channel.curve) / len(channel.curve)
    harmonics[:] = 2 * spectrum[1 : HARMONICS + 1]
    return spectrum[0].real, harmonics


_MEAN = np.array([_series(c)[0] for c in CHANNELS.values()])
_HARMONICS = np.array([_series(c)[1] for c in CHANNELS.values()])
_OFFSET, _AMPLITUDE, _PHASE, _SHAPE = np.array([(c.offset, c.amplitude, c.phase, c.shape) for c in CHANNELS.values()]).T
_PAIRED = np.array([c.paired for c in CHANNELS.values()])
_FALL = 1.0 / np.arange(1, HARMONICS + 1)
# per channel: common offset, amplitude, phase, HARMONICS complex shapes; then the difference of the sides in the same
_PER_SIDE = 3 + 2 * HARMONICS
TRAITS = 1 + 2 * _PER_SIDE * len(NAMES)


@dataclass(frozen=True)
class Gait:
    """One gait: `mean (C, 2)` and `harmonics (C, 2, HARMONICS)` in degrees for left and right, `cadence` in Hz."""

    mean: np.ndarray
    harmonics: np.ndarray
    cadence: float

    def angles(self, phase):
        """The angles in radians, `{channel: (2, T)}`, at `phase (T,)` in radians of the left stride."""
        turns = np.exp(1j * np.arange(1, HARMONICS + 1)[:, None] * phase)
        curves = self.mean[..., None] + (self.harmonics @ turns).real
        return dict(zip(NAMES, np.radians(curves), strict=True))


def from_traits(traits):
    """The gait of standard scores `traits (TRAITS,)`; zeros give the normal gait."""
    cadence = CADENCE[0] * float(np.exp(CADENCE[1] * traits[0]))
    common, difference = traits[1:].reshape(2, len(NAMES), _PER_SIDE)
    difference = ASYMMETRY * difference * _PAIRED[:, None]
    scores = np.stack([common + difference, common - difference], axis=1)
    mean = _MEAN[:, None] + _OFFSET[:, None] * scores[..., 0]
    size = np.exp(_AMPLITUDE[:, None] * scores[..., 1])
    shift = 2 * np.pi * _PHASE[:, None] * scores[..., 2]
    free = scores[..., 3:].reshape(len(NAMES), 2, HARMONICS, 2)
    # only three free harmonics: higher ones would be a tremor
    free = (free[..., 0] + 1j * free[..., 1]) * (_SHAPE[:, None, None] * _FALL * (np.arange(HARMONICS) < 3))
    orders = np.arange(1, HARMONICS + 1)
    harmonics = _HARMONICS[:, None] * size[..., None] * np.exp(1j * shift[..., None] * orders) + free / np.sqrt(2)
    harmonics[_PAIRED, 1] *= np.exp(1j * np.pi * orders)
    return Gait(mean, harmonics, cadence)


def sample(rng, spread=1.0):
    """A random gait; `spread` multiplies every standard deviation between people."""
    return from_traits(spread * rng.standard_normal(TRAITS))
