import math
import sys
import types
from pathlib import Path

import pytest
import sysfs_trees as trees

from tfgait.core.errors import ConfigError, DataError
from tfgait.runtime.energy import open_meter
from tfgait.runtime.energy.ina3221 import Ina3221
from tfgait.runtime.energy.rapl import Rapl
from tfgait.runtime.energy.source import NoMeter

BOARDS = {
    trees.nano: (5.04 * 0.5, {"POM_5V_GPU": 0.2}),
    trees.tx2: (19.048 * 0.13, {"VDD_SYS_GPU": 19 * 0.008}),
    trees.xavier_nx: (4.5, {"VDD_CPU_GPU_CV": 1.0}),
    trees.agx_xavier: (19 * 0.063 + 5 * 0.4, {}),
    trees.orin_nano: (5.072, {"VDD_CPU_GPU_CV": 5.072 * 0.2}),
    trees.agx_orin: (3 + 1 + 4, {}),
}


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.__name__)
def test_a_board_is_read_in_watts(board, tmp_path):
    board(tmp_path)
    watts, beside = BOARDS[board]
    source = Ina3221(tmp_path)
    reading = source.read()
    assert sum(reading[rail] for rail in source.total) == pytest.approx(watts)
    assert {rail: reading[rail] for rail in source.beside} == pytest.approx(beside)
    assert set(reading) == {*source.total, *source.beside}


def test_the_rail_that_feeds_another_is_not_added_to_it(tmp_path):
    trees.agx_orin(tmp_path)
    source = Ina3221(tmp_path)
    assert "VDDQ_VDD2_1V8AO" in source.rails and "VDDQ_VDD2_1V8AO" not in source.total
    assert "AGX Orin" in source.scope and "NC" not in source.rails


def test_rails_of_an_unknown_board_are_added_with_a_warning(tmp_path):
    trees.hwmon(tmp_path, 0, [("A", 1000, 1000), ("B", 1000, 2000)])
    source = Ina3221(tmp_path)
    assert source.total == ("A", "B") and "twice" in source.scope


def test_rails_can_be_named(tmp_path):
    trees.orin_nano(tmp_path)
    meter, _ = open_meter("auto", ("VDD_CPU_GPU_CV",), root=tmp_path)
    assert meter.source.total == ("VDD_CPU_GPU_CV",)
    assert meter.source.read() == pytest.approx({"VDD_CPU_GPU_CV": 5.072 * 0.2})
    with pytest.raises(ConfigError, match="Did you mean 'VDD_IN'"):
        open_meter("auto", ("VDD_INN",), root=tmp_path)


def test_a_channel_that_is_switched_off_is_left_out(tmp_path):
    trees.xavier_nx(tmp_path)
    (tmp_path / "class/hwmon/hwmon4/curr3_input").unlink()
    assert Ina3221(tmp_path).rails == ("VDD_IN", "VDD_CPU_GPU_CV")


def test_packages_are_summed_without_their_parts(tmp_path):
    trees.two_sockets(tmp_path)
    source = Rapl(tmp_path)
    assert source.read() == pytest.approx({"package-0": 10, "package-1": 20})


def test_a_counter_that_starts_again_has_gone_through_its_range_once(tmp_path):
    trees.rapl(tmp_path, {"intel-rapl:0": ("package-0", 262_143_000_000)})
    source = Rapl(tmp_path)
    before = source.read()
    trees.write(tmp_path, {"class/powercap/intel-rapl:0/energy_uj": 2_000_000})
    joules = source.between(before, source.read(), 1.0)
    assert joules == pytest.approx({"package-0": 0.328850 + 2.0})


@pytest.mark.parametrize(
    ("tree", "file", "source", "remedy"),
    [
        (trees.two_sockets, "class/powercap/intel-rapl:0/energy_uj", Rapl, "udev"),
        (trees.orin_nano, "class/hwmon/hwmon1/curr1_input", Ina3221, "chmod"),
    ],
)
def test_a_meter_without_permission_names_the_file_and_the_remedy(tree, file, source, remedy, tmp_path, monkeypatch):
    tree(tmp_path)
    read_text = Path.read_text

    def denied(path, *arguments, **names):
        if path == tmp_path / file:
            raise PermissionError(13, "Permission denied", str(path))
        return read_text(path, *arguments, **names)

    monkeypatch.setattr(Path, "read_text", denied)
    with pytest.raises(NoMeter, match=remedy) as caught:
        source(tmp_path)
    assert str(tmp_path / file) in str(caught.value)
    meter, why = open_meter("auto", root=tmp_path)
    assert meter is None and remedy in why


def test_what_is_no_number_is_named(tmp_path):
    trees.orin_nano(tmp_path)
    source = Ina3221(tmp_path)
    trees.write(tmp_path, {"class/hwmon/hwmon1/in1_input": "high"})
    with pytest.raises(DataError, match=r"in1_input must hold a whole number. Received: 'high'"):
        source.read()


def test_no_sensor_is_a_reason_and_by_name_an_error(tmp_path):
    meter, why = open_meter("auto", root=tmp_path)
    assert meter is None and "INA3221" in why and "RAPL" in why and "NVML" in why
    assert open_meter("none", root=tmp_path) == (None, "no meter was asked for")
    with pytest.raises(ConfigError, match="meter=rapl cannot be used: no RAPL package"):
        open_meter("rapl", root=tmp_path)
    with pytest.raises(ConfigError, match="Did you mean 'rapl'"):
        open_meter("rappl", root=tmp_path)


def test_the_first_meter_that_is_here_is_taken(tmp_path):
    trees.two_sockets(tmp_path)
    assert open_meter(root=tmp_path)[0].source.kind == "rapl"
    trees.nano(tmp_path)
    assert open_meter(root=tmp_path)[0].source.kind == "ina3221"


@pytest.fixture
def cards(monkeypatch):
    """NVML of two cards with a counter; `cards.counter = False` takes that away."""
    nvml = types.ModuleType("pynvml")
    nvml.NVMLError = type("NVMLError", (Exception,), {})
    nvml.counter, nvml.count = True, 2

    def energy(handle):
        if not nvml.counter:
            raise nvml.NVMLError("Not Supported")
        return 5000 * (handle + 1)

    nvml.nvmlInit = lambda: None
    nvml.nvmlDeviceGetCount = lambda: nvml.count
    nvml.nvmlDeviceGetHandleByIndex = lambda index: index
    nvml.nvmlDeviceGetTotalEnergyConsumption = energy
    nvml.nvmlDeviceGetPowerUsage = lambda handle: 70_000 * (handle + 1)
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    return nvml


def test_cards_are_read_by_their_counters_else_by_their_power(cards):
    counters = open_meter("nvml")[0].source
    assert counters.read() == {"GPU0": 5.0, "GPU1": 10.0} and counters.total == ("GPU0", "GPU1")
    assert counters.between({"GPU0": 5.0}, {"GPU0": 7.5}, 1) == {"GPU0": 2.5}
    assert not math.isnan(counters.between({"GPU0": 5.0}, {"GPU0": 5.0}, 1)["GPU0"])
    cards.counter = False
    power = open_meter("nvml", ("GPU1",))[0].source
    assert power.read() == {"GPU1": 140.0, "GPU0": 70.0}
    assert power.between({"GPU1": 100.0}, {"GPU1": 140.0}, 0.5) == {"GPU1": 60.0}


def test_no_card_is_a_reason(cards):
    cards.count = 0
    with pytest.raises(ConfigError, match="NVML knows no graphics card"):
        open_meter("nvml")
