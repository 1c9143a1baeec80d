"""What there is: networks, presets, data sets, formats, criteria, shipped models."""

from dataclasses import dataclass, field

from tfgait.core.home import models_dir, runs_dir
from tfgait.core.recipes import recipe_names, recipe_title


@dataclass(frozen=True)
class CatalogueOptions:
    """What to list: everything.

    Args:
    """


@dataclass(frozen=True)
class Catalogue:
    """Names that other commands take.

    Args:
        networks: classes of networks.
        presets: ``{preset: network}``.
        datasets: ``{data set: its splits and protocols}``.
        formats: ``{format: precisions}`` of `export`.
        criteria: ``{criterion: what it takes a filter to be worth}`` of `prune`.
        models: shipped presets and finished runs.
        recipes: ``{recipe: what it is}`` of `train --config`.
    """

    networks: list
    presets: dict
    datasets: dict
    formats: dict
    criteria: dict = field(default_factory=dict)
    models: dict = field(default_factory=dict)
    recipes: dict = field(default_factory=dict)


def catalogue(options, progress=None):
    """Return the `Catalogue` of this installation."""
    from tfgait.compress import CRITERIA
    from tfgait.datasets import DATASETS
    from tfgait.deploy.formats import FORMATS
    from tfgait.nets import NETWORKS
    from tfgait.nets.presets import PRESETS

    formats = {}
    for entry in FORMATS:
        formats.setdefault(entry.format, []).append(entry.precision)
    return Catalogue(
        networks=list(NETWORKS),
        presets={name: network for name, (network, _) in PRESETS.items()},
        datasets={
            name: {"splits": list(DATASETS[name].SPLITS), "protocols": list(DATASETS[name].PROTOCOLS)}
            for name in DATASETS
        },
        formats=formats,
        criteria={name: CRITERIA[name].what for name in CRITERIA},
        models={
            kind: sorted(p.parent.name for p in root.glob("*/model.keras") if not p.parent.is_symlink())
            for kind, root in (("shipped", models_dir()), ("runs", runs_dir()))
        },
        recipes={name: recipe_title(name) for name in recipe_names()},
    )
