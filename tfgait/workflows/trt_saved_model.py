"""From a network to a SavedModel converted by TF-TRT, in an environment that has it."""

import json
import os
import shlex
import subprocess
import tempfile
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

import tfgait
from tfgait.core.errors import ConfigError, DataError, Unfinished
from tfgait.core.modality import modality
from tfgait.deploy.engine import LOWEST_COSINE
from tfgait.deploy.formats import Format, check_format
from tfgait.deploy.parity import Parity, check_parity
from tfgait.workflows.export import load_with_data, sample, target, training_rows
from tfgait.workflows.models import resolve_model
from tfgait.workflows.tf_trt_environment import tf_trt_python
from tfgait.workflows.trt_options import TrtOptions, TrtResult

PRECISIONS = ("fp32", "fp16", "int8")
# What TensorRT alone knows.
FOREIGN = ("int8", "dla", "timing_cache", "trt_version")


def through_saved_model(options, progress=None):
    """Convert a SavedModel, or prove it as far as possible, and return the `TrtResult`; raises as `convert`."""
    check(options)
    model = resolve_model(options.model)
    path = target(model, options.out, f"_b{options.batch[0]}_{options.precision}_tftrt")
    network, store = load_with_data(model, options, progress)

    from tfgait.deploy.savedmodel import whole_folder, write_saved_model
    from tfgait.deploy.serving import serving

    ready = serving(network, options.batch[0], options.frames)
    folder = path.with_name(f"{model.path.stem}_b{options.batch[0]}_savedmodel")
    chosen = sample(store, options.sequences, options.seed)
    parity = write_saved_model(ready, folder, chosen, check_format("savedmodel"))
    result = TrtResult(
        model=str(model.path),
        engine=options.engine,
        precision=options.precision,
        batch=str(options.batch[0]),
        source=str(folder),
        bytes=sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()),
        cosine=parity.cosine,
        max_abs_error=parity.max_abs_error,
        sequences=parity.sequences,
        files=[str(folder)],
    )
    python = tf_trt_python(progress)
    if progress:
        progress(0, 1, "convert in TensorFlow of its own")
    with tempfile.TemporaryDirectory(prefix="tfgait-") as scratch:
        calibration = None
        if options.precision == "int8":
            calibration = Path(scratch) / "calibration.npz"
            _write_calibration(calibration, options, model, store, ready.signature)
        with whole_folder(path) as made:
            told = _in_tf_trt(python, folder, made, options, calibration)
            return _judged(options, result, folder, path, told)


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


def _judged(options, result, folder, path, told):
    """Return the finished `TrtResult`, or raise for what did not agree or could not be done."""
    version, again = told["tensorflow"], _command_again(options)
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
    precision = options.precision
    check_parity(parity, Format("tf-trt", precision, "", options.min_cosine or LOWEST_COSINE[precision], None))
    return replace(result, file=str(path), file_cosine=parity.cosine, file_max_abs_error=parity.max_abs_error)


def _write_calibration(path, options, model, store, signature):
    """Write batches of training sequences, ``{modality: (N, B, T, H, W, C)}``, as the other TensorFlow reads them."""
    from tfgait.deploy.calibration import draw

    calibration = draw(store, training_rows(store, model), options.calibration, options.seed)
    size, frames = signature.shape[0], signature.shape[1]
    batches = [batch[signature.name] for batch in calibration.batches(modality(signature.name), frames, size)]
    np.savez(path, **{signature.name: np.stack(batches)})


def _in_tf_trt(python, folder, out, options, calibration):
    """Run `tfgait.deploy.tf_trt` by the Python of its environment and return the record it prints."""
    package = Path(tfgait.__file__).resolve().parents[1]
    request = {
        "folder": str(folder),
        "out": str(out),
        "precision": options.precision,
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


def _command_again(options):
    """Return the command line of these options."""
    given = [(f.name, getattr(options, f.name)) for f in fields(options) if getattr(options, f.name) != f.default]
    texts = [(name, ",".join(map(str, value)) if isinstance(value, tuple) else value) for name, value in given]
    return shlex.join(["scripts/trt_conversion.sh", *(f"--{name}={value}" for name, value in texts)])
