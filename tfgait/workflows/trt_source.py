"""What an engine is built from: an ONNX file proven equal to Keras, and what the board needs beside it."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.files import write_text
from tfgait.core.frames import central_frames
from tfgait.core.modality import modality
from tfgait.deploy.engine import version_number
from tfgait.deploy.examples import examples_path, found_examples, write_examples
from tfgait.deploy.formats import check_format
from tfgait.runtime.sidecar import read_sidecar, sidecar_path
from tfgait.workflows.export import load_with_data, sample, source_of, target, training_rows
from tfgait.workflows.rank1_drop import not_compared, rank1_judge


@dataclass(frozen=True)
class Source:
    """What an engine is built from.

    Args:
        onnx: the file; its sidecar and its examples lie beside it.
        record: what the sidecar says.
        engine: where the engine goes.
        data: what it was compared on.
        calibration: its calibration cache, or None.
        notes: why rank-1 was not compared.
    """

    onnx: Path
    record: dict
    engine: Path
    data: str
    calibration: Path | None
    notes: tuple = ()

    @property
    def files(self):
        """What the board needs."""
        beside = [self.onnx, sidecar_path(self.onnx), examples_path(self.onnx)]
        return [str(file) for file in (*beside, self.calibration) if file]

    @property
    def rank1_drop(self):
        """Points of rank-1 that the ONNX file recognises less than Keras; None where it was not compared."""
        return _rank1_drop(self.record)

    @property
    def port(self):
        """(name, shape) of the input."""
        return self.record["inputs"][0]["name"], tuple(self.record["inputs"][0]["shape"])


def written_source(options, spec, model, progress):
    """Write the ONNX file of a Keras network with everything beside it, and return the `Source`.

    Raises:
        ConfigError: the network or the precision cannot be written as ONNX.
        DataError: a damaged model or data set.
        ParityError: the file does not agree with Keras.
    """
    from tfgait.deploy.artefact import export_network, exported
    from tfgait.deploy.calibration import draw
    from tfgait.deploy.keras_runner import KerasRunner
    from tfgait.runtime.encoder import Encoder

    batch = 0 if spec.free_batch else spec.batch[0]
    form = check_format("onnx", spec.onnx_precision, batch)
    engine = target(model, options.out, spec.suffix)
    onnx = engine.with_name(model.path.stem + spec.onnx_suffix)
    network, store = load_with_data(
        model, options, progress, lambda network: exported(network, form, batch, options.frames)
    )
    chosen = sample(store, options.sequences, options.seed)
    calibration = None
    if form.calibrated or spec.calibrated:
        calibration = draw(store, training_rows(store, model), options.calibration, options.seed)
    judge, why = rank1_judge(options, model, store)
    artefact = export_network(
        network,
        onnx,
        form,
        chosen,
        calibration=calibration if form.calibrated else None,
        batch=batch,
        frames=options.frames,
        # A DLA has no 3D convolution.
        lowered=True if spec.dla >= 0 else None,
        min_cosine=options.min_cosine or None,
        rank1=judge,
        max_rank1_drop=options.max_rank1_drop if options.max_rank1_drop >= 0 else None,
        source=source_of(model, store),
        progress=progress,
    )
    frames = artefact.record["inputs"][0]["shape"][1]
    examples = np.stack([sequence[central_frames(len(sequence), frames)] for sequence in chosen])
    write_examples(onnx, examples, Encoder(KerasRunner(network), frames).encode(examples))
    cache = None
    if spec.calibrated:
        from tfgait.deploy.calibration_cache import calibration_cache

        cache = _cache_path(onnx, spec)
        batches = calibration.batches(modality(artefact.record["modality"]), frames, spec.batch[0])
        write_text(cache, calibration_cache(onnx, batches, spec.version))
    return Source(onnx, artefact.record, engine, str(store.path), cache, tuple(not_compared(why)))


def found_source(options, spec, model):
    """Return the `Source` of an .onnx file that `written_source` wrote, perhaps elsewhere.

    Raises:
        ConfigError: it is of another precision or batch than asked for, or of free frames.
        DataError: it or what must lie beside it is damaged or missing.
    """
    onnx = model.path
    record = read_sidecar(onnx)
    if record is None:
        raise DataError(f"{onnx} must have its sidecar {sidecar_path(onnx).name} beside it: copy both.")
    shape = _shape_in(record, onnx)
    size = None if spec.free_batch else spec.batch[0]
    if record.get("precision") != spec.onnx_precision or shape[0] != size:
        raise ConfigError(
            f"precision={spec.precision} and batch={','.join(map(str, spec.batch))} need an ONNX file of precision "
            f"{spec.onnx_precision} and batch {size or 'free'}. Received: {onnx} of precision "
            f"{record.get('precision')} and batch {shape[0] or 'free'}."
        )
    if None in shape[1:]:
        raise ConfigError(f"an engine needs fixed frames: export without free_frames. Received: {onnx}, of {shape}.")
    found_examples(onnx)
    cache = _cache_path(onnx, spec) if spec.calibrated else None
    if cache and not cache.is_file():
        raise DataError(f"{onnx} must have the calibration cache {cache.name} beside it: write it with Keras, copy it.")
    stem = onnx.name.removesuffix(spec.onnx_suffix).removesuffix(".onnx")
    engine = target(replace(model, path=onnx.with_name(f"{stem}.onnx")), options.out, spec.suffix)
    return Source(onnx, record, engine, options.datadir, cache)


def _cache_path(onnx, spec):
    return onnx.with_name(f"{onnx.stem}_trt{version_number(spec.version)}.calib")


def _shape_in(record, onnx):
    """Return the shape of the input that a sidecar describes, which says everything that is asked of it later."""
    try:
        shape, parity = record["inputs"][0]["shape"], record["parity"]
        numbers = [parity["cosine"], parity["max_abs_error"], parity["sequences"], _rank1_drop(record) or 0]
        words = [record["modality"], *(port[key] for port in _ports(record) for key in ("name", "dtype"))]
        # Frames may be free, which is another mistake.
        sizes = all((n is None and axis < 2) or (type(n) is int and n > 0) for axis, n in enumerate(shape))
        good = len(shape) == 5 and sizes and all(map(math.isfinite, numbers))
        good = (
            good and all(isinstance(word, str) for word in words) and record["inputs"][0]["name"] == record["modality"]
        )
    except (KeyError, IndexError, TypeError):
        good = False
    if not good:
        raise DataError(f"{sidecar_path(onnx)} is no sidecar that tfgait wrote for an ONNX file.")
    return shape


def _ports(record):
    return [*record["inputs"], *record["outputs"]]


def _rank1_drop(record):
    scored = record.get("rank1")
    return scored["network"] - scored["file"] if scored else None
