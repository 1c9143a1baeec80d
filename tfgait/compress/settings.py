"""Settings of a pruning plan, checked before anything heavy is imported."""

import math

from tfgait.compress import SCOPES
from tfgait.core.errors import ConfigError, check_choice

TARGETS = ("params", "macs", "latency")


def check_settings(percentile, floor, round_to, threshold=None, seed=0):
    """Raise `ConfigError` for a setting of `tfgait.compress.plan.make_plan` that is out of its range."""
    if threshold is not None and (not _is_number(threshold) or threshold <= 0):
        raise ConfigError(f"threshold must be a number above 0. Received: threshold={threshold}.")
    if not _is_number(percentile) or not 0 <= percentile < 100:
        raise ConfigError(f"percentile must lie in [0, 100). Received: percentile={percentile}.")
    if not _is_number(floor) or not 0 <= floor <= 1:
        raise ConfigError(f"floor must lie in [0, 1]. Received: floor={floor}.")
    if not _is_number(round_to) or round_to != int(round_to) or not 0 <= round_to <= 1024:
        raise ConfigError(f"round_to must be a whole number in [0, 1024]. Received: round_to={round_to}.")
    if not _is_number(seed) or seed != int(seed) or seed < 0:
        raise ConfigError(f"seed must be a whole number of at least 0. Received: seed={seed}.")


def check_scope(scope, threshold=None):
    """Raise `ConfigError` unless a scope is one, or empty, and goes with an absolute threshold where there is one."""
    if scope:
        check_choice("scope", scope, SCOPES)
    if threshold is not None and scope == "layer":
        raise ConfigError("threshold is one number for the whole network. Received: scope=layer beside it.")


def parse_target(text):
    """Return (what, share) of a target such as ``"macs=0.4"``: what is measured, and what may be left of it, in (0, 1).

    Raises:
        ConfigError: it is no such target.
    """
    what, equals, share = text.partition("=")
    if not equals:
        raise ConfigError(f"target must say of what, such as params=0.5 or macs=0.4. Received: target={text}.")
    check_choice("target", what, TARGETS)
    try:
        share = float(share)
    except ValueError:
        share = math.nan
    if not 0 < share < 1:
        raise ConfigError(f"target must be a share in (0, 1), such as {what}=0.5. Received: target={text}.")
    return what, share


def _is_number(value):
    # A whole number may be too large for a float, which isfinite would make of it.
    return type(value) is int or (isinstance(value, float) and math.isfinite(value))
