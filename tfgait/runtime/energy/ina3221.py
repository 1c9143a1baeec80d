"""The INA3221 of Jetson boards: voltage and current of up to three rails a chip, through sysfs.

Reference: rails and addresses as in NVIDIA's Jetson Linux Developer Guide, "Software-Based Power Consumption Modeling".
"""

from pathlib import Path

from tfgait.core.errors import DataError
from tfgait.runtime.energy.source import NoMeter, PowerSource, read_number

UNCONNECTED = ("", "NC")
# The rails that add up to all a module takes; of several that fit the first is it.
TOTALS = {
    ("POM_5V_IN",): "all of a Jetson Nano",
    ("VDD_IN",): "all of the module (Jetson TX1, TX2, Xavier NX, Orin Nano, Orin NX)",
    ("GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"): "all of a Jetson AGX Xavier",
    # VDDQ_VDD2_1V8AO is fed by VIN_SYS_5V0, and would count twice.
    ("VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"): "all of a Jetson AGX Orin",
    ("VDD_GPU", "VDD_CPU_SOC_MSS", "VIN_SYS_5V0"): "all of a Jetson AGX Thor",
}


class Ina3221(PowerSource):
    """Every INA3221 of a board.

    Args:
        root: where sysfs is mounted.

    Raises:
        NoMeter: there is none, or none that may be read.
    """

    kind = "ina3221"
    period = 0.002

    def __init__(self, root="/sys"):
        found = {}
        for label, voltage, current in (*_hwmon(Path(root)), *_iio(Path(root))):
            if label not in UNCONNECTED and _readable(voltage, current):
                found.setdefault(label, (voltage, current))
        if not found:
            raise NoMeter(f"no INA3221 with a connected rail in {root}/class/hwmon or {root}/bus/i2c/drivers/ina3221x")
        total = next((rails for rails in TOTALS if set(rails) <= found.keys()), tuple(found))
        super().__init__(found, total, TOTALS.get(total, "the sum of all rails, which may count some power twice"))
        self._files = found

    def read(self):
        """Return ``{rail: watts}`` of the rails that count and those of a GPU."""
        readings = {}
        for rail in self.read_rails:
            millivolts, milliamperes = map(read_number, self._files[rail])
            readings[rail] = millivolts * milliamperes * 1e-6
        return readings


def _hwmon(root):
    """Yield (label, file of millivolts, file of milliamperes) of kernels from 5.10 on, JetPack 5 and 6."""
    for folder in sorted((root / "class" / "hwmon").glob("hwmon*")):
        if _text(folder / "name") == "ina3221":
            for n in (1, 2, 3):
                yield _text(folder / f"in{n}_label"), folder / f"in{n}_input", folder / f"curr{n}_input"


def _iio(root):
    """Yield the same of NVIDIA's kernel 4.9, JetPack 4."""
    for folder in sorted((root / "bus" / "i2c" / "drivers" / "ina3221x").glob("*/iio*device*")):
        for n in (0, 1, 2):
            label = _text(folder / f"rail_name_{n}")
            yield label, folder / f"in_voltage{n}_input", folder / f"in_current{n}_input"


def _text(path):
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _readable(*files):
    """Return whether a rail can be read; a channel that is switched off cannot."""
    for path in files:
        try:
            read_number(path)
        except PermissionError as error:
            raise NoMeter(f"{path} may not be read: sudo chmod o+r {path}") from error
        except (OSError, DataError):
            return False
    return True
