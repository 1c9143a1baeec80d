"""A lazy table name -> "module:attribute": listing the names imports nothing."""

import importlib

from tfgait.core.errors import check_choice


class Registry:
    """Names that stand for classes, functions or modules not yet imported.

    Args:
        kind: what the names are, for error messages, such as ``"network"``.
        targets: ``{name: "package.module:attribute"}``, or ``"package.module"`` for a module itself.

    Example:
        >>> NETWORKS = Registry("network", {"gaitset": "tfgait.nets.gaitset:GaitSet"})
        >>> NETWORKS["gaitset"]
        <class 'tfgait.nets.gaitset.GaitSet'>
    """

    def __init__(self, kind, targets):
        self.kind = kind
        self._targets = dict(targets)

    def __iter__(self):
        return iter(self._targets)

    def __len__(self):
        return len(self._targets)

    def __contains__(self, name):
        return name in self._targets

    def __getitem__(self, name):
        check_choice(self.kind, name, list(self._targets))
        module, _, attribute = self._targets[name].partition(":")
        module = importlib.import_module(module)
        return getattr(module, attribute) if attribute else module
