"""Embedded-Gait's ``.h5`` and ``.hdf5`` models as networks of ours: their weights only, nothing of them is run."""

from dataclasses import dataclass

from tfgait.core.errors import ConfigError, DataError, UserError, check_choice
from tfgait.core.modality import modality as modality_of
from tfgait.nets.cnn2d import CNN2D
from tfgait.nets.gaitset import GaitSet
from tfgait.nets.legacy_checks import channels_first, check_kinds, check_layers, slope_of
from tfgait.nets.legacy_file import read_legacy
from tfgait.nets.legacy_layouts import OPERATIONS, layout_of, place
from tfgait.nets.network import Network
from tfgait.nets.window import MODALITIES

LAST_DENSE = ("", "goes", "stays")
# With so many classes Embedded-Gait's test discards the last dense layer; with 155 it keeps it.
DISCARDING = 150
# What its networks were made for, where a file holds weights only.
FRAMES, WINDOW, SILHOUETTE, SLOPE = 25, (60, 60), (64, 44), 0.3


@dataclass(frozen=True)
class Legacy:
    """A model of Embedded-Gait, read.

    Args:
        network: ours, with its weights.
        classifier: (kernel (P * D, classes), bias (classes,)) of its softmax on the flattened embedding, or None.
        leftovers: what of the file is not used, by name.
        notes: which layer is the signature, and what was taken for granted.
    """

    network: Network
    classifier: tuple | None
    leftovers: tuple
    notes: tuple


def load_legacy(path, last_dense="", nclasses=0, modality=""):
    """Read a model of Embedded-Gait: 2D, 3D, 2+1 or GaitSet, whole or pruned, a model or only its weights.

    Layers are found by the shapes of their kernels and by their order. A softmax classifier is never part of the
    network; where there is none, the last dense layer of the networks on windows goes or stays as asked. The parts of
    a GaitSet come in our order.

    Args:
        path: of the file.
        last_dense: ``goes``: what it reads is the signature; ``stays``: what it gives is; empty: by `nclasses`.
        nclasses: the option of Embedded-Gait's test: with 150 the last dense layer goes, else it stays.
        modality: kind of input, as we or Embedded-Gait call it; empty: by the channels of the first kernel.

    Returns:
        `Legacy`.

    Raises:
        ConfigError: an unknown choice, or no `modality` where one channel a frame may be grey, depth or silhouettes.
        DataError: a file that is none of the published models, or a damaged one.
    """
    check_choice("last_dense", last_dense, LAST_DENSE)
    file = read_legacy(path)
    goes = last_dense == "goes" or (not last_dense and nclasses == DISCARDING)
    try:
        return _mapped(file, goes, modality)
    except UserError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path} describes a layer as Keras 2 does not: {type(error).__name__}, {error}.") from error


def _mapped(file, goes, modality):
    """Return the `Legacy` of a `LegacyFile`."""
    layout = layout_of(file)
    check_kinds(file, layout)
    placed, sizes = place(file, layout.slots, layout.biased)
    if layout.network is GaitSet:
        config, placed, classifier = _set(file, placed, sizes, modality)
        signature, dropped = "encode", ()
    else:
        config, placed, classifier, dropped = _windowed(file, layout, placed, sizes, goes, modality)
        signature = config["signature"]
    used = [*placed.values(), *dropped, *([classifier] if classifier else [])]
    if unknown := [str(layer) for layer in file.weights if layer not in used]:
        raise DataError(f"{file.path} must hold a {layout.network.__name__} as published. Received: also {unknown[0]}.")
    network = _built(file, layout.network, widths={name: sizes[name] for name in layout.widths}, **config)
    check_layers(file, network)
    for name, layer in placed.items():
        wanted = tuple(network.get_layer(name).kernel.shape)
        if layer.shape != wanted:
            raise DataError(f"{file.path} must hold a kernel {wanted} for {name}, by the others. Received: {layer}.")
        network.get_layer(name).set_weights(_ordered(file, network, name, layer.arrays))
    return Legacy(
        network,
        classifier and _ordered(file, network, "probs", classifier.arrays),
        (*map(str, dropped), *file.unread),
        tuple(_notes(file, signature, classifier, modality)),
    )


