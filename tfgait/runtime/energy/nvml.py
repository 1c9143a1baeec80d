"""NVML: power or energy of NVIDIA's graphics cards."""

import math

from tfgait.runtime.energy.source import CounterSource, NoMeter, PowerSource

SCOPE = "graphics cards alone"
MILLI = 1e-3


def open_nvml(root=None):
    """Return the source of all cards: their energy counters, or their power where one has no counter (before Volta).

    Args:
        root: not read; NVML has no tree of files.

    Raises:
        NoMeter: no NVML, no card, or no card that tells its power.
    """
    try:
        import pynvml
    except ModuleNotFoundError as error:
        raise NoMeter("NVML needs pip install nvidia-ml-py") from error
    try:
        pynvml.nvmlInit()
        cards = range(pynvml.nvmlDeviceGetCount())
        handles = {f"GPU{i}": pynvml.nvmlDeviceGetHandleByIndex(i) for i in cards}
    except pynvml.NVMLError as error:
        raise NoMeter(f"NVML: {error}") from error
    if not handles:
        raise NoMeter("NVML knows no graphics card")
    for source, call in (
        (NvmlEnergy, pynvml.nvmlDeviceGetTotalEnergyConsumption),
        (NvmlPower, pynvml.nvmlDeviceGetPowerUsage),
    ):
        try:
            for handle in handles.values():
                call(handle)
        except pynvml.NVMLError as error:
            reason = error
        else:
            return source(handles, call)
    raise NoMeter(f"NVML: {reason}")


class NvmlEnergy(CounterSource):
    """Energy counters of the cards, read in millijoules."""

    kind = "nvml"

    def __init__(self, handles, call):
        # 64 bits of millijoules since the driver was loaded never come round.
        super().__init__(handles, handles, SCOPE, dict.fromkeys(handles, math.inf))
        self._handles, self._call = handles, call

    def read(self):
        """Return ``{card: joules so far}``."""
        return {name: self._call(self._handles[name]) * MILLI for name in self.read_rails}


class NvmlPower(PowerSource):
    """Power of the cards, read in milliwatts."""

    kind = "nvml"
    period = 0.02

    def __init__(self, handles, call):
        super().__init__(handles, handles, SCOPE)
        self._handles, self._call = handles, call

    def read(self):
        """Return ``{card: watts}``."""
        return {name: self._call(self._handles[name]) * MILLI for name in self.read_rails}
