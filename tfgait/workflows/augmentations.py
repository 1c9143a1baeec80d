"""What augmentation does to a walk, as a picture: `augmentations`."""

from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from tfgait.core.errors import ConfigError, check_choice
from tfgait.core.files import whole_file
from tfgait.core.home import runs_dir
from tfgait.core.modality import PUBLISHED_NAMES
from tfgait.core.modality import modality as modality_of
from tfgait.synthesis.settings import WalkerSettings
from tfgait.workflows.walker_jobs import RENDERED, Job, Plan, stored

WALK = Job("001", 0, "nm-01", ("090",))
FRAMES = 37  # two windows of flow
DRAWS = 16  # the one that changes most is shown


@dataclass(frozen=True)
class AugmentationsOptions:
    """What to show.

    Args:
        mod: modality, such as flow (or of), silhouettes, or silhouettes_embedded: Embedded-Gait's for GaitSet
        seed: of the random numbers
        out: the PNG to write; empty: in runs/augmentations
    """

    mod: str = "flow"
    seed: int = 0
    out: str = ""


@dataclass(frozen=True)
class AugmentationsResult:
    """What was drawn.

    Args:
        file: the picture.
        mod: the set of transforms.
        transforms: one line each, as in the picture.
        changed: share in percent of the values that each changed.
    """

    file: str
    mod: str
    transforms: tuple
    changed: tuple


def augmentations(options, progress=None):
    """Draw a walk before and after every transform of a modality; return the `AugmentationsResult`.

    Raises:
        ConfigError: a modality without transforms, or which no walker is rendered in, or a seed below 0.
    """
    from tfgait.data.transforms import AUGMENTATIONS
    from tfgait.report.augmentations import before_and_after

    name = PUBLISHED_NAMES.get(options.mod, options.mod)
    check_choice("mod", name, list(AUGMENTATIONS))
    kind = modality_of(name.partition("_")[0])
    if kind.name not in RENDERED:
        raise ConfigError(f"mod must be one that walkers are made in: {', '.join(RENDERED)}. Received: mod={name}.")
    if options.seed < 0:
        raise ConfigError(f"seed must be at least 0. Received: seed={options.seed}.")
    pieces, _ = stored(Plan((kind.name,), WalkerSettings(), 0, FRAMES), WALK)
    walk = pieces[0][3][None, : kind.frames]
    rows, changed = [], []
    shown = [*steps(AUGMENTATIONS[name]), ("all of them, each with its share", AUGMENTATIONS[name])]
    for done, (title, transform) in enumerate(shown, 1):
        after = most_changed(transform, walk, options.seed)
        rows.append((title, kind.to_network(walk[0]), kind.to_network(after[0])))
        changed.append(round(100 * float(np.mean(after != walk)), 2))
        if progress:
            progress(done, len(shown), "transforms")
    out = Path(options.out).expanduser() if options.out else runs_dir() / "augmentations" / f"{name}.png"
    with whole_file(out) as temporary:
        temporary.write_bytes(before_and_after(rows, kind.unit))
    return AugmentationsResult(str(out), name, tuple(title for title, _, _ in rows), tuple(changed))


def steps(transform, share=1.0):
    """Yield (title, transform) of everything that a transform is made of, each applied to every sequence.

    Args:
        transform: of `tfgait.data.transforms`.
        share: of the sequences that it is applied to, for the title.
    """
    from tfgait.data.transforms import Affine, Chain

    share *= transform.p
    if isinstance(transform, Chain):
        for part in transform.transforms:
            yield from steps(part, share)
    elif isinstance(transform, Affine):
        still = replace(transform, p=1, shifts=(0,), zoom=0.0, degrees=0.0, mirror=0.0)
        sign = ", x with the opposite sign" if transform.flow else ""
        parts = {
            "shifts": f"shift x and y by {', '.join(map(str, transform.shifts))} pixels",
            "zoom": f"zoom x and y by up to {transform.zoom:.0%}",
            "degrees": f"rotate by up to {transform.degrees:g}°",
            "mirror": f"mirror{sign}",
        }
        for name, title in parts.items():
            value = getattr(transform, name)
            if value != getattr(still, name):
                applied = share * value if name == "mirror" else share
                yield f"{title}; p = {applied:g}", replace(still, **{name: 1.0 if name == "mirror" else value})
    else:
        constants = [f"{f.name} {getattr(transform, f.name)}" for f in fields(transform) if f.name != "p"]
        yield "; ".join([type(transform).__name__, *constants, f"p = {share:g}"]), replace(transform, p=1)


def most_changed(transform, batch, seed):
    """Return what the draw that changes a batch most makes of it, so that it can be seen."""
    drawn = [transform(batch.copy(), np.random.default_rng([seed, draw])) for draw in range(DRAWS)]
    return max(drawn, key=lambda after: float(np.abs(after.astype(np.float32) - batch).mean()))
