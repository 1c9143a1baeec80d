"""A network written to a file that is run, compared and described before it counts as written."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from tfgait.core.errors import ConfigError
from tfgait.core.files import file_hash, whole_file, write_json
from tfgait.core.manifest import manifest
from tfgait.core.modality import modality
from tfgait.deploy.formats import check_stream
from tfgait.deploy.keras_runner import KerasRunner
from tfgait.deploy.parity import Parity, check_parity, compare
from tfgait.deploy.serving import fixed, input_of, serving
from tfgait.deploy.streaming import staged_serving, streaming
from tfgait.runtime import open_runner
from tfgait.runtime.encoder import Encoder
from tfgait.runtime.sidecar import sidecar_path


@dataclass(frozen=True)
class Artefact:
    """A file that was written.

    Args:
        path: the file; its sidecar lies beside it.
        record: what the sidecar says.
        parity: how far it is from the network.
    """

    path: Path
    record: dict
    parity: Parity


def export_network(
    network,
    path,
    form,
    sequences,
    *,
    calibration=None,
    batch=1,
    frames=0,
    lowered=None,
    stream=False,
    min_cosine=None,
    source=None,
    progress=None,
):
    """Write a network and its sidecar, both or neither, once the file has run and agreed with Keras.

    Args:
        network: a Keras network of one modality; one that is fake-quantised, with `plain` and `ranges`, needs no
            calibration, and is what the file is compared with.
        path: where to; its suffix is the format's.
        form: a row of `tfgait.deploy.formats`.
        sequences: stored sequences (T, H, W, C) to compare on, real ones.
        calibration: `Calibration`, where the row asks for one.
        batch: fixed size of a batch; 0 leaves it free where the row allows it.
        frames: fixed number of frames; 0: the network's, else the modality's.
        lowered: whether Conv3D becomes Conv2D; None: as the row says.
        stream: whether the file is in two stages, for frames as they come: a .tflite of batch 1 and any frames.
        min_cosine: replaces the row's tolerance.
        source: record of where the network came from, for the sidecar.
        progress: called with (done, total, what).

    Raises:
        ConfigError: the row and the arguments do not fit, or the network has an operator the format lacks.
        ParityError: the file does not agree with the network; nothing is left of it.
    """
    path = Path(path)
    say = progress or (lambda done, total, what: None)
    if path.suffix != form.extension:
        raise ConfigError(f"out must end in {form.extension} for format={form.format}. Received: out={path}.")
    own = hasattr(network, "ranges")
    if form.calibrated and calibration is None and not own:
        raise ConfigError(f"{form.format} with precision={form.precision} must be given calibration sequences.")
    if stream:
        check_stream(form, batch, frames)
        network = streaming(network)
    elif frames or form.format != "keras":
        network = fixed(network, frames)
    name, (length, *_) = input_of(network)
    say(0, 3, "convert")
    with whole_file(sidecar_path(path)) as described, whole_file(path) as temporary:
        _convert(network, temporary, form, calibration, batch, lowered, stream)
        say(1, 3, "run in Keras")
        reference = Encoder(KerasRunner(network), length or 0).encode(sequences)
        say(2, 3, f"run as {form.format}")
        runner = open_runner(temporary)
        parity = compare(reference, Encoder(runner).encode(sequences))
        check_parity(parity, form, min_cosine)
        plain = getattr(network, "plain", network)
        record = {
            "file": path.name,
            "format": form.format,
            "precision": form.precision,
            "bytes": temporary.stat().st_size,
            "sha256": file_hash(temporary),
            "modality": name,
            "unit": modality(name).unit,
            "stored_scale": modality(name).scale,
            "frames": length,
            "maps": [_described(port) for port in runner.stages.maps.values()] if stream else None,
            "inputs": [_described(port) for port in runner.inputs.values()],
            "outputs": [_described(port) for port in runner.outputs.values()],
            "metric": getattr(network, "metric", "parts"),
            "network": {"class": type(plain).__name__, "config": plain.get_config()},
            "quantisation_aware": own,
            "source": source or {},
            "calibration": calibration
            and {"sequences": len(calibration.names), "seed": calibration.seed, "hash": calibration.hash},
            "parity": asdict(parity),
            **manifest(),
        }
        write_json(described, record)
    say(3, 3, f"run as {form.format}")
    return Artefact(path, record, parity)


def _convert(network, path, form, calibration, batch, lowered, stream):
    if form.format == "keras":
        network.save(path)
        return
    if stream:
        ready = staged_serving(network)
    else:
        ready = serving(network, batch, lowered=form.lowered if lowered is None else lowered)
    batches = calibration and (lambda: ready.batches(calibration))
    if form.format == "onnx":
        from tfgait.deploy.onnx import convert

        content = convert(ready)
        if form.calibrated:
            from tfgait.deploy.onnx_int8 import quantise

            content = quantise(content, batches)
    else:
        from tfgait.deploy.tflite import convert

        content = convert(ready, form.precision, batches)
    path.write_bytes(content)


def _described(port):
    """Return a `Port` as a record; `range` is that of the real values a quantised one can hold."""
    record = {"name": port.name, "shape": list(port.shape), "dtype": port.dtype}
    if port.scale:
        limits = np.iinfo(port.dtype)
        record |= {"scale": port.scale, "zero_point": port.zero_point}
        record["range"] = port.real(np.array([limits.min, limits.max])).tolist()
    return record
