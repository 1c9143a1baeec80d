"""A .tflite file of two signatures: ``frame`` for each frame as it comes, ``set`` for when an answer is asked for."""

import numpy as np

from tfgait.core.errors import DataError
from tfgait.runtime.litert import failures_told, ports
from tfgait.runtime.maximum import SlidingMaximum

SIGNATURES = ("frame", "set")


class LiteRTStages:
    """The two stages of a network; called as a signature of LiteRT is, the whole of it by way of them.

    The memory of the interpreter is read where it lies: copies would cost a tenth of a frame in int8.

    Args:
        interpreter: of LiteRT, with both signatures, its tensors allocated.
        path: of its file, for messages.

    Attributes:
        maps: ``{name: Port}`` of what a frame leaves, of which the maximum is taken.

    Raises:
        DataError: the maps that one stage gives are not those that the other takes.
    """

    def __init__(self, interpreter, path):
        self._interpreter, self._path = interpreter, path
        # Held no longer than this: LiteRT runs no frame while a signature is held.
        frame, merge = (interpreter.get_signature_runner(name) for name in SIGNATURES)
        self._given, maps = frame.get_input_details(), frame.get_output_details()
        self._answer = merge.get_output_details()
        self.maps, self._taken = ports(maps), ports(merge.get_input_details())
        first = [detail["name"] for detail in interpreter.get_input_details()]
        one_frame = [detail["name"] for detail in self._given.values() if detail["shape"][:2].tolist() == [1, 1]]
        if len(first) != 1 or one_frame != first or _shapes(self.maps) != _shapes(self._taken) or not maps:
            raise DataError(
                f"{path} must have a stage for one frame, whose maps the other stage takes. Received: from "
                f"{_shapes(ports(self._given))} to {_shapes(self.maps)}, and from {_shapes(self._taken)}."
            )
        (self._index,) = (detail["index"] for detail in self._given.values())
        self._views = {name: interpreter.tensor(detail["index"]) for name, detail in maps.items()}

    def get_input_details(self):
        """Return LiteRT's details of the input of whole sequences, as a signature's: B and T are free."""
        return {name: _freed(detail, 2) for name, detail in self._given.items()}

    def get_output_details(self):
        """Return LiteRT's details of the embedding, as a signature's: B is free."""
        return {name: _freed(detail, 1) for name, detail in self._answer.items()}

    def maxima(self, window=0):
        """Return a `SlidingMaximum` for each map of a frame, by name."""
        return {name: SlidingMaximum(window) for name in self.maps}

    def frame(self, stored, maxima):
        """Run a frame (H, W, C), in the type of the file, and push its maps into maxima."""
        with failures_told(self._path):
            self._interpreter.set_tensor(self._index, stored[None, None])
            self._interpreter.invoke()
            for name, view in self._views.items():
                maxima[name].push(view())

    def set(self, maxima):
        """Return what the network gives for the frames in maxima, ``{"embedding": (1, P, D)}`` in the file's type."""
        values = {name: _handed(maxima[name].value, self.maps[name], port) for name, port in self._taken.items()}
        with failures_told(self._path):
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
        return {name: np.concatenate([each[name] for each in found]) for name in self._answer}


def _handed(stored, given, taken):
    """Return a map as the stage that takes it stores it."""
    same = (given.dtype, given.scale, given.zero_point) == (taken.dtype, taken.scale, taken.zero_point)
    return stored if same else taken.store(given.real(stored))


def _shapes(named):
    return {name: port.shape for name, port in named.items()}


def _freed(detail, axes):
    return {**detail, "shape_signature": [-1] * axes + list(detail["shape"][axes:])}
