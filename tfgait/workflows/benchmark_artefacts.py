"""Which model files a benchmark measures: those of a run, written first where they lack, or those named."""

import importlib.util
from dataclasses import replace
from pathlib import Path

from tfgait.core.errors import ConfigError, UserError
from tfgait.deploy.formats import check_format
from tfgait.deploy.quiet import quiet_tensorflow
from tfgait.runtime import RUNNERS
from tfgait.runtime.sidecar import network_hash
from tfgait.workflows.models import resolve_model


def artefacts_of(options, progress=None):
    """Return (name of what is measured, list of `ModelRef`, what a reader must know).

    Args:
        options: `BenchmarkOptions`.
        progress: called with (done, total, what).

    Raises:
        UserError: no such run, preset or file.
        ConfigError: several names that are not all files, or an unknown format or precision.
    """
    forms = [_form(asked) for asked in options.export]
    if options.model and all(Path(name).suffix in RUNNERS for name in options.model):
        found = [resolve_model(name) for name in dict.fromkeys(options.model)]
        return ", ".join(names_of(found)), found, []
    if len(options.model) > 1:
        raise ConfigError(
            f"model must be one run or preset, or files ({', '.join(RUNNERS)}) alone. "
            f"Received: model={','.join(options.model)}."
        )
    model = resolve_model(*options.model)
    notes = _exported(model, forms, options.datadir, progress)
    own, found = network_hash(model.path), [model]
    for path in _beside(model):
        try:
            same = network_hash(path) == own
        except UserError as error:
            notes.append(f"{path.name} is left out: {error}")
            continue
        if same:
            found.append(replace(model, path=path))
        else:
            notes.append(f"{path.name} is left out: it was made of another network than {model.path.name}")
    return model.name, found, notes


def names_of(artefacts):
    """Return a name for each `ModelRef`, all different: that of the file, with folders where others have it too."""
    paths = [ref.path.resolve() for ref in artefacts]
    names = [path.name for path in paths]
    depth = 1
    while len(set(names)) < len(set(paths)):
        depth += 1
        names = ["/".join(path.parts[-depth:]) for path in paths]
    return names


def _form(asked):
    format, colon, precision = asked.partition(":")
    if not colon:
        raise ConfigError(f"export must be format:precision, such as tflite:int8. Received: export={asked}.")
    return check_format(format, precision)


def _beside(model):
    """Return the files of its run folder and of its exports, each name once."""
    folders = dict.fromkeys((model.path.parent, model.exports))
    found = {}
    for folder in folders:
        for path in sorted(folder.glob(f"{model.path.stem}*")):
            if path.suffix in RUNNERS and _is_model(path) and path != model.path:
                found.setdefault(path.name, path)
    return list(found.values())


def _is_model(path):
    return path.is_dir() if path.suffix == ".savedmodel" else path.is_file()


def _exported(model, forms, datadir, progress):
    """Write what lacks, and return notes on what could not be written."""
    have = {path.name for path in _beside(model)}
    lacking = [form for form in forms if model.path.stem + form.suffix not in have]
    lines = [f"tfgait export --model {model.path} --format {f.format} --precision {f.precision}" for f in lacking]
    if importlib.util.find_spec("tensorflow") is None:
        return [f"without TensorFlow nothing is exported here; elsewhere: {line}" for line in lines]
    if lacking:
        quiet_tensorflow()
    from tfgait.workflows.export import ExportOptions, export

    notes = []
    asked = ExportOptions(str(model.path), datadir=datadir)
    for form in lacking:
        try:
            export(replace(asked, format=form.format, precision=form.precision), progress)
        except UserError as error:
            notes.append(f"{form.format} {form.precision} could not be exported: {error}")
    return notes
