"""Where runs, made data and shipped models live, whatever the working directory."""

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def home():
    """Return the folder that holds `runs/`, `data/` and `models/`.

    ``TFGAIT_HOME`` if set, else the checkout the package is imported from, else the working directory.
    """
    if chosen := os.environ.get("TFGAIT_HOME"):
        return Path(chosen).expanduser().resolve()
    return CHECKOUT if (CHECKOUT / "setup.cfg").is_file() and (CHECKOUT / "models").is_dir() else Path.cwd()


def runs_dir():
    """Return the folder of run folders."""
    return home() / "runs"


def data_dir():
    """Return the folder of data the product makes or packs."""
    return home() / "data"


def models_dir():
    """Return the folder of shipped networks: that of the home, else that of the checkout."""
    own = home() / "models"
    return own if own.is_dir() else CHECKOUT / "models"
