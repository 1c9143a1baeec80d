"""What options of several commands must be."""

from tfgait.core.errors import ConfigError


def check_least(options, least):
    """Raise `ConfigError` unless every number of ``{name: smallest}`` is at least that; NaN never is."""
    for name, smallest in least.items():
        if not getattr(options, name) >= smallest:
            raise ConfigError(f"{name} must be at least {smallest}. Received: {name}={getattr(options, name)}.")


def check_rate(options):
    """Raise `ConfigError` unless `lr` is a finite number of at least 0, where 0 stands for the usual one."""
    if not 0 <= options.lr < float("inf"):
        raise ConfigError(f"lr must be a finite number of at least 0. Received: lr={options.lr}.")


def check_percentiles(asked, beside=", at least one"):
    """Raise `ConfigError` unless percentiles are different shares; `beside` ends what is said of what they must be."""
    if not asked or len(set(asked)) < len(asked) or not all(0 < p < 100 for p in asked):
        raise ConfigError(
            f"percentiles must be different numbers above 0 and below 100{beside}. "
            f"Received: percentiles={','.join(f'{p:g}' for p in asked)}."
        )


def check_folder_name(options, name="name"):
    """Raise `ConfigError` where an option would name a folder anywhere else than in its root, or a hidden one."""
    value = getattr(options, name)
    if any(c in value for c in "/\\") or value.startswith("."):
        raise ConfigError(f"{name} must be a plain name of a folder. Received: {name}={value}.")
