"""The data sets that walkers are made as: their conditions, views, and where their pictures lie."""

from dataclasses import dataclass, field
from pathlib import Path

from tfgait.datasets import tum_gaid, walkers, walkers_tum

LISTS = {"tumgaidtrainids.lst": True, "tumgaidtestids.lst": False}  # of the people who train, and of the others


@dataclass(frozen=True)
class Layout:
    """One of them.

    Args:
        dataset: its name in `tfgait.datasets.DATASETS`.
        conditions: all of them.
        order: those of one session; fewer are taken in this order, so that gallery and every kind of probe stay.
        views: what is filmed where nothing else is said.
        any_view: whether it can be filmed from others.
        storable, drawable: modalities of its stores, and of its PNG.
        shapes: (H, W, C) of modalities that are not stored in their usual shape.
        later: {condition: the same in a second session}.
        folders: {modality: folder of its PNG}; empty: the modality's name, and none where there is one only.
        sheet: conditions that a contact sheet shows.
    """

    dataset: str
    conditions: tuple
    order: tuple
    views: tuple
    any_view: bool
    storable: tuple
    drawable: tuple
    sheet: tuple
    shapes: dict = field(default_factory=dict)
    later: dict = field(default_factory=dict)
    folders: dict = field(default_factory=dict)

    def sequence(self, subject, condition, view):
        """Return the folder of one sequence of PNG, relative to that of its modality, and the stem of its files."""
        if self.folders:
            return Path(f"p{subject}") / condition.replace("-", ""), ""
        return Path(subject) / condition / view, f"{subject}-{condition}-{view}-"

    def folder(self, out, modality, modalities):
        """Return the folder below `out` that holds all PNG of a modality, of those that are made."""
        if self.folders:
            return Path(out) / self.folders[modality]
        return Path(out) / modality if len(modalities) > 1 else Path(out)


PICTURES = ("silhouettes", "flow", "grey", "rgb", "depth")
LAYOUTS = {
    "casia_b": Layout(
        dataset="walkers",
        conditions=walkers.CONDITIONS,
        order=walkers.CONDITION_ORDER,
        views=walkers.VIEWS,
        any_view=True,
        storable=(*PICTURES, "poses"),
        drawable=("silhouettes", "grey", "rgb", "depth"),
        sheet=("nm-01", "bg-01", "cl-01"),
    ),
    "tum_gaid": Layout(
        dataset="walkers_tum",
        conditions=walkers_tum.CONDITIONS,
        order=walkers_tum.CONDITION_ORDER,
        views=(tum_gaid.VIEW,),
        any_view=False,
        storable=PICTURES,
        drawable=("silhouettes", "grey", "rgb", "depth"),
        shapes={"silhouettes": (60, 60, 1)},
        later=dict(zip(tum_gaid.FIRST_SESSION, tum_gaid.SECOND_SESSION, strict=True)),
        folders={"silhouettes": "silhouettes", "grey": "image", "rgb": "image", "depth": "depth"},
        sheet=("n-01", "b-01", "s-01", "n-07", "b-03", "s-03"),
    ),
}
