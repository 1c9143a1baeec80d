"""Walkers: people that the product makes itself (`tfgait.synthesis`), in CASIA-B's conditions and views.

| | |
|---|---|
| subjects | as many as are asked for, ``001``, ``002``, … |
| conditions | ``nm-01..06``, ``bg-01,02`` backpack, shoulder bag or hand bag, ``cl-01,02`` coat |
| views | 0° to 180° in steps of 18° |
| modalities | silhouettes, poses (COCO-17), frames in grey, colour and depth, optical flow; frame-aligned |

Layout: a packed store ``root/<modality>.h5``, or CASIA-B's folders of PNG. Results on walkers are results on walkers;
they are not comparable with scores on recorded people.
"""

from tfgait.datasets import casia_b
from tfgait.datasets.protocol import Protocol, Role, Split

MODALITIES = ("silhouettes", "flow", "grey", "rgb", "depth", "poses")
CONDITIONS = casia_b.CONDITIONS
VIEWS = casia_b.VIEWS
# Fewer conditions than ten are taken in this order, so that gallery and every kind of probe stay present.
CONDITION_ORDER = ("nm-01", "nm-05", "bg-01", "cl-01", "nm-02", "nm-03", "nm-06", "bg-02", "cl-02", "nm-04")

SPLITS = {
    "half": Split("half", 0.5),
    "four_fifths": Split("four_fifths", 0.8),
    "all_train": Split("all_train", 1.0),
    "all_test": Split("all_test", 0.0),
}
PROTOCOLS = {
    "multi_view": Protocol("multi_view", casia_b.GALLERY, casia_b.PROBES, cross_view=True),
    "single_view": Protocol("single_view", casia_b.GALLERY, casia_b.PROBES, cross_view=False),
    "other_views": Protocol("other_views", casia_b.GALLERY, casia_b.PROBES, cross_view=False, other_views=True),
}
NCLASSES = {74: Role("half", "train"), 50: Role("half", "test", casia_b.GALLERY, "other_views")}

index = casia_b.index
read = casia_b.read


def check(root):
    """Return a list of `Finding` of PNG folders: every subject that lacks what the others have."""
    table, findings = read(root)
    subjects, conditions, views = (sorted(set(c.tolist())) for c in (table.subject, table.condition, table.view))
    return findings + casia_b.missing(table, subjects, conditions, views)
