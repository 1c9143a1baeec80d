"""From a network to a TensorRT engine, by way of ONNX."""

import shlex
from dataclasses import replace
from pathlib import Path

from tfgait.core.errors import ConfigError, Unfinished
from tfgait.core.files import whole_file, write_json
from tfgait.core.home import home
from tfgait.deploy import tensorrt, trtexec
from tfgait.deploy.engine import USUAL, dotted, engine_spec, parse_version
from tfgait.deploy.examples import read_examples
from tfgait.deploy.formats import engine_row
from tfgait.deploy.parity import check_parity, compare
from tfgait.deploy.trtexec_runner import TrtexecRunner
from tfgait.runtime import open_runner
from tfgait.runtime.encoder import Encoder
from tfgait.runtime.sidecar import sidecar_path
from tfgait.workflows.models import resolve_model
from tfgait.workflows.trt_options import TrtResult, flags
from tfgait.workflows.trt_record import converted_record
from tfgait.workflows.trt_source import found_source, written_source

BOARD = "BOARD:"
# Options that matter still when an engine is built of an ONNX file.
FOR_BOARD = ("precision", "int8", "batch", "dla", "workspace", "timing_cache")


def through_onnx(options, progress=None):
    """Build an engine, or everything up to it, and return the `TrtResult`; raises as `convert`."""
    tool = tensorrt.find_tool()
    spec = spec_of(options, tool)
    if options.calibration < 1:
        raise ConfigError(f"calibration must be at least 1 sequence. Received: calibration={options.calibration}.")
    model = resolve_model(options.model)
    if model.path.suffix == ".onnx":
        source = found_source(options, spec, model)
    else:
        source = written_source(options, spec, model, progress)
    parity = source.record["parity"]
    result = TrtResult(
        model=str(model.path),
        engine=options.engine,
        precision=options.precision,
        batch=",".join(map(str, spec.batch)),
        source=str(source.onnx),
        bytes=source.record["bytes"],
        cosine=parity["cosine"],
        max_abs_error=parity["max_abs_error"],
        sequences=parity["sequences"],
        rank1_drop=source.rank1_drop,
        files=source.files,
        notes=list(source.notes),
    )
    if tool is None:
        raise _without_tensorrt(options, spec, source, result)
    return _built(options, spec, tool, source, result, progress)


def spec_of(options, tool):
    """Return the `EngineSpec` of options, for the TensorRT found here, else the one named.

    Raises:
        ConfigError: as `engine_spec`; or another TensorRT is named than is here.
    """
    named = parse_version(options.trt_version) if options.trt_version else None
    if tool and named and named != tool.version[: len(named)]:
        raise ConfigError(
            f"trt_version must be left out or {dotted(tool.version)}, the one installed here. "
            f"Received: trt_version={options.trt_version}."
        )
    version = tool.version if tool else named or USUAL
    return engine_spec(options.precision, options.int8, options.batch, options.dla, options.workspace, version)


def _without_tensorrt(options, spec, source, result):
    """Return the `Unfinished` that names what the board has to do."""
    engine, cache = source.engine.name, source.calibration and source.calibration.name
    timing = options.timing_cache and Path(options.timing_cache).name
    build = trtexec.build_arguments(spec, source.onnx.name, engine, source.port, cache, timing)
    data = ["--datadir", _from_home(source.data)] if source.data else []
    lines = [
        shlex.join(["scp", *source.files, BOARD]),
        trtexec.command_line(build),
        trtexec.command_line(trtexec.timing_arguments(spec, engine, source.port)),
        shlex.join(["tfgait", "test_knn", "--model", engine, *data]),
    ]
    alone = shlex.join(["tfgait", "trt", f"--model={source.onnx.name}", *flags(options, FOR_BOARD)])
    notes = [
        f"for TensorRT {dotted(spec.version)}; another one may need --trt_version",
        f"where tfgait is on the board, this builds it too, with a sidecar, and compares it with Keras: {alone}",
    ]
    return Unfinished(
        f"TensorRT is not installed here; {source.onnx} was proven in onnxruntime. Copy it to the board and run: "
        f"{lines[1]} ('left' has the other commands)",
        replace(result, left=lines, notes=[*result.notes, *notes]),
    )


def _from_home(path):
    """Return a path below the toolkit's home as it is from there, since that of the board lies elsewhere."""
    path = Path(path)
    return str(path.relative_to(home()) if path.is_relative_to(home()) else path)


def _built(options, spec, tool, source, result, progress):
    say = progress or (lambda done, total, what: None)
    path = source.engine
    sequences, reference = read_examples(source.onnx)
    with whole_file(sidecar_path(path)) as described, whole_file(path) as temporary:
        say(0, 1, "build the engine")
        facts = tensorrt.build_engine(
            tool, spec, source.onnx, temporary, source.port, source.calibration, options.timing_cache
        )
        say(1, 1, "build the engine")
        encoder = Encoder(_runner(temporary, tool, spec, source))
        found = encoder.encode(sequences, lambda done: say(done, len(sequences), "run the engine"))
        parity = compare(reference, found)
        form = engine_row("tensorrt", spec.precision)
        check_parity(parity, form, options.min_cosine or None)
        facts = {
            "format": form.format,
            "precision": spec.precision,
            "int8": spec.int8 if spec.precision in ("int8", "best") else "",
            "batch": list(spec.batch),
            "dla": spec.dla,
            "engine": {**facts, "tool": tool.name},
        }
        record = converted_record(source.record, path, temporary, parity, **facts)
        write_json(described, record)
    return replace(result, file=str(path), file_cosine=parity.cosine, file_max_abs_error=parity.max_abs_error)


def _runner(path, tool, spec, source):
    """Return what runs an engine here: TensorRT's Python, or `trtexec` where that has none for this Python."""
    try:
        return open_runner(path)
    except ConfigError:
        if not tool.program:
            raise
        return TrtexecRunner(tool.program, path, spec, source.record)
