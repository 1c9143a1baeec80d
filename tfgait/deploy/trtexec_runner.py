"""Run an engine by `trtexec`, where TensorRT's Python is of another Python than this: slow, to compare with Keras."""

import json
import math
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from tfgait.core.errors import DataError
from tfgait.deploy import trtexec
from tfgait.runtime.runner import Port, Runner

# One run, nothing before it.
ONCE = ("--iterations=1", "--duration=0", "--warmUp=0")


class TrtexecRunner(Runner):
    """An .engine file, every batch in a process of its own; one of a free batch is run at its usual size.

    Args:
        program: path of `trtexec`.
        path: the file.
        spec: its `EngineSpec`.
        record: what the sidecar of its ONNX file says.
    """

    def __init__(self, program, path, spec, record):
        self.path, self._program, self._spec = Path(path), program, spec
        self.inputs, self.outputs = self._ports(record["inputs"]), self._ports(record["outputs"])

    def invoke(self, values):
        """Run one batch.

        Raises:
            DataError: `trtexec` failed, or gave something else than the outputs.
        """
        ((name, value),) = values.items()
        with tempfile.TemporaryDirectory(prefix="tfgait-") as scratch:
            given, found = Path(scratch) / "input", Path(scratch) / "output.json"
            value.tofile(given)
            port = (name, value.shape)
            files = [f"--loadInputs={name}:{given}", f"--exportOutput={found}"]
            arguments = [*trtexec.timing_arguments(self._spec, self.path, port), *files, *ONCE]
            trtexec.run(self._program, arguments, found, f"run {self.path}")
            return self._read(found)

    def _ports(self, described):
        size = self._spec.batch[1] if self._spec.free_batch else self._spec.batch[0]
        ports = [Port(entry["name"], tuple(entry["shape"]), entry["dtype"]) for entry in described]
        return {port.name: replace(port, shape=(size, *port.shape[1:])) for port in ports}

    def _read(self, path):
        try:
            values = {entry["name"]: entry["values"] for entry in json.loads(path.read_text(encoding="utf-8"))}
            found = {name: np.array(values[name], np.float32) for name in self.outputs}
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"trtexec gave no outputs of {self.path} that can be read: {error}.") from error
        for name, port in self.outputs.items():
            if found[name].size != math.prod(port.shape):
                raise DataError(f"{name} of {self.path} must have {port.shape}. Received: {found[name].size} numbers.")
        return {name: found[name].reshape(port.shape) for name, port in self.outputs.items()}
