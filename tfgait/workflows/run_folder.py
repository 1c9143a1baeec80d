"""Run folders: which one a training writes to, who else does, and what stands in it."""

import contextlib
import dataclasses
import fcntl
import logging
from pathlib import Path

import yaml

from tfgait.core.errors import DataError, UserError
from tfgait.core.files import read_json, write_json, write_text
from tfgait.core.home import runs_dir

LOG = logging.getLogger("tfgait")
# What may differ between two sittings of one training.
ELSEWHERE = ("experdir", "device", "resume", "save_minutes")


@contextlib.contextmanager
def run_folder(options, data_hash):
    """Yield (folder, resumed): the unfinished run of these options, or a new folder; nobody else writes to it.

    A finished run, one of other options, and one that another process works on are left alone: the next free of
    ``name``, ``name-2``, ``name-3`` … is taken.

    Args:
        options: the resolved `TrainOptions`.
        data_hash: of the store; a run on other data is another run.
    """
    root = Path(options.experdir).expanduser() if options.experdir else runs_dir()
    base = "_".join(filter(None, (options.prefix, options.name or options.preset)))
    config = {**config_of(options), "data_hash": data_hash}
    try:
        root.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise DataError(f"experdir must be a folder. Received: experdir={root}.") from error
    number = 1
    while True:
        folder = root / (base if number == 1 else f"{base}-{number}")
        number += 1
        fresh = not folder.exists()
        if not fresh and not (options.resume and _unfinished(folder, config)):
            continue
        folder.mkdir(exist_ok=True)
        with _locked(folder) as mine:
            # Another process may have taken or finished it between the look and the lock.
            if not mine or (not fresh and not _unfinished(folder, config)):
                continue
            if fresh:
                write_text(folder / "config.yaml", yaml.safe_dump(config_of(options), sort_keys=False))
                write_json(folder / "manifest.json", {"status": "unfinished", "config": config})
            with _logged(folder):
                yield folder, not fresh
            return


def set_status(folder, status, **facts):
    """Write the manifest: what is known already, `facts` over it, and the status."""
    write_json(folder / "manifest.json", {**read_json(folder / "manifest.json"), **facts, "status": status})


def config_of(options):
    """Return the options as YAML holds them."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in dataclasses.asdict(options).items()}


def _unfinished(folder, config):
    path = folder / "manifest.json"
    if not path.is_file():
        return False
    try:
        found = read_json(path)
    except UserError:
        return False
    same = isinstance(found, dict) and isinstance(found.get("config"), dict)
    same = same and _compared(found["config"]) == _compared(config)
    return same and found.get("status") == "unfinished"


def _compared(config):
    return {k: v for k, v in config.items() if k not in ELSEWHERE}


@contextlib.contextmanager
def _locked(folder):
    """Yield whether this process alone works on the folder; the lock ends with the process, however it ends."""
    with open(folder / ".lock", "a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextlib.contextmanager
def _logged(folder):
    handler = logging.FileHandler(folder / "run.log", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    level = LOG.level
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOG.removeHandler(handler)
        LOG.setLevel(level)
        handler.close()
