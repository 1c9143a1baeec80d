"""Recipes: files of options that come with the package and are asked for by name."""

from pathlib import Path

from tfgait.core.errors import ConfigError, nearest

FOLDER = Path(__file__).resolve().parents[1] / "recipes"


def recipe_names():
    """Return the names of all recipes, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def recipe_path(name):
    """Return the file of a recipe as text; what can only be a path is returned as it is.

    Raises:
        ConfigError: neither a recipe nor a file is called so.
    """
    known = recipe_names()
    if name in known:
        return str(FOLDER / f"{name}.yaml")
    if not {"/", "."} & set(name) and not Path(name).exists():
        raise ConfigError(
            f"config must be a YAML file or a recipe ({', '.join(known)}). "
            f"Received: config={name}.{nearest(name, known)}"
        )
    return name


def recipe_title(name):
    """Return the first line of a recipe's head comment."""
    with open(FOLDER / f"{name}.yaml", encoding="utf-8") as file:
        return file.readline().lstrip("# ").strip()
