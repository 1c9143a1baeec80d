"""Convert a network for NVIDIA boards as far as this machine can; what is left is named, with its commands."""

import json
import os
import shlex
import subprocess
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import tfgait
from tfgait.core.errors import ConfigError, DataError, Unfinished, check_choice
from tfgait.core.files import file_hash, write_json
from tfgait.core.home import home
from tfgait.core.manifest import manifest
from tfgait.deploy import tensorrt
from tfgait.deploy.formats import check_format
from tfgait.runtime.sidecar import sidecar_path
from tfgait.workflows.export import check_numbers, load_with_data, sample, source_of, target
from tfgait.workflows.models import resolve_model

ENGINES = ("tensorrt", "tf-trt")
TF_TRT_VENV = ".venv-tf-trt"


@dataclass(frozen=True)
class TrtOptions:
    """Options of `convert`.

    Args:
        model: a run, a preset, a .keras file, or an .h5 or .hdf5 file of Embedded-Gait; empty: the latest run, else the
            shipped preset.
        last_dense: of such an .h5 file without classifier: goes (the signature is what it reads) or stays (empty too).
        mod: of such an .h5 file that takes one channel a frame: grey (gray), depth or silhouettes (silhouette).
        engine: tensorrt (through ONNX) or tf-trt (through a SavedModel, in an environment of its own).
        precision: fp32, fp16, int8 or best; int8 and best are not calibrated: they tell the time, not the accuracy.
        batch: fixed size of a batch.
        dla: deep-learning accelerator 0 or 1, with the GPU for what it cannot do; -1 for the GPU alone.
        workspace: MiB that TensorRT may use; 0: its own choice.
        out: file or folder to write to; empty: beside the model, for a shipped preset in runs/exports.
        datadir: data to compare on; empty: the data of the run, else the default walkers.
        views: keep these only, with commas.
        conds: keep these only, such as nm or cl-02.
        min_frames: leave shorter sequences out.
        skip_bad: leave damaged sequences out, named and counted.
        frames: fixed number of frames of a sequence; 0: what the network has, else 30 silhouettes or 25 flow maps.
        sequences: number of sequences to compare with Keras on.
        min_cosine: lowest cosine to Keras that is accepted; 0: that of the format.
        seed: draws the sequences.
    """

    model: str = ""
    last_dense: str = ""
    mod: str = ""
    engine: str = "tensorrt"
    precision: str = "fp16"
    batch: int = 1
    dla: int = -1
    workspace: int = 0
    out: str = ""
    datadir: str = ""
    views: tuple[str, ...] = ()
    conds: tuple[str, ...] = ()
    min_frames: int = 1
    skip_bad: bool = False
    frames: int = 0
    sequences: int = 32
    min_cosine: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class TrtResult:
    """What `convert` did.

    Args:
        model: the network it came from.
        engine, precision, batch: as asked for.
        source: the .onnx file or SavedModel folder, proven equal to Keras.
        bytes: of the .onnx file, or of the SavedModel.
        cosine, max_abs_error, sequences: of that against Keras.
        file: the engine, or the converted SavedModel; empty where it could not be made here.
        left: commands that remain, to be run on the board.
        notes: what to know about the result.
    """

    model: str
    engine: str
    precision: str
    batch: int
    source: str
    bytes: int
    cosine: float
    max_abs_error: float
    sequences: int
    file: str = ""
    left: list = field(default_factory=list)
    notes: list = field(default_factory=list)


def convert(options, progress=None):
    """Convert a network and return the `TrtResult`.

    Raises:
        ConfigError: an option out of its range.
        DataError: a damaged model or data set, or TensorRT refused the network.
        ParityError: what goes into TensorRT does not agree with Keras.
        Unfinished: TensorRT is not here; everything before it is done, and its result names the rest.
    """
    check_choice("engine", options.engine, ENGINES)
    tensorrt.check_engine(options.precision, options.batch, options.dla, options.workspace)
    check_numbers(options)
    if options.engine == "tf-trt" and (options.dla >= 0 or options.precision not in ("fp32", "fp16")):
        raise ConfigError(
            "tf-trt converts with precision=fp32 or fp16 on the GPU. "
            f"Received: precision={options.precision}, dla={options.dla}."
        )
    model = resolve_model(options.model)
    end = ".engine" if options.engine == "tensorrt" else "_tftrt"
    placed = f"_dla{options.dla}" if options.dla >= 0 else ""
    path = target(model, options.out, f"_b{options.batch}_{options.precision}{placed}{end}")
    network, store = load_with_data(model, options, progress)
    chosen = sample(store, options.sequences, options.seed)
    work = _through_onnx if options.engine == "tensorrt" else _through_saved_model
    return work(options, model, network, chosen, path, source_of(model, store), progress)


