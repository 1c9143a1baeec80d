"""What every runner shares: named ports, checked batches, fixed batch sizes."""

from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import ConfigError, DataError


@dataclass(frozen=True)
class Port:
    """An input or output of a model file.

    Args:
        name: modality of an input, ``"embedding"`` of an output.
        shape: (B, ...); None where it is free.
        dtype: what the file holds.
        scale: real value = (stored - zero_point) x scale; 0 where nothing is quantised.
        zero_point: the stored value of real 0.
    """

    name: str
    shape: tuple
    dtype: str
    scale: float = 0.0
    zero_point: int = 0

    def store(self, real):
        """Turn real values into what the file takes: cast, or quantised with rounding and saturation."""
        if not self.scale:
            return np.ascontiguousarray(real, dtype=self.dtype)
        limits = np.iinfo(self.dtype)
        steps = np.rint(np.asarray(real, np.float32) / np.float32(self.scale)) + self.zero_point
        return np.ascontiguousarray(np.clip(steps, limits.min, limits.max).astype(self.dtype))

    def real(self, stored):
        """Turn what the file gives into real values, float32."""
        stored = np.asarray(stored, np.float32)
        return (stored - self.zero_point) * np.float32(self.scale) if self.scale else stored


class Runner:
    """A model file that runs: ``run({modality: array}) -> {"embedding": (B, P, D)}``.

    A subclass sets `path`, `inputs` and `outputs` (``{name: Port}``) and writes `invoke`.
    A file of fixed batch size takes any batch: it is run piece by piece, the last piece filled up.
    `takes_delegate` tells whether its constructor has a `delegate` that computes in the processor's place;
    `stages` runs a file in two stages frame by frame (`tfgait.runtime.litert_stages`), and is None for any other.
    """

    takes_delegate = False
    path = None
    inputs = {}
    outputs = {}
    stages = None

    def invoke(self, values):
        """Run one batch of the file's own size and types, ``{name: array}`` to ``{name: array}``."""
        raise NotImplementedError

    def run(self, batch):
        """Return ``{output: float32 array}`` of a batch, by default ``{"embedding": (B, P, D)}``.

        Args:
            batch: ``{modality: (B, T, H, W, C)}`` of any number type, in network units
                (`Modality.to_network`), any B from 1.

        Raises:
            DataError: an input is missing, foreign, of a wrong shape, or not numeric; or the file answers for another
                number of samples than it was given.
        """
        values = self._checked(batch)
        size = len(next(iter(values.values())))
        fixed = next(iter(self.inputs.values())).shape[0]
        step = fixed or size
        pieces = [self._piece(values, start, step) for start in range(0, size, step)]
        return {name: np.concatenate([piece[name] for piece in pieces])[:size] for name in self.outputs}

    def _piece(self, values, start, step):
        taken = {}
        for name, value in values.items():
            part = value[start : start + step]
            missing = step - len(part)
            if missing:
                part = np.concatenate([part, np.repeat(part[-1:], missing, axis=0)])
            taken[name] = self.inputs[name].store(part)
        given = self.invoke(taken)
        for name in self.outputs:
            if np.shape(given[name])[:1] != (step,):
                raise DataError(
                    f"{self.path} must give {name} of each of {step} samples. Received: shape={np.shape(given[name])}."
                )
        return {name: port.real(given[name]) for name, port in self.outputs.items()}

    def _checked(self, batch):
        if set(batch) != set(self.inputs):
            raise DataError(f"{self.path} takes {_names(self.inputs)}. Received: {_names(batch)}.")
        values = {name: np.asarray(value) for name, value in batch.items()}
        for name, value in values.items():
            wanted = self.inputs[name].shape
            fits = value.ndim == len(wanted) and all(
                w is None or w == v for w, v in zip(wanted[1:], value.shape[1:], strict=True)
            )
            if not fits or 0 in value.shape:
                free = ("any", *("any" if w is None else w for w in wanted[1:]))
                raise DataError(
                    f"{name} of {self.path} must have the shape ({', '.join(map(str, free))}) and not be empty. "
                    f"Received: shape={value.shape}."
                )
            if value.dtype.kind not in "fiub":
                raise DataError(f"{name} must be numbers. Received: dtype={value.dtype}.")
        sizes = {name: len(value) for name, value in values.items()}
        if len(set(sizes.values())) != 1:
            raise DataError(f"every input of a batch must have the same length. Received: {sizes}.")
        return values


def check_threads(threads):
    """Raise `ConfigError` unless `threads` is a whole number from 1."""
    if not isinstance(threads, int) or threads < 1:
        raise ConfigError(f"threads must be a whole number from 1. Received: threads={threads}.")


def _names(ports):
    return ", ".join(sorted(map(str, ports))) or "nothing"
