"""What an HDF5 file of Keras 2 holds: arrays in their order, and what it says of its layers."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import h5py

from tfgait.core.errors import DataError

MOST_LAYERS = 16
_LONGEST_CONFIG = 1 << 20


@dataclass(frozen=True, eq=False)
class StoredLayer:
    """The weights of one layer.

    Args:
        name: of its first array in the file.
        arrays: the kernel, and the bias where there is one.
    """

    name: str
    arrays: tuple

    @property
    def shape(self):
        """Shape of the kernel."""
        return self.arrays[0].shape

    def __str__(self):
        return f"{self.name} {self.shape}" + (" with its bias" if len(self.arrays) > 1 else "")


@dataclass(frozen=True)
class LegacyFile:
    """A model or the weights of one, as Keras 2 wrote them.

    Args:
        path: of the file.
        weights: `StoredLayer` of every layer that has any, in the order of the file.
        layers: (class name, config) of every layer, those within others in their place; empty where the file holds
            weights only.
        unread: what else is in it, such as the state of an optimiser.
    """

    path: Path
    weights: tuple
    layers: tuple
    unread: tuple

    def configs(self, *kinds):
        """Return the configs of all layers of these classes."""
        return [config for kind, config in self.layers if kind in kinds]

    @property
    def softmax(self):
        """Whether a classifier ends it; None where the file does not say."""
        if not self.layers:
            return None
        return any(config.get("activation") == "softmax" for config in self.configs("Dense")) or bool(
            self.configs("Softmax")
        )

    def input_shape(self, default):
        """Return the shape of a sample, each size as the file says it, or as in `default` where it does not."""
        for config in self.configs("InputLayer")[:1]:
            shape = config.get("batch_input_shape") or config.get("batch_shape") or ()
            if len(shape) == len(default) + 1:
                return tuple(known or usual for known, usual in zip(shape[1:], default, strict=True))
        return tuple(default)


def read_legacy(path):
    """Read a `LegacyFile`; nothing of it is run, and its sizes are checked before anything is allocated.

    Raises:
        DataError: no such file, no HDF5 file, a damaged one, none that Keras wrote, or weights that are not finite.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path} is no file. A model of Embedded-Gait is an .h5 or .hdf5 file.")
    try:
        with h5py.File(path, "r") as file:
            return _read(path, file)
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"{path} is no model that Keras 2 wrote: {_first_line(error)}.") from error
    except (OSError, RuntimeError) as error:
        raise DataError(f"{path} is damaged or no HDF5 file: {_first_line(error)}.") from error


def _read(path, file):
    root = file.get("model_weights", file)
    if not isinstance(root, h5py.Group) or not any(k.startswith("layer_names") for k in root.attrs):
        raise DataError(
            f"{path} holds no weights of Keras 2: it names no layers. Received: {', '.join(file) or 'none'}."
        )
    _check_sizes(path, file)
    arrays = {}
    # Names that links lead to, in the file or out of it, are not among those visited.
    root.visititems(lambda name, item: arrays.update({name: item} if isinstance(item, h5py.Dataset) else {}))
    weights = []
    for layer in _names(root, "layer_names"):
        for name in _names(root[layer], "weight_names"):
            value = _value(path, name, arrays[f"{layer}/{name}"])
            # A bias follows its kernel, whatever was frozen.
            if value.ndim == 1 and weights and len(weights[-1][1]) == 1 and value.shape == weights[-1][1][0].shape[-1:]:
                weights[-1][1].append(value)
            else:
                weights.append((name, [value]))
    if not 0 < len(weights) <= MOST_LAYERS:
        raise DataError(f"{path} must have 1 to {MOST_LAYERS} layers with weights. Received: {len(weights)}.")
    return LegacyFile(
        path,
        tuple(StoredLayer(name, tuple(values)) for name, values in weights),
        tuple(_layers(_config(path, file))),
        tuple(name for name in file if name == "optimizer_weights"),
    )


def _check_sizes(path, file):
    """Raise `DataError` unless the arrays really lie in the file."""
    found = []
    file.visititems(lambda _, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
    if outside := [item.name for item in found if item.external or item.is_virtual]:
        raise DataError(f"{path} must hold its own arrays. Received: {outside[0]}, which lies in another file.")
    total, there = sum(item.nbytes for item in found), path.stat().st_size
    if total > there:
        raise DataError(f"{path} is damaged: its arrays claim {total} bytes, but {there} are there.")


def _value(path, name, stored):
    if stored.dtype.kind != "f" or not stored.size:
        raise DataError(f"{path} must hold weights that are numbers. Received: {name}, {stored.dtype} {stored.shape}.")
    value = stored[()].astype("float32")
    if not math.isfinite(value.min()) or not math.isfinite(value.max()):
        raise DataError(f"{path} must hold finite weights. Received: {name}, in which some are not.")
    return value


def _names(group, attribute):
    """Return a list of names, which Keras spreads over several attributes where it is long."""
    parts = [attribute] if attribute in group.attrs else []
    while f"{attribute}{len(parts)}" in group.attrs:
        parts.append(f"{attribute}{len(parts)}")
    names = [name for part in parts for name in group.attrs[part]]
    return [name.decode("utf-8") if isinstance(name, bytes) else name for name in names]


def _config(path, file):
    text = file.attrs.get("model_config", "{}")
    if len(text) > _LONGEST_CONFIG:
        raise DataError(f"{path} is no model of Embedded-Gait: its config is above {_LONGEST_CONFIG} bytes.")
    return json.loads(text)


def _layers(model):
    """Yield (class name, config) of every layer of a model's config, wrappers and nested models opened."""
    for layer in model.get("config", {}).get("layers", ()):
        config = layer["config"]
        if "layers" in config:
            yield from _layers(layer)
        else:
            inner = config.get("layer", layer)
            yield inner["class_name"], inner["config"]


def _first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
