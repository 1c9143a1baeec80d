"""From a network to a SavedModel converted by TF-TRT, in an environment that has it."""

import json
import os
import shlex
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

import tfgait
from tfgait.core.errors import ConfigError, DataError, Unfinished
from tfgait.core.files import whole_file, write_json
from tfgait.core.frames import central_frames
from tfgait.core.modality import modality
from tfgait.deploy.formats import check_format, engine_precisions, engine_row
from tfgait.deploy.parity import Parity, check_parity
from tfgait.runtime.runner import Port
from tfgait.runtime.sidecar import sidecar_path
from tfgait.workflows.export import load_with_data, sample, source_of, target, training_rows
from tfgait.workflows.models import resolve_model
from tfgait.workflows.rank1_drop import not_compared, rank1_judge
from tfgait.workflows.tf_trt_environment import tf_trt_python
from tfgait.workflows.trt_options import TrtOptions, TrtResult, flags
from tfgait.workflows.trt_record import converted_record

PRECISIONS = engine_precisions("tf-trt")
# What TensorRT alone knows.
FOREIGN = ("int8", "dla", "timing_cache", "trt_version")


def through_saved_model(options, progress=None):
    """Convert a SavedModel, or prove it as far as possible, and return the `TrtResult`; raises as `convert`."""
    check(options)
    model, size = resolve_model(options.model), options.batch[0]
    form = check_format("savedmodel", batch=size)
    path = target(model, options.out, f"_b{size}_{options.precision}_tftrt")

    from tfgait.deploy.artefact import export_network, exported
    from tfgait.deploy.savedmodel import whole_folder

    network, store = load_with_data(
        model, options, progress, lambda network: exported(network, form, size, options.frames)
    )
    chosen = sample(store, options.sequences, options.seed)
    judge, why = rank1_judge(options, model, store)
    source = export_network(
        network,
        path.with_name(f"{model.path.stem}_b{size}{form.suffix}"),
        form,
        chosen,
        batch=size,
        frames=options.frames,
        rank1=judge,
        max_rank1_drop=options.max_rank1_drop if options.max_rank1_drop >= 0 else None,
        source=source_of(model, store),
        progress=progress,
    )
    result = TrtResult(
        model=str(model.path),
        engine=options.engine,
        precision=options.precision,
        batch=str(size),
        source=str(source.path),
        bytes=source.record["bytes"],
        cosine=source.parity.cosine,
        max_abs_error=source.parity.max_abs_error,
        sequences=source.parity.sequences,
        rank1_drop=source.rank1 and source.rank1.drop,
        files=[str(source.path), str(sidecar_path(source.path))],
        notes=not_compared(why),
    )
    python = tf_trt_python(progress)
    if progress:
        progress(0, 1, "convert in TensorFlow of its own")
    with tempfile.TemporaryDirectory(prefix="tfgait-") as scratch:
        port = Port(**{key: source.record["inputs"][0][key] for key in ("name", "shape", "dtype")})
        example, calibration, drawn = Path(scratch) / "example.npz", None, None
        _write_example(example, network, port, chosen[0])
        if options.precision == "int8":
            calibration = Path(scratch) / "calibration.npz"
            drawn = _write_calibration(calibration, options, model, store, port)
        with whole_file(sidecar_path(path)) as described, whole_folder(path) as made:
            told = _in_tf_trt(python, source.path, made, example, options, calibration)
            parity = _judged(options, result, source.path, told)
            facts = {"format": options.engine, "precision": options.precision, "batch": [size], "calibration": drawn}
            facts["engine"] = {"tensorflow": told["tensorflow"]}
            write_json(described, converted_record(source.record, path, made, parity, **facts))
    return replace(result, file=str(path), file_cosine=parity.cosine, file_max_abs_error=parity.max_abs_error)


def check(options):
    """Raise `ConfigError` unless TF-TRT can do what is asked for."""
    foreign = [name for name in FOREIGN if getattr(options, name) != getattr(TrtOptions(), name)]
    if foreign:
        named = ", ".join(f"{name}={getattr(options, name)}" for name in foreign)
        raise ConfigError(f"engine must be tensorrt for {', '.join(foreign)}. Received: engine=tf-trt, {named}.")
    if options.precision not in PRECISIONS or len(options.batch) != 1 or options.batch[0] < 1 or options.workspace < 0:
        raise ConfigError(
            f"tf-trt converts with precision={', '.join(PRECISIONS)}, one batch size from 1 and workspace from 0. "
            f"Received: precision={options.precision}, batch={','.join(map(str, options.batch))}, "
            f"workspace={options.workspace}."
        )
    if options.calibration < 1:
        raise ConfigError(f"calibration must be at least 1 sequence. Received: calibration={options.calibration}.")


def _judged(options, result, folder, told):
    """Return the `Parity` of what was converted, or raise for what did not agree or could not be done."""
    version, again = told["tensorflow"], shlex.join(["scripts/trt_conversion.sh", *flags(options)])
    tolerance = check_format("savedmodel").max_error * told["largest"]
    if told["max_abs_error"] > tolerance:
        raise DataError(
            f"{folder} must stay within {tolerance:.3g} of Keras in TensorFlow {version}. "
            f"Received: {told['max_abs_error']:.3g}."
        )
    result.notes.append(f"TensorFlow {version} loads the SavedModel within {told['max_abs_error']:.2g} of Keras")
    if not told["converted"]:
        result.left.append(again)
        raise Unfinished(
            f"{folder} is proven in TensorFlow {version}; {told['reason']}. Where a GPU is: {again}", result
        )
    parity = Parity(told["cosine"], told["converted_error"], told["largest"], 1)
    check_parity(parity, engine_row("tf-trt", options.precision), options.min_cosine or None)
    return parity


def _write_example(path, network, port, sequence):
    """Write one batch and what Keras makes of it, ``{modality: (B, T, H, W, C), "embedding": (B, P, D)}``."""
    from tfgait.deploy.keras_runner import KerasRunner

    size, frames, *_ = port.shape
    chosen = modality(port.name).to_network(sequence[central_frames(len(sequence), frames)])
    batch = np.repeat(chosen[None].astype(np.float32), size, axis=0)
    np.savez(path, **{port.name: batch}, **KerasRunner(network).run({port.name: batch}))


def _write_calibration(path, options, model, store, port):
    """Write batches of training sequences, ``{modality: (N, B, T, H, W, C)}``, and return the record of them."""
    from tfgait.deploy.calibration import draw

    size, frames, *_ = port.shape
    calibration = draw(store, training_rows(store, model), options.calibration, options.seed)
    batches = [batch[port.name] for batch in calibration.batches(modality(port.name), frames, size)]
    np.savez(path, **{port.name: np.stack(batches)})
    return calibration.record


def _in_tf_trt(python, folder, out, example, options, calibration):
    """Run `tfgait.deploy.tf_trt` by the Python of its environment and return the record it prints."""
    package = Path(tfgait.__file__).resolve().parents[1]
    request = {
        "folder": str(folder),
        "out": str(out),
        "precision": options.precision,
        "example": str(example),
        "workspace": options.workspace,
        "calibration": calibration and str(calibration),
    }
    done = subprocess.run(
        [str(python), "-m", "tfgait.deploy.tf_trt", json.dumps(request)],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env={**os.environ, "PYTHONPATH": str(package), "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise DataError(f"{python} could not convert {folder}: {reason}")
    return json.loads(done.stdout.strip().splitlines()[-1])
