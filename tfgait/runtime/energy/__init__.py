"""Energy in joules: the sensors of boards, processors and graphics cards, behind one meter."""

from tfgait.core.errors import ConfigError, check_choice
from tfgait.core.registry import Registry
from tfgait.runtime.energy.meter import Meter
from tfgait.runtime.energy.source import NoMeter

METERS = Registry(
    "energy meter",
    {
        "ina3221": "tfgait.runtime.energy.ina3221:Ina3221",
        "rapl": "tfgait.runtime.energy.rapl:Rapl",
        "nvml": "tfgait.runtime.energy.nvml:open_nvml",
    },
)
KINDS = ("auto", *METERS, "none")


def open_meter(kind="auto", rails=(), period=0.0, root="/sys"):
    """Return (`Meter`, "") or (None, why there is none).

    Args:
        kind: ina3221 (Jetson boards), rapl (Intel and AMD processors), nvml (NVIDIA's graphics cards), auto: the first
            of them that is here, or none.
        rails: which rails count, added up; empty: those that are the whole of what the sensor sees.
        period: seconds from one sample to the next; 0: the sensor's own.
        root: where sysfs is mounted.

    Raises:
        ConfigError: an unknown kind or rail, a negative period, or a kind asked for by name that is not here.
    """
    check_choice("meter", kind, KINDS)
    if kind == "none":
        return None, "no meter was asked for"
    reasons = []
    for name in METERS if kind == "auto" else (kind,):
        try:
            source = METERS[name](root)
        except NoMeter as absent:
            reasons.append(str(absent))
            continue
        if rails:
            source.choose(rails)
        return Meter(source, period), ""
    if kind != "auto":
        raise ConfigError(f"meter={kind} cannot be used: {reasons[0]}")
    return None, "; ".join(reasons)
