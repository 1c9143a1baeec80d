"""Inputs and outputs of a TensorRT engine: by name from TensorRT 8.5 on, by number before."""

from dataclasses import dataclass

from tfgait.core.errors import DataError

TYPES = {"FLOAT": "float32", "HALF": "float16", "INT8": "int8", "UINT8": "uint8", "INT32": "int32"}


@dataclass(frozen=True)
class Tensor:
    """An input or output.

    Args:
        name: modality of an input, ``"embedding"`` of an output.
        shape: (B, ...); B is None where it is free.
        dtype: numpy's name of what it holds.
        is_input: or else an output.
    """

    name: str
    shape: tuple
    dtype: str
    is_input: bool

    def sized(self, batch):
        """Return the shape of a batch of that size."""
        return (self.shape[0] or batch, *self.shape[1:])


def tensors_of(trt, engine, path):
    """Return `Named` or `Numbered`, whichever this TensorRT has.

    Raises:
        DataError: a type or a free size that no engine of tfgait has.
    """
    return (Named if hasattr(engine, "num_io_tensors") else Numbered)(trt, engine, path)


class Tensors:
    """The tensors of an engine.

    A subclass says how many there are and what they are, and writes `run`.

    Args:
        trt: TensorRT's Python module.
        engine: as it loads one.
        path: its file, for messages.
    """

    def __init__(self, trt, engine, path):
        self._trt, self._engine, self._path = trt, engine, path
        self.all = [self._tensor(key) for key in self._keys()]
        free = [key for key, tensor in zip(self._keys(), self.all, strict=True) if tensor.is_input and not tensor.shape[0]]
        fixed = max(tensor.shape[0] or 1 for tensor in self.all)
        self.smallest, self.largest = self._profile(free[0]) if free else (fixed, fixed)

    def _tensor(self, key):
        name, shape, kind, is_input = self._described(key)
        shape = tuple(None if n < 0 else int(n) for n in shape)
        if kind not in TYPES or not shape or None in shape[1:]:
            raise DataError(f"{self._path} has {name} of type {kind} and shape {shape}, which no network of tfgait has.")
        return Tensor(name, shape, TYPES[kind], is_input)


class Named(Tensors):
    """Tensors by name."""

    def run(self, context, batch, addresses, stream):
        """Start one batch on a stream; return whether that succeeded."""
        for tensor in self.all:
            if tensor.is_input:
                context.set_input_shape(tensor.name, tensor.sized(batch))
            context.set_tensor_address(tensor.name, addresses[tensor.name])
        return context.execute_async_v3(stream)

    def _keys(self):
        return [self._engine.get_tensor_name(i) for i in range(self._engine.num_io_tensors)]

    def _described(self, name):
        engine = self._engine
        is_input = engine.get_tensor_mode(name) == self._trt.TensorIOMode.INPUT
        return name, engine.get_tensor_shape(name), engine.get_tensor_dtype(name).name, is_input

    def _profile(self, name):
        least, _, most = self._engine.get_tensor_profile_shape(name, 0)
        return least[0], most[0]


class Numbered(Tensors):
    """Tensors by number, as bindings."""

    def run(self, context, batch, addresses, stream):
        """Start one batch on a stream; return whether that succeeded."""
        for number, tensor in enumerate(self.all):
            if tensor.is_input:
                context.set_binding_shape(number, tensor.sized(batch))
        return context.execute_async_v2([addresses[tensor.name] for tensor in self.all], stream)

    def _keys(self):
        return range(self._engine.num_bindings)

    def _described(self, number):
        engine = self._engine
        name, is_input = engine.get_binding_name(number), engine.binding_is_input(number)
        return name, engine.get_binding_shape(number), engine.get_binding_dtype(number).name, is_input

    def _profile(self, number):
        least, _, most = self._engine.get_profile_shape(0, number)
        return least[0], most[0]