def _windowed(file, layout, placed, sizes, goes, modality):
    """Return (config, placed layers, classifier or None, dropped layers) of a network on windows."""
    window = _window(file, layout.network, sizes["channels"], modality)
    narrow = _built(file, layout.network, widths=dict.fromkeys(layout.widths, 1), embedding=1, **window)
    cells = narrow.get_layer("flatten").output.shape[-1]
    dense, sizes = place(file, layout.dense, sizes={**sizes, "rows": cells * list(placed.values())[-1].shape[-1]})
    placed, embedding = placed | dense, sizes["embedding"]
    rows = embedding if dense else cells * embedding
    rest = [layer for layer in file.weights if layer not in placed.values() and len(layer.arrays) == 2]
    last = next((layer for layer in rest if layer.shape == (rows, embedding)), None)
    if file.softmax and rest == [last]:
        last = None  # the only one left is the classifier, of as many people as the signature has numbers
    classifier = _classifier(file, [layer for layer in rest if layer is not last], embedding if last else rows)
    dropped = (last,) if last and goes and classifier is None else ()
    signature = "code_1" if last and not dropped else list(placed)[-1]
    placed |= {"code_1": last} if signature == "code_1" else {}
    return {"embedding": embedding, "signature": signature, **window}, placed, classifier, dropped


def _window(file, network, channels, modality):
    """Return the arguments of a network that say what its windows are."""
    asked = modality_of(modality).name if modality else ""
    of_a_frame = {name: modality_of(name).shape[-1] for name in MODALITIES}
    if network is CNN2D:
        shape = file.input_shape((channels, *WINDOW) if channels_first(file) else (*WINDOW, channels))
        frames, (height, width) = FRAMES, shape[1:] if channels_first(file) else shape[:2]
        fitting = [n for n, c in of_a_frame.items() if channels == FRAMES * c]
    else:
        frames, height, width, _ = file.input_shape((FRAMES, *WINDOW, channels))
        fitting = [n for n, c in of_a_frame.items() if channels == c]
    if not fitting:
        raise DataError(f"{file.path} must take {', '.join(MODALITIES)}. Received: a kernel on {channels} channels.")
    chosen = asked or fitting[0]
    if chosen not in fitting or (not asked and len(fitting) > 1):
        raise ConfigError(
            f"mod must be {' or '.join(fitting)} for {file.path}, by the channels it takes. "
            f"Received: mod={modality or 'nothing'}."
        )
    return {"height": height, "width": width, "frames": frames, "modality": chosen}


def _set(file, placed, sizes, modality):
    """Return (config, placed layers, classifier or None) of a GaitSet."""
    if modality and modality_of(modality).name not in GaitSet.modalities:
        raise ConfigError(f"mod must be silhouettes for {file.path}, a GaitSet. Received: mod={modality}.")
    *_, height, width, _ = file.input_shape((0, *SILHOUETTE, 1))
    scales = (sizes["parts"] // 2 + 1).bit_length() - 1
    bins = [2**i for i in reversed(range(scales))]
    if 2 * sum(bins) != sizes["parts"]:
        raise DataError(f"{file.path} must have 62 parts, or 30, 14, 6, 2. Received: {sizes['parts']}.")
    rest = [layer for layer in file.weights if layer not in placed.values()]
    classifier = _classifier(file, rest, sizes["parts"] * sizes["embedding"])
    slope = slope_of(file, SLOPE)
    config = {"embedding": sizes["embedding"], "height": height, "width": width, "bins": bins, "slope": slope}
    return config, placed, classifier


def _classifier(file, rest, rows):
    """Return the softmax classifier among the layers that are left, or None."""
    if file.softmax is False:
        return None
    return next((layer for layer in rest if len(layer.shape) == 2 and layer.shape[0] == rows), None)


def _ordered(file, network, name, arrays):
    """Return the arrays of a layer with what it reads in our order."""
    kernel, *bias = arrays
    if name == "dense" and channels_first(file) and "channels_first" not in _flattening(file):
        _, height, width, channels = network.get_layer("flatten").input.shape
        kernel = kernel.reshape(channels, height, width, -1).transpose(1, 2, 0, 3).reshape(kernel.shape)
    if name in ("encode", "probs") and isinstance(network, GaitSet):
        bins = network.get_config()["bins"]
        theirs = [(branch, b, strip) for b in sorted(bins) for branch in (0, 1) for strip in range(b)]
        order = [theirs.index((branch, b, strip)) for branch in (0, 1) for b in bins for strip in range(b)]
        parts = kernel.reshape(len(order), -1, kernel.shape[-1])
        kernel = parts[order].reshape(kernel.shape)
    return [kernel, *bias]


def _flattening(file):
    return {config.get("data_format") for config in file.configs("Flatten")}


def _built(file, network, **config):
    try:
        return network(**config)
    except ConfigError as error:
        raise DataError(f"{file.path} holds a network that cannot be built. {error}") from error


def _notes(file, signature, classifier, modality):
    yield f"the signature is the output of {signature}"
    if classifier:
        yield f"its classifier of {classifier.shape[1]} people is not part of the network"
    if not file.layers:
        yield "it holds weights only: sizes of the input and slopes are taken as published"
    if file.configs(*OPERATIONS):
        yield "its operations beside layers are not read, but taken as published"
