"""A functional Keras graph, read and rebuilt: which channels hang together, what each layer costs, other widths."""

from tfgait.graph.costs import LayerCost, costs, macs
from tfgait.graph.groups import Coupling, Group, groups
from tfgait.graph.rebuild import RebuildError, rebuild
from tfgait.graph.trace import Graph, Step, trace

__all__ = [
    "Coupling",
    "Graph",
    "Group",
    "LayerCost",
    "RebuildError",
    "Step",
    "costs",
    "groups",
    "macs",
    "rebuild",
    "trace",
]
