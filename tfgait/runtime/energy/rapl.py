"""RAPL: the energy counters of Intel and AMD processors, through the powercap tree of sysfs.

Reference: Documentation/power/powercap of the Linux kernel.
"""

from pathlib import Path

from tfgait.core.errors import DataError
from tfgait.runtime.energy.source import CounterSource, NoMeter, read_number

SCOPE = "processor packages, without memory, GPU and the rest of the machine"
MICROJOULES = 1e-6
RULE = 'SUBSYSTEM=="powercap", ACTION=="add", RUN+="/bin/chmod o+r /sys%p/energy_uj"'


class Rapl(CounterSource):
    """The packages of all sockets; their parts (core, uncore), which they contain, are not added to them.

    Args:
        root: where sysfs is mounted.

    Raises:
        NoMeter: there is none, or its counters are for root alone.
    """

    kind = "rapl"

    def __init__(self, root="/sys"):
        tree = Path(root) / "class" / "powercap"
        packages = {}
        # intel-rapl-mmio:* shows the same packages again, the zone psys contains them.
        for zone in sorted(tree.glob("intel-rapl:*")):
            try:
                name = (zone / "name").read_text(encoding="utf-8", errors="replace").strip()
                if name.startswith("package"):
                    read_number(zone / "energy_uj")
                    packages[name] = zone / "energy_uj"
            except PermissionError as error:
                path = zone / "energy_uj"
                raise NoMeter(f"{path} is for root alone: sudo chmod o+r {path}, or the udev rule {RULE}") from error
            except (OSError, DataError):
                continue
        if not packages:
            raise NoMeter(f"no RAPL package in {tree}")
        ranges = {n: read_number(p.with_name("max_energy_range_uj")) * MICROJOULES for n, p in packages.items()}
        super().__init__(packages, packages, SCOPE, ranges)
        self._files = packages

    def read(self):
        """Return ``{package: joules so far}``."""
        return {name: read_number(self._files[name]) * MICROJOULES for name in self.read_rails}