def _through_onnx(options, model, network, chosen, path, source, progress):
    from tfgait.deploy.artefact import export_network

    placed = "_dla" if options.dla >= 0 else ""
    artefact = export_network(
        network,
        path.with_name(f"{model.path.stem}_b{options.batch}{placed}.onnx"),
        check_format("onnx", "fp32", options.batch),
        chosen,
        batch=options.batch,
        frames=options.frames,
        # A DLA has no 3D convolution.
        lowered=options.dla >= 0,
        min_cosine=options.min_cosine or None,
        source=source,
        progress=progress,
    )
    result = _result(options, model, artefact.path, artefact.record["bytes"], artefact.parity)
    if options.precision in ("int8", "best"):
        result.notes.append("int8 ranges are not calibrated: use this engine to time it, not to recognise people")
    program = tensorrt.find_trtexec()
    if not program and not tensorrt.has_python_tensorrt():
        arguments = tensorrt.engine_arguments(
            artefact.path.name, path.name, options.precision, options.dla, options.workspace
        )
        build = tensorrt.command_line(arguments)
        result.left.extend([build, tensorrt.command_line(tensorrt.timing_arguments(path.name, options.dla))])
        raise Unfinished(
            f"TensorRT is not installed here; {artefact.path} is proven in onnxruntime. Copy it to the board and run: "
            f"{build}",
            result,
        )
    tensorrt.build_engine(artefact.path, path, options.precision, options.dla, options.workspace, program)
    record = {
        "file": path.name,
        "format": "tensorrt",
        "precision": options.precision,
        "batch": options.batch,
        "dla": options.dla,
        "bytes": path.stat().st_size,
        "sha256": file_hash(path),
        "onnx_sha256": artefact.record["sha256"],
        "modality": artefact.record["modality"],
        "built_by": program or "tensorrt (Python)",
        "notes": result.notes,
        **manifest(),
    }
    write_json(sidecar_path(path), record)
    return replace(result, file=str(path))


def _through_saved_model(options, model, network, chosen, path, source, progress):
    from tfgait.deploy.savedmodel import write_saved_model
    from tfgait.deploy.serving import serving

    ready = serving(network, options.batch, options.frames)
    folder = path.with_name(f"{model.path.stem}_b{options.batch}_savedmodel")
    parity = write_saved_model(ready, folder, chosen, check_format("onnx"))
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    result = _result(options, model, folder, size, parity)
    python = home() / TF_TRT_VENV / "bin" / "python"
    again = _command_again(options)
    if not os.access(python, os.X_OK):
        make = f"python3 -m venv {TF_TRT_VENV} && {TF_TRT_VENV}/bin/pip install -r venv_requirements/tf-trt.txt"
        result.left.extend([make, again])
        raise Unfinished(f"TF-TRT needs an environment of its own. Where a GPU is: {make} && {again}", result)
    told = _in_tf_trt(python, folder, path, options.precision)
    tolerance = check_format("onnx").max_error * told["largest"]
    if told["max_abs_error"] > tolerance:
        raise DataError(
            f"{folder} must stay within {tolerance:.3g} of Keras in TensorFlow {told['tensorflow']}. "
            f"Received: {told['max_abs_error']:.3g}."
        )
    result.notes.append(f"TensorFlow {told['tensorflow']} loads the SavedModel within {told['max_abs_error']:.2g}")
    if not told["converted"]:
        result.left.append(again)
        raise Unfinished(f"{folder} is proven in TensorFlow {told['tensorflow']}; {told['reason']}: {again}", result)
    return replace(result, file=str(path))


def _in_tf_trt(python, folder, out, precision):
    """Run `tfgait.deploy.tf_trt` by the Python of its environment and return the record it prints."""
    package = Path(tfgait.__file__).resolve().parents[1]
    command = [str(python), "-m", "tfgait.deploy.tf_trt", str(folder), str(out), precision]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
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
    return shlex.join(["scripts/trt_conversion.sh", *(f"--{name}={value}" for name, value in given)])


def _result(options, model, source, size, parity):
    return TrtResult(
        model=str(model.path),
        engine=options.engine,
        precision=options.precision,
        batch=options.batch,
        source=str(source),
        bytes=size,
        cosine=parity.cosine,
        max_abs_error=parity.max_abs_error,
        sequences=parity.sequences,
    )
