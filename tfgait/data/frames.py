"""Which frames of its sequences a batch gets: indices counted from the start of each sequence."""

import numpy as np

from tfgait.core.errors import ConfigError, check_choice
from tfgait.core.frames import central_frames

MODES = ("unordered", "ordered", "consecutive", "central", "all")
SKIP = 4  # frames a stretch of "ordered" is longer than what is taken from it
MOST = 720  # frames of a sequence that "all" takes, as OpenGait does


def choose(length, frames, mode, rng=None, skip=SKIP):
    """Choose frames for every sequence of a batch at once.

    Args:
        length: (B,) frames each sequence has, at least 1.
        frames: how many to take, F; "all" ignores it.
        mode: "unordered": F different ones in any order (with repeats where there are fewer), as OpenGait's
            fixed_unordered; "ordered": F of a stretch of F + skip at a random place, ascending, shorter sequences
            cycled, as fixed_ordered; "consecutive": F on end from a random place, for networks that see motion, so that
            a stored window of F frames is taken as it is; "central": the central F, cycled where there are fewer, the
            rule of scoring; "all": every frame, 720 at most.
        rng: `numpy.random.Generator`; "central" and "all" need none.
        skip: frames the stretch of "ordered" may leave out, at least 0.

    Returns:
        index: (B, T) int64, T = F, or the longest length of "all".
        count: (B,) int64, how many of the T count; the rest repeats the first frame.
    """
    check_choice("mode", mode, MODES)
    length = np.asarray(length, np.int64)
    if mode == "all":
        count = np.minimum(length, MOST)
        index = np.arange(count.max())[None]
        return np.where(index < count[:, None], index, 0), count
    if frames < 1 or skip < 0:
        raise ConfigError(f"frames must be at least 1 and skip at least 0. Received: frames={frames}, skip={skip}.")
    if mode == "unordered":
        index = _unordered(length, frames, rng)
    elif mode in ("ordered", "consecutive"):
        index = _ordered(length, frames, skip if mode == "ordered" else 0, rng)
    else:
        index = np.stack([central_frames(int(n), frames) for n in length])
    return index, np.full(len(length), frames, np.int64)


def _unordered(length, frames, rng):
    # The order of random keys is a random order; what lies beyond a sequence's end comes last.
    keys = rng.random((len(length), max(frames, length.max())), np.float32)
    keys[np.arange(keys.shape[1]) >= length[:, None]] = 2
    index = np.argsort(keys, axis=1)[:, :frames]
    short = length < frames
    index[short] = rng.integers(0, length[short, None], (int(short.sum()), frames))
    return index


def _ordered(length, frames, skip, rng):
    stretch = frames + skip
    # A shorter sequence is repeated until the stretch fits.
    tiled = length * np.maximum(-(-stretch // length), 1)
    start = rng.integers(0, tiled - stretch + 1)
    within = np.sort(np.argsort(rng.random((len(length), stretch)), axis=1)[:, :frames], axis=1)
    return (start[:, None] + within) % length[:, None]
