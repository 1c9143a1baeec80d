"""What the sidecar of an artefact says of it."""

import numpy as np

from tfgait.core.files import file_hash, file_size
from tfgait.core.manifest import manifest
from tfgait.core.modality import modality
from tfgait.deploy.serving import input_of


def described(network, path, name, form, runner, ready):
    """Return the record of a written artefact, but for where it came from and how it compares.

    Args:
        network: what was written, of fixed or free frames.
        path: the file or folder.
        name: what it will be called.
        form: the row of `tfgait.deploy.formats`.
        runner: it is run by.
        ready: the `Serving` it was converted from; None for a .keras file.
    """
    plain = getattr(network, "plain", network)
    kind, (frames, *_) = input_of(network)
    unit = modality(kind)
    return {
        "file": name,
        "format": form.format,
        "precision": form.precision,
        "bytes": file_size(path),
        "sha256": file_hash(path),
        "modality": kind,
        "unit": unit.unit,
        "stored_scale": unit.scale,
        "frames": frames,
        "inputs": [_port(port) | _values(unit) for port in runner.inputs.values()],
        "outputs": [_port(port) for port in runner.outputs.values()],
        "metric": getattr(network, "metric", "parts"),
        "network": {"class": type(plain).__name__, "config": plain.get_config()},
        "folded": list(ready.folded) if ready else [],
        "lowered": list(ready.lowered) if ready else [],
        **(_operators(path) if form.format == "tflite" else {}),
        **manifest(),
    }


def _operators(path):
    from tfgait.deploy.litert_file import operators, outside_xnnpack

    content = path.read_bytes()
    return {"operators": operators(content), "outside_xnnpack": outside_xnnpack(content)}


def _port(port):
    """Return a `Port` as a record; `range` is that of the real values a quantised one can hold."""
    record = {"name": port.name, "shape": list(port.shape), "dtype": port.dtype}
    if port.scale:
        limits = np.iinfo(port.dtype)
        record |= {"scale": port.scale, "zero_point": port.zero_point}
        record["range"] = port.real(np.array([limits.min, limits.max])).tolist()
    return record


def _values(unit):
    """Return the range of the values that a stored modality can come to in network units, where its type bounds it."""
    dtype = np.dtype(unit.dtype)
    if dtype.kind not in "iu":
        return {}
    limits = np.iinfo(dtype)
    return {"values": [limits.min * unit.scale, limits.max * unit.scale]}
