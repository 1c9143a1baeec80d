"""What numpy's arrays and scalars are in a pickle, rebuilt without calling what the pickle names."""

import re
from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import DataError

MODULES = ("numpy.core.multiarray", "numpy._core.multiarray", "numpy.core.numeric", "numpy._core.numeric", "numpy")
THINGS = ("_reconstruct", "scalar", "_frombuffer", "ndarray", "dtype")
# How protocols below 3 write bytes, and empty ones.
BYTES = (("_codecs", "encode"), ("__builtin__", "bytes"))
TYPE = re.compile(r"[<>=|]?([biufcSU]\d{1,9})")  # numbers and texts; no objects, no dates, nothing of several fields
MOST_AXES = 32


@dataclass(frozen=True)
class Named:
    """The name of something admitted; it stands for it and can do nothing."""

    thing: str


class Unbuilt:
    """An array whose content comes later; `note` is where the pickle has noted it down until then."""

    note = None


class Type:
    """A numpy type whose byte order comes later."""

    def __init__(self, text):
        found = TYPE.fullmatch(_text(text))
        if not found:
            raise DataError(f"arrays must be of numbers or texts. Received: the type {_text(text)[:50]!r}.")
        self.dtype = np.dtype(found[1])

    def set(self, state):
        """Take the byte order from a type's state."""
        _, order, subtype, names, fields = state[:5]
        if not subtype is names is fields is None:
            raise DataError("arrays must be of numbers or texts. Received: a type of several fields.")
        self.dtype = self.dtype.newbyteorder(_text(order))


def named(module, thing):
    """Return the `Named` that stands for what a pickle names; `DataError` for what is not admitted."""
    if (module in MODULES and thing in THINGS) or (module, thing) in BYTES:
        return Named(thing)
    raise DataError(f"it must hold plain values and arrays only. Received: {module}.{thing}."[:300])


def called(function, arguments):
    """Return what the `Named` function would for a tuple of arguments."""
    thing = function.thing
    if thing == "_reconstruct":
        return Unbuilt()
    if thing == "dtype":
        return Type(arguments[0])
    if thing == "scalar":
        return array(arguments[1], arguments[0], ())[()]
    if thing == "_frombuffer":
        raw, kind, shape, order = arguments
        return array(raw, kind, shape, order)
    if thing == "encode":
        return arguments[0].encode("latin1")
    if thing == "bytes" and not arguments:
        return b""
    raise ValueError(f"{thing} cannot be called")


def array(raw, kind, shape, order="C"):
    """Return a read-only array on the bytes `raw`, which its `Type` and shape must fit."""
    raw = raw.encode("latin1") if isinstance(raw, str) else raw
    if not isinstance(raw, bytes) or not isinstance(kind, Type):
        raise DataError("arrays must be of numbers or texts. Received: one of objects.")
    if not isinstance(shape, tuple) or len(shape) > MOST_AXES or any(type(n) is not int or n < 0 for n in shape):
        raise ValueError("the shape of an array is none")
    needed = kind.dtype.itemsize
    for n in shape:
        needed *= n
    if needed != len(raw):
        raise ValueError(f"an array of {needed} bytes has {len(raw)}")
    flat = np.frombuffer(raw, kind.dtype) if raw else np.empty(0, kind.dtype)
    return flat.reshape(shape, order=_text(order))


def _text(value):
    return value.decode("latin1") if isinstance(value, bytes) else value
