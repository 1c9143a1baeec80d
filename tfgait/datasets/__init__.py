"""Data sets: where their files lie, who is in them, how they are split and scored; and the packed store."""

from tfgait.core.registry import Registry

DATASETS = Registry(
    "dataset",
    {
        "casia_b": "tfgait.datasets.casia_b",
        "walkers": "tfgait.datasets.walkers",
        "tum_gaid": "tfgait.datasets.tum_gaid",
        "walkers_tum": "tfgait.datasets.walkers_tum",
        "mocap": "tfgait.datasets.mocap",
        "folder": "tfgait.datasets.folder",
    },
)
