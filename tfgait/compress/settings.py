"""Settings of a pruning plan, checked before anything heavy is imported."""

import math

from tfgait.core.errors import ConfigError


def check_settings(percentile, floor, round_to, threshold=None):
    """Raise `ConfigError` for a setting of `tfgait.compress.plan.make_plan` that is out of its range."""
    if threshold is not None and (not _is_number(threshold) or threshold <= 0):
        raise ConfigError(f"threshold must be a number above 0. Received: threshold={threshold}.")
    if not _is_number(percentile) or not 0 <= percentile < 100:
        raise ConfigError(f"percentile must lie in [0, 100). Received: percentile={percentile}.")
    if not _is_number(floor) or not 0 <= floor <= 1:
        raise ConfigError(f"floor must lie in [0, 1]. Received: floor={floor}.")
    if not _is_number(round_to) or round_to != int(round_to) or not 0 <= round_to <= 1024:
        raise ConfigError(f"round_to must be a whole number in [0, 1024]. Received: round_to={round_to}.")


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
