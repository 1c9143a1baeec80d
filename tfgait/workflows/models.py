"""Find a model by what people call it: a run, a preset, a file, or nothing at all."""

import logging
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tfgait.core.errors import ConfigError, DataError, UserError, nearest
from tfgait.core.files import file_hash, read_json, record_hash, whole_file, write_json
from tfgait.core.home import data_dir, home, models_dir, runs_dir
from tfgait.evaluation.distance import METRICS
from tfgait.nets import LEGACY
from tfgait.runtime.sidecar import sidecar_path
from tfgait.workflows.code_hash import code_hash

LOG = logging.getLogger(__name__)
SHIPPED = "gaitset_walkers"
SUFFIXES = (".keras", ".tflite", ".onnx", ".engine", ".savedmodel", *LEGACY)


@dataclass(frozen=True)
class ModelRef:
    """A model on disk.

    Args:
        path: its file.
        run: its run folder, or the folder of a shipped preset; None for a file that stands alone.
        manifest: what the run folder's manifest or the preset's card says; empty for a lone file.
    """

    path: Path
    run: Path | None = None
    manifest: dict = field(default_factory=dict)

    @property
    def name(self):
        """What to call it in tables."""
        return self.run.name if self.run and self.path.stem == "model" else self.path.stem

    @property
    def trained_on(self):
        """Names of the people it was trained or validated on; they mean something on its own data only."""
        return {str(s) for key in ("classes", "val_people") for s in self.manifest.get(key) or ()}

    @property
    def data(self):
        """The data its manifest names, if it is still there; else an empty string."""
        recorded = str(self.manifest.get("data") or "")
        return next((str(r / recorded) for r in (home(), Path.cwd()) if recorded and (r / recorded).exists()), "")

    @property
    def ranges(self):
        """The file of the int8 ranges that it was trained with, or None."""
        path = self.path.with_name("ranges.json")
        return path if self.path.name == "model.keras" and path.is_file() else None

    @property
    def exports(self):
        """The folder that files made of it go to: its own, but never one of the product's."""
        return runs_dir() / "exports" / self.name if self.shipped else self.path.parent

    @property
    def shipped(self):
        """Whether it belongs to the product, so that nothing may be written beside it."""
        return self.run is not None and (self.run / "card.yaml").is_file()


def resolve_model(reference=""):
    """Return the `ModelRef` of a model.

    Args:
        reference: a model file (.keras, .tflite, .onnx, .engine, .savedmodel, or Embedded-Gait's .h5 and .hdf5), a run
            folder or its name, a shipped preset, or empty: the latest run, else the shipped preset.

    Raises:
        UserError: nothing of that name exists, or the folder holds no finished model.
    """
    if not reference:
        return _in_folder(latest_run() or models_dir() / SHIPPED)
    path = Path(reference).expanduser()
    if path.suffix in SUFFIXES:
        if not (path.is_dir() if path.suffix == ".savedmodel" else path.is_file()):
            raise UserError(f"model must be an existing file. Received: model={reference}, which does not exist.")
        return ModelRef(path, *_described(path.parent))
    for folder in (path, runs_dir() / reference, models_dir() / reference):
        if folder.is_dir():
            return _in_folder(folder)
    if path.is_file():
        raise UserError(f"model must end in {', '.join(SUFFIXES)}. Received: model={reference}.")
    known = [p.parent.name for root in (runs_dir(), models_dir()) for p in sorted(root.glob("*/model.keras"))]
    raise UserError(
        f"model must be a file, a run folder or a preset ({', '.join(known) or 'there is none yet'}). "
        f"Received: model={reference}.{nearest(reference, known)}"
    )


def latest_run(experdir=""):
    """Return the folder that `latest` in a folder of run folders names, or None where there is none with a model.

    Args:
        experdir: the folder; empty: `runs`.
    """
    latest = (Path(experdir).expanduser() if experdir else runs_dir()) / "latest"
    run = latest.resolve() if latest.is_symlink() else None
    return run if run and (run / "model.keras").is_file() else None


