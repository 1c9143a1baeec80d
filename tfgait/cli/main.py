"""Run a command. Exit code 0 done, 1 our fault, 2 the user's mistake, 3 done as far as possible here, 130 Ctrl-C."""

import dataclasses
import errno
import importlib
import json
import math
import os
import sys

from tfgait import __version__
from tfgait.cli.commands import COMMANDS, command
from tfgait.cli.progress import Progress
from tfgait.core.errors import Unfinished, UserError
from tfgait.core.files import plain
from tfgait.deploy.quiet import quiet_tensorflow

# The least extra that has a package; all others are in `train`.
EXTRAS = {"cv2": "video", "jsonargparse": "video", "yaml": "video", "rich": "video", "h5py": "store"}
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NOT_THERE = (
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EEXIST,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENAMETOOLONG,
)


def main():
    """Entry point of `tfgait <command> [options]`."""
    name, *argv = sys.argv[1:] or ["--help"]
    if name in ("-h", "--help"):
        print("usage: tfgait <command> [options]      (tfgait <command> --help gives the options and an example)\n")
        for known, entry in COMMANDS.items():
            print(f"  {known:12} {entry.summary}")
        sys.exit(0)
    if name == "--version":
        print(__version__)
        sys.exit(0)
    run(name, argv)


def run(name, argv=None):
    """Run a command with these arguments (the process's own where None) and exit.

    Prints tables for people, then the result as one line of JSON, to standard output; progress and errors to standard
    error.
    """
    argv = sys.argv[1:] if argv is None else argv
    # TensorFlow reads these once, when it is imported.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    sys.exit(_guarded(name, argv))


def _guarded(name, argv):
    try:
        return _run(name, argv)
    except UserError as error:
        return _say(name, error, 2)
    except ModuleNotFoundError as absent:
        package = str(absent.name).partition(".")[0]
        if package == "tfgait":
            raise
        return _say(name, f"{package} is not installed: pip install tfgait[{EXTRAS.get(package, 'train')}]", 2)
    except KeyboardInterrupt:
        return _say(name, "stopped by Ctrl-C; what was finished is kept", 130)
    except OSError as error:
        if error.errno not in (*FULL, *NOT_THERE):
            raise
        return _say(name, f"{error.strerror}: {error.filename or 'while writing'}. No file was left half written.", 2)


def _run(name, argv):
    entry = command(name)
    module, _, function = entry.workflow.partition(":")
    if entry.tensorflow:
        quiet_tensorflow()
    module = importlib.import_module(module)
    prog = f"mains/{entry.main}.py" if entry.main and sys.argv[0].endswith(f"{entry.main}.py") else f"tfgait {name}"
    from tfgait.cli.arguments import parse

    options = parse(getattr(module, entry.options), argv, prog, entry.summary, entry.example, name.replace("-", "_"))
    code = 0
    with Progress() as progress:
        try:
            result = getattr(module, function)(options, progress=progress)
        except Unfinished as unfinished:
            result, code = unfinished.result, _say(name, unfinished, unfinished.code)
    from tfgait.cli.tables import show

    show(name.replace("-", "_"), result)
    print(json.dumps(_finite(_record(result)), default=plain), flush=True)
    return code


def _say(name, message, code):
    print(f"tfgait {name}: {' '.join(str(message).split())}", file=sys.stderr, flush=True)
    return code


def _record(result):
    return dataclasses.asdict(result) if dataclasses.is_dataclass(result) else result


def _finite(value):
    """Replace NaN and infinities by None: JSON has neither."""
    if isinstance(value, dict):
        return {str(k): _finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
