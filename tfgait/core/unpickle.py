"""Pickles of strangers, read as data: a small machine of its own builds what they hold, and nothing is ever called.

Plain values are numbers, texts, bytes, True, False, None, and lists, tuples and dicts of these. Besides them only
arrays and scalars of numpy 1 and 2 are admitted, of numbers and texts, none of objects.
"""

import pickletools
from pathlib import Path

from tfgait.core.errors import DataError
from tfgait.core.pickled_arrays import Named, Type, Unbuilt, array, called, named

MOST_BYTES = 1 << 30
MOST_STEPS = 10_000_000  # one builds at most some hundred bytes
VALUES = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "STRING", "SHORT_BINSTRING", "BINSTRING"),
    *("SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}
EMPTY = {"EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_TUPLE": tuple}
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
NOTES = ("MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT")
KEYS = (str, bytes, int, float)


def read_pickle(path, most_bytes=MOST_BYTES):
    """Return what a pickle file of at most `most_bytes` holds; see `load_pickle`."""
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > most_bytes:
            raise DataError(f"{path} must have at most {most_bytes} bytes. Received: {size}.")
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    return load_pickle(data, str(path))


def load_pickle(data, name="the pickle"):
    """Return what a pickle of any protocol holds.

    Args:
        data: its bytes.
        name: what errors call it by.

    Returns:
        plain values and numpy arrays; arrays are read-only views of bytes of the pickle, so that no claim of a shape
        costs memory.

    Raises:
        DataError: it is empty, cut short or damaged, or holds anything but what is admitted.
    """
    machine = _Machine()
    try:
        for count, (operation, argument, _) in enumerate(pickletools.genops(data)):
            if count == MOST_STEPS:
                raise DataError(f"it must have at most {MOST_STEPS} instructions. Received: more.")
            machine.step(operation.name, argument)
        return machine.result()
    except DataError as error:
        raise DataError(f"{name} is refused: {error}") from error
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise DataError(f"{name} is no whole pickle: {error or type(error).__name__}.") from error


class _Arguments(tuple):
    """A tuple that holds something unfinished, and so may be used but not kept."""


class _Machine:
    """Stack, marks and notes of a pickle machine."""

    def __init__(self):
        self.stack, self.marks, self.notes = [], [], {}

    def step(self, name, argument):
        """Carry out one instruction."""
        stack = self.stack
        if name in VALUES:
            stack.append(bytes(argument) if isinstance(argument, bytearray) else argument)
        elif name in NOTES:
            self._note(len(self.notes) if name == "MEMOIZE" else argument)
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(self.notes[argument])
        elif name == "MARK":
            self.marks.append(len(stack))
        elif name in CONSTANTS:
            stack.append(CONSTANTS[name])
        elif name in EMPTY:
            stack.append(EMPTY[name]())
        elif name in ("APPEND", "APPENDS"):
            self._append(self._last(1) if name == "APPEND" else self._since_mark())
        elif name in ("SETITEM", "SETITEMS"):
            self._set(self._last(2) if name == "SETITEM" else self._since_mark())
        elif name == "TUPLE" or name in TUPLES:
            items = self._last(TUPLES[name]) if name in TUPLES else self._since_mark()
            stack.append(tuple(items) if all(map(_kept, items)) else _Arguments(items))
        elif name in ("LIST", "DICT"):
            items = self._since_mark()
            stack.append([] if name == "LIST" else {})
            (self._append if name == "LIST" else self._set)(items)
        elif name in ("GLOBAL", "STACK_GLOBAL"):
            stack.append(named(*(argument.split(" ", 1) if name == "GLOBAL" else self._last(2))))
        elif name == "REDUCE":
            function, arguments = self._last(2)
            if not isinstance(function, Named) or not isinstance(arguments, tuple):
                raise ValueError("something is called that cannot be")
            stack.append(called(function, arguments))
        elif name == "BUILD":
            self._build(stack.pop())
        elif name not in ("PROTO", "FRAME", "STOP"):
            raise DataError(f"it must hold plain values and arrays only. Received: the instruction {name}.")

    def result(self):
        """Return the one value that is left."""
        if len(self.stack) != 1 or self.marks or not _kept(self.stack[0]):
            raise ValueError("something in it is unfinished")
        return self.stack[0]

    def _last(self, count):
        if len(self.stack) < count + (self.marks[-1] if self.marks else 0):
            raise ValueError("an instruction lacks what it works on")
        items = self.stack[-count:]
        del self.stack[-count:]
        return items

    def _since_mark(self):
        at = self.marks.pop()
        items = self.stack[at:]
        del self.stack[at:]
        return items

    def _note(self, place):
        self.notes[place] = self.stack[-1]
        if isinstance(self.stack[-1], Unbuilt):
            self.stack[-1].note = place

    def _append(self, items):
        if type(self.stack[-1]) is not list or not all(map(_kept, items)):
            raise ValueError("something unfinished, or to what is no list, is appended")
        self.stack[-1].extend(items)

    def _set(self, pairs):
        keys, values = pairs[::2], pairs[1::2]
        if type(self.stack[-1]) is not dict or not all(map(_kept, values)):
            raise ValueError("something unfinished, or in what is no dict, is set")
        if not all(isinstance(key, KEYS) for key in keys):
            raise DataError("the keys of a dict must be texts or numbers. Received: something else.")
        self.stack[-1].update(zip(keys, values, strict=True))

    def _build(self, state):
        target = self.stack[-1]
        if isinstance(target, Type):
            target.set(state)
        elif isinstance(target, Unbuilt):
            _, shape, kind, fortran, raw = state
            self.stack[-1] = array(raw, kind, shape, "F" if fortran else "C")
            if target.note is not None:
                self.notes[target.note] = self.stack[-1]
        else:
            raise DataError("it must hold plain values and arrays only. Received: an object with a state.")


def _kept(value):
    return not isinstance(value, (Named, Unbuilt, Type, _Arguments))
