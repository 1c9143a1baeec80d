"""Where runs, made data and shipped models live, whatever the working directory."""

import os
from pathlib import Path


def home():
    """Return the folder that holds `runs/`, `data/` and `models/`.

    ``TFGAIT_HOME`` if set, else the checkout the package is imported from, else the working directory.
    """
    if chosen := os.environ.get("TFGAIT_HOME"):
        return Path(chosen).expanduser().resolve()
    checkout = Path(__file__).resolve().parents[2]
    return checkout if (checkout / "setup.cfg").is_file() and (checkout / "models").is_dir() else Path.cwd()


def runs_dir():
    """Return the folder of run folders."""
    return home() / "runs"


def data_dir():
    """Return the folder of data the product makes or packs."""
    return home() / "data"


def models_dir():
    """Return the folder of shipped networks."""
    return home() / "models"
