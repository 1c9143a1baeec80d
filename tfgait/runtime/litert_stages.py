"""A .tflite file of two signatures: ``frame`` for each frame as it comes, ``set`` for when an answer is asked for."""

from dataclasses import replace

import numpy as np

from tfgait.core.errors import DataError
from tfgait.runtime.litert import ports
from tfgait.runtime.maximum import SlidingMaximum

SIGNATURES = ("frame", "set")


class LiteRTStages:
    """The two stages of a network, and the whole of it by way of them.

    The memory of the interpreter is read where it lies: copies would cost a tenth of a frame in int8.

    Args:
        interpreter: of LiteRT, with both signatures, its tensors allocated.
        path: of its file, for messages.

    Attributes:
        inputs: ``{modality: Port}`` of sequences (B, T, H, W, C), B and T free.
        outputs: ``{"embedding": Port}``.
        maps: ``{name: Port}`` of what a frame leaves, of which the maximum is taken.

    Raises:
        DataError: the maps that one stage gives are not those that the other takes.
    """

    def __init__(self, interpreter, path):
        self._interpreter = interpreter
        # Held no longer than this: LiteRT runs no frame while a signature is held.
        frame, merge = (interpreter.get_signature_runner(name) for name in SIGNATURES)
        given, self.maps = ports(frame.get_input_details()), ports(frame.get_output_details())
        self._taken, outputs = ports(merge.get_input_details()), ports(merge.get_output_details())
        (first,) = interpreter.get_input_details()
        fits = [name for name, port in given.items() if frame.get_input_details()[name]["name"] == first["name"]]
        if len(given) != 1 or not fits or _shapes(self.maps) != _shapes(self._taken) or not self.maps:
            raise DataError(
                f"{path} must have a stage for a frame, whose maps the other stage takes. Received: from "
                f"{_shapes(given)} to {_shapes(self.maps)}, and from {_shapes(self._taken)}."
            )
        self._index = first["index"]
        indices = {name: detail["index"] for name, detail in frame.get_output_details().items()}
        self._views = {name: interpreter.tensor(index) for name, index in indices.items()}
        self.inputs = {name: replace(port, shape=(None, None, *port.shape[2:])) for name, port in given.items()}
        self.outputs = {name: replace(port, shape=(None, *port.shape[1:])) for name, port in outputs.items()}

    def maxima(self, window=0):
        """Return a `SlidingMaximum` for each map of a frame, by name."""
        return {name: SlidingMaximum(window) for name in self.maps}

    def frame(self, stored, maxima):
        """Run a frame (H, W, C), in the type of the file, and push its maps into maxima."""
        self._interpreter.set_tensor(self._index, stored[None, None])
        self._interpreter.invoke()
        for name, view in self._views.items():
            maxima[name].push(view())

    def set(self, maxima):
        """Return what the network gives for the frames in maxima, ``{"embedding": (1, P, D)}`` in the file's type."""
        values = {name: _handed(maxima[name].value, self.maps[name], port) for name, port in self._taken.items()}
        return self._interpreter.get_signature_runner(SIGNATURES[1])(**values)

    def __call__(self, **values):
        """Run whole sequences, ``{modality: (B, T, H, W, C)}`` in the file's type, frame by frame."""
        ((_, sequences),) = values.items()
        found = []
        for sequence in sequences:
            maxima = self.maxima()
            for frame in sequence:
                self.frame(frame, maxima)
            found.append(self.set(maxima))
        return {name: np.concatenate([each[name] for each in found]) for name in self.outputs}


def _handed(stored, given, taken):
    """Return a map as the stage that takes it stores it."""
    same = (given.dtype, given.scale, given.zero_point) == (taken.dtype, taken.scale, taken.zero_point)
    return stored if same else taken.store(given.real(stored))


def _shapes(named):
    return {name: port.shape for name, port in named.items()}
