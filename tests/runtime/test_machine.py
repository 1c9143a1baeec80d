import os
import subprocess
import sys

import pytest

from tfgait.runtime.machine import machine, memory_of


def write(root, files):
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def test_a_board_tells_what_it_is(tmp_path):
    cores = len(os.sched_getaffinity(0))
    write(
        tmp_path,
        {
            "proc/cpuinfo": "processor\t: 0\nBogoMIPS: 108\n\nModel\t\t: Raspberry Pi 5 Rev 1.0\n",
            "proc/meminfo": "MemTotal:        8256000 kB\nMemFree:  1 kB\n",
            "proc/loadavg": f"{cores * 0.75} 0.1 0.2 1/100 42\n",
            "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "ondemand\n",
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "1500000\n",
        },
    )
    found = machine(tmp_path)
    assert found["board"] == "Raspberry Pi 5 Model B Rev 1.0" and found["cpu"] == "Raspberry Pi 5 Rev 1.0"
    assert (found["governor"], found["mhz"], found["memory_bytes"]) == ("ondemand", 1500, 8256000 * 1024)
    assert (found["load"], found["busy"], found["cores"]) == (cores * 0.75, True, cores)
    assert found["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))


def test_what_a_machine_does_not_tell_is_none(tmp_path):
    write(tmp_path, {"proc/cpuinfo": "model name\t: A CPU\nmodel name\t: another\n", "proc/loadavg": "0.0 0 0 1/1 1\n"})
    found = machine(tmp_path)
    assert found["cpu"] == "A CPU" and found["busy"] is False
    assert (found["board"], found["governor"], found["mhz"], found["memory_bytes"]) == (None, None, None, None)
    assert memory_of(root=tmp_path) == (None, None)


def test_memory_of_a_process_is_its_own_not_that_of_who_started_it():
    size = 200 << 20
    held = bytearray(os.urandom(1)) * size  # pages that are really there
    code = "from tfgait.runtime.machine import memory_of; b = bytearray(50 << 20); b = None; print(*memory_of())"
    now, most = map(int, subprocess.check_output([sys.executable, "-c", code], text=True).split())
    assert len(held) == size and memory_of()[0] > size
    assert 50 << 20 < most < size and now == pytest.approx(most - (50 << 20), abs=20 << 20)
