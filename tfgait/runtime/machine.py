"""What a machine is: a number without it says little."""

import os
import platform
from pathlib import Path

from tfgait.core.manifest import versions

BUSY = 0.5  # of the load a core; above it others take part in what is measured


def machine(root="/"):
    """Return a record of this machine: what it is, what runs on it, and how busy it is.

    Args:
        root: where /proc and /sys are.

    Returns:
        ``board`` (of a device tree), ``cpu``, ``cores`` this process may use, ``architecture``, ``governor`` and
        ``mhz`` of the first core, ``memory_bytes``, ``os``, ``load`` (mean of one minute), ``busy`` and ``versions``;
        None for what the machine does not tell.
    """
    root = Path(root)
    frequency = root / "sys/devices/system/cpu/cpu0/cpufreq"
    information = _pairs(root / "proc/cpuinfo")
    memory = _pairs(root / "proc/meminfo").get("MemTotal", "")
    khz = _text(frequency / "scaling_cur_freq")
    load = _text(root / "proc/loadavg").partition(" ")[0]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "board": _text(root / "proc/device-tree/model").rstrip("\0") or None,
        "cpu": information.get("model name") or information.get("Model") or platform.processor() or None,
        "cores": cores,
        "architecture": platform.machine(),
        "governor": _text(frequency / "scaling_governor") or None,
        "mhz": int(khz) / 1000 if khz.isdigit() else None,
        "memory_bytes": 1024 * int(memory.split()[0]) if memory else None,
        "os": platform.platform(),
        "load": float(load) if load else None,
        "busy": float(load) > BUSY * cores if load else None,
        "versions": versions(),
    }


def memory_of(process="self", root="/"):
    """Return (bytes a process has in memory now, the most it ever had); None where the system does not tell.

    The kernel's own record of the most, unlike that of `resource`, leaves out who started the process.
    """
    status = _pairs(Path(root) / "proc" / process / "status")
    return tuple(1024 * int(status[key].split()[0]) if key in status else None for key in ("VmRSS", "VmHWM"))


def _text(path):
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _pairs(path):
    """Return ``{key: value}`` of lines ``key : value``; of a key that comes again the first."""
    found = {}
    for line in _text(path).splitlines():
        key, colon, value = line.partition(":")
        if colon:
            found.setdefault(key.strip(), value.strip())
    return found