def set_latest(run):
    """Let `runs/latest`, beside the run folder, name it; replaced in one step."""
    run = Path(run).resolve()
    with tempfile.TemporaryDirectory(dir=run.parent, prefix=".latest-") as scratch:
        link = Path(scratch) / "latest"
        link.symlink_to(run.name)
        os.replace(link, run.parent / "latest")


def load_network(reference="", last_dense="", nclasses=0, mod=""):
    """Load a Keras network by `resolve_model`'s rules, in safe mode.

    Args:
        reference: as of `resolve_model`.
        last_dense, nclasses, mod: of an .h5 or .hdf5 file of Embedded-Gait, as of `tfgait.nets.legacy.load_legacy`.

    Raises:
        UserError: it is no network of tfgait or of Embedded-Gait.
        ConfigError: `last_dense` for a file that says itself what its signature is.
    """
    model = resolve_model(reference)
    if model.path.suffix in LEGACY:
        return read_legacy(model.path, last_dense, nclasses, mod).network
    _check_last_dense(model.path, last_dense)
    if model.path.suffix != ".keras":
        raise UserError(f"model must be a .keras, .h5 or .hdf5 file here. Received: {model.path}.")
    from tfgait.nets import load

    return load(model.path)


def read_legacy(path, last_dense="", nclasses=0, mod=""):
    """Return the `Legacy` of a file of Embedded-Gait; what a reader should know of it is logged."""
    from tfgait.nets.legacy import load_legacy

    found = load_legacy(path, last_dense, nclasses, mod)
    for note in told(found):
        LOG.info("%s: %s", path.name, note)
    return found


def told(legacy):
    """Return what a reader should know of a `Legacy`."""
    return [*legacy.notes, *(f"not used: {name}" for name in legacy.leftovers)]


def runnable(model, last_dense="", nclasses=0, mod=""):
    """Return (the file of a model that a runner takes, what a reader should know of it).

    That of Embedded-Gait is made a `.keras` file, once for each choice, so that whatever is kept under the hash of a
    model's file never mixes one signature with another.

    Args:
        model: `ModelRef`.
        last_dense, nclasses, mod: as of `load_network`.
    """
    if model.path.suffix not in LEGACY:
        _check_last_dense(model.path, last_dense)
        return model.path, []
    choice = {"file": file_hash(model.path), "code": code_hash("nets")}
    choice |= {"last_dense": last_dense, "nclasses": nclasses, "mod": mod}
    made = data_dir() / "legacy" / record_hash(choice) / f"{model.path.stem}.keras"
    notes = made.with_name("notes.json")
    if not made.is_file():
        found = read_legacy(model.path, last_dense, nclasses, mod)
        write_json(notes, told(found))
        with whole_file(made) as temporary:
            found.network.save(temporary)
    return made, read_json(notes)


def metric_of(model):
    """Return the distance a model's embeddings are published with."""
    sidecar = sidecar_path(model.path)
    described = read_json(sidecar) if sidecar.is_file() else model.manifest
    if isinstance(described, dict) and described.get("metric") in METRICS:
        return described["metric"]
    return load_network(str(model.path)).metric if model.path.suffix == ".keras" else "parts"


def _check_last_dense(path, last_dense):
    if last_dense:
        raise ConfigError(
            f"last_dense belongs to {' and '.join(LEGACY)} files of Embedded-Gait; {path} says itself what is its "
            f"signature. Received: last_dense={last_dense}."
        )


def _in_folder(folder):
    path = Path(folder) / "model.keras"
    if not path.is_file():
        raise UserError(
            f"{folder} holds no model.keras: train one (python mains/train_singlenet.py), or name another model."
        )
    return ModelRef(path, *_described(path.parent))


def _described(folder):
    if (folder / "manifest.json").is_file():
        return folder, read_json(folder / "manifest.json")
    if (folder / "card.yaml").is_file():
        try:
            return folder, yaml.safe_load((folder / "card.yaml").read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            raise DataError(f"{folder / 'card.yaml'} is not a readable YAML file: {error}.") from error
    return None, {}
