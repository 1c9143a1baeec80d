"""Start a command from a checkout: with the environment in `.venv` if the present Python lacks what is needed."""

import importlib.util
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BOARD = ("numpy", "cv2", "jsonargparse", "rich", "yaml")
TRAIN = ("tensorflow", "keras", "jsonargparse", "h5py")


def run(command):
    """Run `tfgait <command>` with this process's arguments; without an environment, say how to make one."""
    sys.path.insert(0, str(ROOT))
    from tfgait.cli.commands import COMMANDS

    needed = BOARD if COMMANDS[command].board else TRAIN
    if any(importlib.util.find_spec(name) is None for name in needed):
        python = ROOT / ".venv" / "bin" / "python"
        if not python.exists() or Path(sys.prefix).resolve() == (ROOT / ".venv").resolve():
            sys.exit(_no_environment())
        os.execv(python, [str(python), *sys.argv])
    from tfgait.cli.main import run as run_command

    run_command(command)


def _no_environment():
    print("No environment holds what tfgait needs. Make it with: scripts/environment.sh", file=sys.stderr)
    return 2
