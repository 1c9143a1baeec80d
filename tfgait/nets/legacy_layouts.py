"""Where the weights of Embedded-Gait's networks go in ours, by shape and order."""

from dataclasses import dataclass, field

from tfgait.core.errors import DataError
from tfgait.nets import cnn2d, cnn2plus1d, cnn3d, gaitset
from tfgait.nets.cnn2plus1d import CNN2Plus1D
from tfgait.nets.gaitset import GaitSet

PLAIN = {"InputLayer", "Conv2D", "Conv3D", "MaxPooling2D", "Flatten", "Dense", "Dropout", "Softmax"}
# What they do is code, which is not read; their place in the published networks is known.
OPERATIONS = frozenset({"Lambda", "TensorFlowOpLayer", "TFOpLambda"})
_SET_KINDS = OPERATIONS | {"TimeDistributed", "LeakyReLU", "Add", "Concatenate", "Reshape", "Permute", "MatMul"}


@dataclass(frozen=True)
class Layout:
    """A published network.

    Args:
        network: the class of ours.
        widths: names of its widths.
        slots: {layer of ours: (shape of its kernel, the layer of ours that comes before it or None)}; a word in a shape
            stands for an unknown size, the same wherever it stands.
        dense: slots of its dense layers up to the last but one; "rows" is what they read.
        kinds: classes of Keras layers it may have beside the plain ones.
        biased: whether its convolutions have biases.
    """

    network: type
    widths: tuple
    slots: dict
    dense: dict = field(default_factory=dict)
    kinds: frozenset = frozenset()
    biased: bool = True


def _chain(sizes):
    """Return the slots of convolutions that follow one another, {layer: kernel size}."""
    slots, before = {}, None
    for name, size in sizes.items():
        slots[name] = ((*size, before or "channels", name), before)
        before = name
    return slots


def _factorised():
    sizes = {}
    for name, (taps, *size) in cnn3d.KERNELS.items():
        sizes |= {f"{name}_space": tuple(size), f"{name}_time": (taps, 1)}
    return _chain(sizes)


def _branches():
    # Keras sorts layers by their distance from the output: by it, each of the frame branch comes before its twin of the
    # global one, so that the first that fits is the right one.
    slots = _chain({f"frame{i}": (3, 3) for i in range(1, 7)}) | {"frame1": ((5, 5, 1, "frame1"), None)}
    for name, before, reads, gives in (
        ("global1", "frame2", "frame2", "global1"),
        ("global2", "global1", "global1", "frame4"),
        ("global3", "global2", "frame4", "global3"),
        ("global4", "global3", "global3", "frame6"),
    ):
        slots[name] = ((3, 3, reads, gives), before)
    return slots | {"encode": (("parts", "frame6", "embedding"), "global4")}


def layout_of(file):
    """Return the `Layout` of a `LegacyFile`.

    Raises:
        DataError: it is none of the published networks.
    """
    shapes = [layer.shape for layer in file.weights]
    ranks, sizes = {len(shape) for shape in shapes}, {shape[:2] for shape in shapes if len(shape) == 4}
    if 5 in ranks:
        slots = _chain(cnn3d.KERNELS) | {"gray_code": ((1, 1, 1, "conv6", "embedding"), "conv6")}
        return Layout(cnn3d.CNN3D, tuple(cnn3d.WIDTHS), slots)
    if 3 in ranks:
        return Layout(GaitSet, tuple(gaitset.WIDTHS), _branches(), kinds=_SET_KINDS, biased=False)
    if (7, 7) in sizes:
        slots = _chain({name: (size, size) for name, size in cnn2d.KERNELS.items()})
        dense = {"dense": (("rows", "dense"), None), "code": (("dense", "embedding"), None)}
        return Layout(cnn2d.CNN2D, tuple(cnn2d.WIDTHS), slots, dense)
    if (3, 1) in sizes:
        dense = {"gray_code": (("rows", "embedding"), None)}
        return Layout(CNN2Plus1D, tuple(cnn2plus1d.WIDTHS), _factorised(), dense, OPERATIONS | {"Reshape"})
    raise DataError(
        f"{file.path} holds none of Embedded-Gait's networks: cnn2d, cnn3d, cnn2plus1d or gaitset. "
        f"Received: kernels of the shapes {', '.join(map(str, shapes))}."
    )


def place(file, slots, biased=True, sizes=None):
    """Return ({slot: `StoredLayer`}, {word: size}): the first way in the file's order in which every slot is filled.

    Args:
        file: `LegacyFile`.
        slots: as of a `Layout`.
        biased: whether the layers have biases.
        sizes: words whose size is known.

    Raises:
        DataError: a slot stays empty; the shape it needs is named.
    """
    order, items = list(slots), list(enumerate(file.weights))
    reached = {}

    def fill(taken, known):
        if len(taken) == len(order):
            return taken, known
        name = order[len(taken)]
        pattern, before = slots[name]
        reached.setdefault(len(taken), (name, [known.get(p, p) for p in pattern]))
        for position, layer in items:
            free = position not in taken.values() and (before is None or position > taken[before])
            sized = _bound(pattern, layer.shape, known) if free and len(layer.arrays) == 1 + biased else None
            if sized is not None and (found := fill({**taken, name: position}, sized)):
                return found
        return None

    found = fill({}, dict(sizes or {}))
    if found is None:
        name, shape = reached[max(reached)]
        shape = ", ".join("any" if isinstance(s, str) else str(s) for s in shape)
        raise DataError(
            f"{file.path} must hold a kernel ({shape}) {'with' if biased else 'without'} a bias for {name}. "
            f"Received: {', '.join(map(str, file.weights))}."
        )
    taken, known = found
    return {name: file.weights[position] for name, position in taken.items()}, known


def _bound(pattern, shape, known):
    """Return the sizes known once a shape has met a pattern; None where it does not fit."""
    if len(pattern) != len(shape):
        return None
    known = dict(known)
    for wanted, size in zip(pattern, shape, strict=True):
        if (known.setdefault(wanted, size) if isinstance(wanted, str) else wanted) != size:
            return None
    return known
